import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { incidentTimeline, type TimelineEntry } from '#src/domain/incident-timeline.ts';
import { readStory } from '#src/store/incident-story.ts';
import { assemble, touchIncident } from '#src/store/incidents.ts';
import { addEntry, ENTRY_KINDS, type StoredEntry } from '#src/store/people.ts';
import type { App, RouteDeps } from './deps.ts';
import { pastTime, recordOf } from './incidents.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { idParam, lines, page, pageQuery, time, timeInput, words } from './schemas/common.ts';

const entryAnswer = z
  .object({
    id: z.string(),
    at: time,
    recordedAt: time,
    endedAt: time.nullable(),
    kind: z.string(),
    source: z.enum(['check', 'detector', 'alert', 'person', 'integration']),
    by: z.string().nullable(),
    text: z.string(),
    refs: z.array(z.string()),
  })
  .meta({ id: 'TimelineEntry' });

const entryView = (entry: TimelineEntry | (StoredEntry & { endedAt?: null; refs?: string[] })) => ({
  ...entry,
  at: toRfc3339(entry.at),
  recordedAt: toRfc3339(entry.recordedAt),
  endedAt: entry.endedAt ? toRfc3339(entry.endedAt) : null,
  refs: entry.refs ?? [],
});

const tags = ['incidents'];

export function timelineRoutes(app: App, { store, clock, commit }: RouteDeps): void {
  app.get('/incidents/:id/timeline', {
    config: { scope: 'read' },
    schema: {
      summary: 'What happened, in order, from before the start: measured and told',
      tags,
      params: idParam,
      querystring: z.strictObject(pageQuery),
      response: { 200: page(entryAnswer) },
    },
    handler: async ({ params, query }) => {
      const { reader } = store;
      const incident = assemble(reader, recordOf(reader, params.id), clock.now());
      const entries = incidentTimeline(readStory(reader, incident, clock.now()));
      const limit = limitOf(query);
      const [from = 0] = decodeCursor(query.cursor, 'number') ?? [];
      const rows = entries.slice(from, from + limit + 1).map((entry, i) => ({ entry, position: from + i + 1 }));
      return toPage(
        rows,
        limit,
        (row) => entryView(row.entry),
        (row) => [row.position],
      );
    },
  });
  app.post('/incidents/:id/timeline', {
    config: { scope: 'write' },
    schema: {
      summary: 'Add what was seen, found or done',
      description: '`at` may lie in the past; when it was told is kept beside it.',
      tags,
      params: idParam,
      body: z.strictObject({
        at: timeInput.optional(),
        kind: z.enum(ENTRY_KINDS, { error: `must be one of ${ENTRY_KINDS.join(', ')}` }),
        text: lines(2000),
        by: words(200).optional(),
      }),
      response: { 201: entryAnswer },
    },
    handler: async (request, reply) => {
      const { at, kind, text, by = null } = request.body;
      const added = commit(request, 201, (tx) => {
        const record = recordOf(tx, request.params.id);
        const entry = addEntry(tx, record.id, { at: pastTime(at, clock.now()), kind, text, by });
        touchIncident(tx, record.id);
        return entryView(entry);
      });
      return reply.code(201).send(added);
    },
  });
}
