import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { type Incident, type IncidentRecord, incidentJson } from '#src/domain/incident.ts';
import type { Reader } from '#src/store/database.ts';
import {
  assemble,
  nextIncidentNumber,
  putIncident,
  readIncident,
  readIncidentRecord,
  readIncidents,
} from '#src/store/incidents.ts';
import { newId } from '#src/store/new-id.ts';
import { addEntry } from '#src/store/people.ts';
import { acknowledge } from './acknowledge.ts';
import type { App, RouteDeps } from './deps.ts';
import { incidentAnswer } from './incident-view.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { ApiProblem, notFound, notValid } from './problem.ts';
import { idParam, lines, page, pageQuery, timeInput, toMs, words } from './schemas/common.ts';

const tags = ['incidents'];
const STATUSES = ['open', 'acknowledged', 'resolved'] as const;
/** A clock that is a little ahead is not the future. */
const FUTURE_MS = 60_000;

/** The incident of a path, by id or number; 404 when there is none. */
export function recordOf(reader: Reader, idOrNumber: string): IncidentRecord {
  const record = readIncidentRecord(reader, idOrNumber);
  if (!record) throw notFound(`incident as ${idOrNumber}`);
  return record;
}

/** The time a person gives for something that happened: now when absent, the past allowed, the future not. */
export function pastTime(at: string | undefined, now: number): number {
  if (at === undefined) return now;
  if (toMs(at) > now + FUTURE_MS) throw notValid('at', `must not lie in the future; it is ${toRfc3339(now)} now`);
  return Math.min(toMs(at), now);
}

const view = (incident: Incident) => incidentJson(incident);

export function incidentRoutes(app: App, deps: RouteDeps): void {
  readRoutes(app, deps);
  acknowledgeRoute(app, deps);
  declareRoutes(app, deps);
}

function readRoutes(app: App, { store, clock }: RouteDeps): void {
  const { reader } = store;
  app.get('/incidents', {
    config: { scope: 'read' },
    schema: {
      summary: 'List incidents, newest first',
      tags,
      querystring: z.strictObject({
        status: z.enum(STATUSES, { error: `must be one of ${STATUSES.join(', ')}` }).optional(),
        service: z.string().max(200).optional(),
        ...pageQuery,
      }),
      response: { 200: page(incidentAnswer) },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query);
      const [before = null] = decodeCursor(query.cursor, 'number') ?? [];
      const wanted = { status: query.status ?? null, service: query.service ?? null, before, limit: limit + 1 };
      return toPage(readIncidents(reader, wanted, clock.now()), limit, view, (incident) => [incident.number]);
    },
  });
  app.get('/incidents/:id', {
    config: { scope: 'read' },
    schema: { summary: 'One incident, by id or number', tags, params: idParam, response: { 200: incidentAnswer } },
    handler: async ({ params }) => {
      const incident = readIncident(reader, params.id, clock.now());
      if (!incident) throw notFound(`incident as ${params.id}`);
      return view(incident);
    },
  });
}

function acknowledgeRoute(app: App, deps: RouteDeps): void {
  const { clock, commit } = deps;
  app.post('/incidents/:id/acknowledge', {
    config: { scope: 'write' },
    schema: {
      summary: 'Acknowledge: somebody is on it',
      description:
        'The first acknowledgment stands; a later one changes nothing and answers with the incident. `at` may lie in the past.',
      tags,
      params: idParam,
      body: z.strictObject({ by: words(200).describe('a role or a name'), at: timeInput.optional() }),
      response: { 200: incidentAnswer },
    },
    handler: async (request) =>
      commit(request, 200, (tx) => {
        const record = recordOf(tx, request.params.id);
        if (record.acknowledgedAt !== null) return view(assemble(tx, record, clock.now()));
        const { by } = request.body;
        const at = pastTime(request.body.at, clock.now());
        const acknowledged = acknowledge(tx, deps, record, { by, at, how: `acknowledged by ${by}` });
        return view(assemble(tx, acknowledged.record, clock.now()));
      }),
  });
}

function declareRoutes(app: App, deps: RouteDeps): void {
  const { clock, commit } = deps;
  app.post('/incidents', {
    config: { scope: 'write' },
    schema: {
      summary: 'Declare an incident that no monitor saw',
      tags,
      body: z.strictObject({
        title: words(300),
        severity: z
          .enum(['critical', 'major', 'minor'], { error: 'must be "critical", "major" or "minor"' })
          .default('major'),
        service: words(200).nullable().default(null),
        at: timeInput.optional(),
      }),
      response: { 201: incidentAnswer },
    },
    handler: async (request, reply) => {
      const { title, severity, service, at } = request.body;
      const startedAt = pastTime(at, clock.now());
      const declared = commit(request, 201, (tx) => {
        const record: IncidentRecord = {
          id: newId('inc'),
          number: nextIncidentNumber(tx),
          kind: 'declared',
          title,
          severity,
          service,
          startedAt,
          endedAt: null,
          detectedAt: clock.now(),
          resolvedAt: null,
          acknowledgedAt: null,
          acknowledgedBy: null,
          resolvedReason: null,
          recordedAt: clock.now(),
        };
        putIncident(tx, record);
        return view(assemble(tx, record, clock.now()));
      });
      return reply.code(201).header('location', `/api/v1/incidents/${declared.id}`).send(declared);
    },
  });
  app.post('/incidents/:id/resolve', {
    config: { scope: 'write' },
    schema: {
      summary: 'Resolve a declared incident, or another one by force with a reason',
      tags,
      params: idParam,
      body: z
        .strictObject({
          force: z.boolean().default(false),
          reason: lines(1000).optional(),
          by: words(200).optional(),
          at: timeInput.optional(),
        })
        .nullish(),
      response: { 200: incidentAnswer },
    },
    handler: async (request) =>
      commit(request, 200, (tx) => {
        const record = recordOf(tx, request.params.id);
        const { force, reason, by, at } = request.body ?? { force: false };
        if (record.resolvedAt !== null) throw new ApiProblem(409, `incident ${record.number} is resolved already`);
        if (record.kind !== 'declared' && !(force && reason)) {
          throw notValid(
            force ? 'reason' : 'force',
            'an incident that monitors opened ends when they recover; send force: true and a reason to end it now',
          );
        }
        const resolvedAt = Math.max(record.startedAt, pastTime(at, clock.now()));
        const text = reason ?? 'declared over';
        const endedAt = record.kind === 'declared' ? resolvedAt : record.endedAt;
        const resolved = { ...record, resolvedAt, endedAt, resolvedReason: text };
        putIncident(tx, resolved);
        addEntry(tx, record.id, { at: resolvedAt, kind: 'resolved', by: by ?? null, text });
        deps.onIncidentEvent(tx, record.id, 'incident.resolved');
        return view(assemble(tx, resolved, clock.now()));
      }),
  });
}
