import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { addChange, CHANGE_KINDS, readChanges, type StoredChange } from '#src/store/people.ts';
import type { App, RouteDeps } from './deps.ts';
import { pastTime } from './incidents.ts';
import { decodeCursor, limitOf, rangeOf, toPage } from './paging.ts';
import { page, pageQuery, time, timeInput, words } from './schemas/common.ts';

const changeAnswer = z
  .object({
    id: z.string(),
    at: time,
    recordedAt: time,
    kind: z.enum(CHANGE_KINDS),
    service: z.string().nullable(),
    title: z.string(),
    url: z.string().nullable(),
    externalId: z.string().nullable(),
  })
  .meta({ id: 'Change' });

const view = (change: StoredChange) => ({
  ...change,
  at: toRfc3339(change.at),
  recordedAt: toRfc3339(change.recordedAt),
});
const tags = ['changes'];

export function changeRoutes(app: App, { store, clock, commit }: RouteDeps): void {
  app.post('/changes', {
    config: { scope: 'ingest' },
    schema: {
      summary: 'Record a deploy or another change',
      description:
        'With an `id` of your own a change is recorded once: sent again, the stored one is answered with 200.',
      tags,
      body: z.strictObject({
        at: timeInput.optional(),
        kind: z.enum(CHANGE_KINDS, { error: `must be one of ${CHANGE_KINDS.join(', ')}` }),
        service: words(200).nullable().optional(),
        title: words(300),
        url: z
          .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
          .max(2048)
          .nullable()
          .optional(),
        id: words(200).optional(),
      }),
      response: { 200: changeAnswer, 201: changeAnswer },
    },
    handler: async (request, reply) => {
      const { at, kind, service = null, title, url = null, id = null } = request.body;
      let status = 201;
      const answer = commit(request, status, (tx) => {
        const recorded = addChange(tx, { at: pastTime(at, clock.now()), kind, service, title, url, externalId: id });
        status = recorded.isNew ? 201 : 200;
        return view(recorded.change);
      });
      return reply.code(status as 200 | 201).send(answer);
    },
  });
  app.get('/changes', {
    config: { scope: 'read' },
    schema: {
      summary: 'List changes, newest first',
      tags,
      querystring: z.strictObject({ from: timeInput.optional(), to: timeInput.optional(), ...pageQuery }),
      response: { 200: page(changeAnswer) },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query);
      const position = decodeCursor(query.cursor, 'number', 'string');
      const before = position && { at: position[0], id: position[1] };
      const rows = readChanges(store.reader, { ...rangeOf(query), before, limit: limit + 1 });
      return toPage(rows, limit, view, (change) => [change.at, change.id]);
    },
  });
}
