import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { isTimeZone, type Maintenance, occurrences, WEEKDAYS } from '#src/domain/maintenance.ts';
import type { Reader } from '#src/store/database.ts';
import {
  endMaintenance,
  insertMaintenance,
  readMaintenance,
  readMaintenances,
  type StoredMaintenance,
} from '#src/store/maintenances.ts';
import { readMonitor } from '#src/store/monitors.ts';
import { newId } from '#src/store/new-id.ts';
import type { App, RouteDeps } from './deps.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { notFound, notValid } from './problem.ts';
import { idParam, key, page, pageQuery, time, timeInput, toMs, words } from './schemas/common.ts';

const YEAR_MS = 366 * 86_400_000;
const tags = ['maintenance'];

const input = z.strictObject({
  title: words(200),
  monitors: z.array(key).max(1000).default([]).describe('keys; all three lists empty: every monitor'),
  services: z.array(words(200)).max(100).default([]),
  tags: z.array(words(300)).max(100).default([]).describe('name, or name:value'),
  startsAt: timeInput.optional().describe('now when absent; may be in the past'),
  endsAt: timeInput.optional().describe('must be given unless it repeats'),
  repeat: z
    .strictObject({
      timeZone: z
        .string()
        .max(100)
        .refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC')
        .default('UTC'),
      at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM, 00:00 to 23:59'),
      durationMinutes: z
        .int({ error: 'must be 1 to 10080 minutes' })
        .min(1, 'must be 1 to 10080 minutes')
        .max(10_080, 'must be 1 to 10080 minutes'),
      weekdays: z
        .array(z.enum(WEEKDAYS, { error: `must be one of ${WEEKDAYS.join(', ')}` }))
        .max(7)
        .default([]),
      daysOfMonth: z.array(z.int().min(1, 'must be 1 to 31').max(31, 'must be 1 to 31')).max(31).default([]),
    })
    .nullable()
    .default(null),
  uptime: z.enum(['excluded', 'included'], { error: 'must be "excluded" or "included"' }).default('excluded'),
});

const answer = z
  .object({
    id: z.string(),
    title: z.string(),
    monitors: z.array(z.string()),
    services: z.array(z.string()),
    tags: z.array(z.string()),
    startsAt: time,
    endsAt: time.nullable(),
    repeat: z
      .object({
        timeZone: z.string(),
        at: z.string(),
        durationMinutes: z.number(),
        weekdays: z.array(z.string()),
        daysOfMonth: z.array(z.number()),
      })
      .nullable(),
    uptime: z.string(),
    createdAt: time,
    endedAt: time.nullable(),
    /** The window that is running or comes next. */
    next: z.object({ from: time, to: time }).nullable(),
  })
  .meta({ id: 'Maintenance' });

export function maintenanceRoutes(app: App, deps: RouteDeps): void {
  const { store, clock, commit } = deps;
  app.post('/maintenance', {
    config: { scope: 'write' },
    schema: {
      summary: 'Plan maintenance, once or repeating',
      description:
        'While it runs checks go on and do not count: no incident, no alert. A window that began in the past is taken out of ' +
        'detection afterwards. `repeat` is on the wall clock of its time zone: a start that the change to summer time skips ' +
        'comes as much later as the clock was put forward, one that comes twice is the first; the length is in real minutes.',
      tags,
      body: input,
      response: { 201: answer },
    },
    handler: async (request, reply) => {
      const created = commit(request, 201, (tx) => {
        const maintenance = toMaintenance(tx, request.body, tx.now);
        insertMaintenance(tx, maintenance);
        deps.onMaintenance(tx, maintenance);
        return view({ ...maintenance, endedAt: null }, tx.now);
      });
      return reply.code(201).header('location', `/api/v1/maintenance/${created.id}`).send(created);
    },
  });
  app.get('/maintenance', {
    config: { scope: 'read' },
    schema: {
      summary: 'List maintenances, newest first',
      tags,
      querystring: z.strictObject(pageQuery),
      response: { 200: page(answer) },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query);
      const [before = null] = decodeCursor(query.cursor, 'string') ?? [];
      return toPage(
        readMaintenances(store.reader, before, limit + 1),
        limit,
        (maintenance) => view(maintenance, clock.now()),
        ({ id }) => [id],
      );
    },
  });
  app.get('/maintenance/:id', {
    config: { scope: 'read' },
    schema: { summary: 'One maintenance', tags, params: idParam, response: { 200: answer } },
    handler: async ({ params }) => view(found(store.reader, params.id), clock.now()),
  });
  app.delete('/maintenance/:id', {
    config: { scope: 'write' },
    schema: {
      summary: 'End a maintenance',
      description: 'The window that is running ends now, no other begins; those that were stay as they were.',
      tags,
      params: idParam,
      response: { 204: z.null() },
    },
    handler: async ({ params }, reply) => {
      store.transact((tx) => {
        endMaintenance(tx, found(tx, params.id).id);
        deps.onMaintenance(tx, null);
      });
      return reply.code(204).send(null);
    },
  });
}

function found(reader: Reader, id: string): StoredMaintenance {
  const maintenance = readMaintenance(reader, id);
  if (!maintenance) throw notFound(`maintenance as ${id}`);
  return maintenance;
}

function toMaintenance(reader: Reader, body: z.output<typeof input>, now: number): Maintenance {
  const { startsAt: startText, endsAt: endText, repeat, ...rest } = body;
  const missing = rest.monitors.findIndex((name) => !readMonitor(reader, name));
  if (missing >= 0) throw notValid(`monitors.${missing}`, `there is no monitor ${rest.monitors[missing]}`);
  const startsAt = startText === undefined ? now : toMs(startText);
  const endsAt = endText === undefined ? null : toMs(endText);
  if (endsAt === null && !repeat) throw notValid('endsAt', 'must be given unless the maintenance repeats');
  if (endsAt !== null && endsAt <= startsAt) throw notValid('endsAt', 'must be after startsAt');
  if (!repeat && (endsAt as number) - startsAt > YEAR_MS) throw notValid('endsAt', 'must be within a year of startsAt');
  if (repeat && startsAt < now - YEAR_MS) throw notValid('startsAt', 'must be at most a year ago when it repeats');
  if (repeat && repeat.weekdays.length + repeat.daysOfMonth.length === 0)
    throw notValid('repeat', 'must name weekdays or daysOfMonth');
  return { id: newId('mnt'), ...rest, startsAt, endsAt, repeat, createdAt: now };
}

function view(maintenance: StoredMaintenance, now: number): z.input<typeof answer> {
  const { startsAt, endsAt, createdAt, endedAt, ...rest } = maintenance;
  const [next] = endedAt === null ? occurrences(maintenance, now, Math.max(now, startsAt) + YEAR_MS) : [];
  return {
    ...rest,
    startsAt: toRfc3339(startsAt),
    endsAt: endsAt === null ? null : toRfc3339(endsAt),
    createdAt: toRfc3339(createdAt),
    endedAt: endedAt === null ? null : toRfc3339(endedAt),
    next: next ? { from: toRfc3339(next[0]), to: toRfc3339(next[1]) } : null,
  };
}
