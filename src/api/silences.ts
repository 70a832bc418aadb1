import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import type { Silence } from '#src/domain/silence.ts';
import type { Reader } from '#src/store/database.ts';
import { readMonitor } from '#src/store/monitors.ts';
import { newId } from '#src/store/new-id.ts';
import { endSilence, insertSilence, readSilence, readSilences } from '#src/store/silences.ts';
import type { App, RouteDeps } from './deps.ts';
import { recordOf } from './incidents.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { ApiProblem, notFound, notValid } from './problem.ts';
import { idParam, key, lines, page, pageQuery, time, timeInput, toMs, words } from './schemas/common.ts';

const YEAR_MS = 366 * 86_400_000;
const tags = ['silences'];

const input = z
  .strictObject({
    monitors: z.array(key).max(1000).default([]).describe('keys'),
    services: z.array(words(200)).max(100).default([]),
    tags: z.array(words(300)).max(100).default([]).describe('name, or name:value'),
    incidents: z.array(z.string().min(1).max(100)).max(100).default([]).describe('ids or numbers'),
    startsAt: timeInput.optional().describe('now when absent'),
    endsAt: timeInput,
    reason: lines(1000),
    by: words(200).describe('a role or a name'),
  })
  .meta({ id: 'SilenceDefinition' });
const answer = z
  .object({
    id: z.string(),
    monitors: z.array(z.string()),
    services: z.array(z.string()),
    tags: z.array(z.string()),
    incidents: z.array(z.string()),
    startsAt: time,
    endsAt: time,
    reason: z.string(),
    by: z.string(),
    createdAt: time,
    active: z.boolean(),
  })
  .meta({ id: 'Silence' });

function view(silence: Silence, now: number): z.input<typeof answer> {
  const { startsAt, endsAt, createdAt, ...rest } = silence;
  const times = { startsAt: toRfc3339(startsAt), endsAt: toRfc3339(endsAt), createdAt: toRfc3339(createdAt) };
  return { ...rest, ...times, active: startsAt <= now && now < endsAt };
}

/** @throws ApiProblem 422 naming the field that makes no sense. */
function toSilence(reader: Reader, body: z.output<typeof input>, now: number): Silence {
  const { monitors, services, tags: wanted, incidents } = body;
  if (monitors.length + services.length + wanted.length + incidents.length === 0)
    throw notValid('monitors', 'name monitors, services, tags or incidents: a silence of everything is refused');
  const startsAt = body.startsAt === undefined ? now : Math.max(now, toMs(body.startsAt));
  const endsAt = toMs(body.endsAt);
  if (endsAt <= startsAt) throw notValid('endsAt', 'must be after startsAt, and after now');
  if (endsAt - startsAt > YEAR_MS) throw notValid('endsAt', 'must be at most a year after startsAt');
  const missing = monitors.findIndex((name) => !readMonitor(reader, name));
  if (missing >= 0) throw notValid(`monitors.${missing}`, `there is no monitor ${monitors[missing]}`);
  const ids = incidents.map((incident, i) => {
    try {
      return recordOf(reader, incident).id;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      throw notValid(`incidents.${i}`, `there is no incident ${incident}`);
    }
  });
  return { ...body, incidents: ids, id: newId('sil'), startsAt, endsAt, createdAt: now };
}

export function silenceRoutes(app: App, deps: RouteDeps): void {
  const { store, clock, commit } = deps;
  app.post('/silences', {
    config: { scope: 'write' },
    schema: {
      summary: 'Keep alerts back for a time, for a reason',
      description:
        'Matches what any of monitors, services, tags and incidents names. What is kept back is a row with the state ' +
        '`silenced`. An incident that is still open when the silence ends is told then. Who was told before hears of the end of it.',
      tags,
      body: input,
      response: { 201: answer },
    },
    handler: async (request, reply) => {
      const created = commit(request, 201, (tx) => {
        const silence = toSilence(tx, request.body, tx.now);
        insertSilence(tx, silence);
        return view(silence, tx.now);
      });
      return reply.code(201).header('location', `/api/v1/silences/${created.id}`).send(created);
    },
  });
  app.get('/silences', {
    config: { scope: 'read' },
    schema: {
      summary: 'List silences, newest first',
      tags,
      querystring: z.strictObject({
        active: z.enum(['true'], { error: 'must be true' }).optional().describe('only those that hold now'),
        ...pageQuery,
      }),
      response: { 200: page(answer) },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query);
      const [before = null] = decodeCursor(query.cursor, 'number') ?? [];
      const now = clock.now();
      const wanted = { activeAt: query.active ? now : null, before, limit: limit + 1 };
      return toPage(
        readSilences(store.reader, wanted),
        limit,
        ({ place, ...silence }) => view(silence, now),
        ({ place }) => [place],
      );
    },
  });
  app.get('/silences/:id', {
    config: { scope: 'read' },
    schema: { summary: 'One silence', tags, params: idParam, response: { 200: answer } },
    handler: async ({ params }) => view(silenceOf(store.reader, params.id), clock.now()),
  });
  app.delete('/silences/:id', {
    config: { scope: 'write' },
    schema: { summary: 'End a silence now; its row stays', tags, params: idParam, response: { 204: z.null() } },
    handler: async ({ params }, reply) => {
      store.transact((tx) => endSilence(tx, silenceOf(tx, params.id).id));
      return reply.code(204).send(null);
    },
  });
}

function silenceOf(reader: Reader, id: string): Silence {
  const silence = readSilence(reader, id);
  if (!silence) throw notFound(`silence as ${id}`);
  return silence;
}
