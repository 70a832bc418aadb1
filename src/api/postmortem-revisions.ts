import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import type { Reader } from '#src/store/database.ts';
import { readLife } from '#src/store/postmortem-life.ts';
import { readPostmortem, readRevisionRows, type StoredPostmortem } from '#src/store/postmortems.ts';
import type { App, RouteDeps } from './deps.ts';
import { recordOf } from './incidents.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { diffRevisions } from './postmortem-diff.ts';
import { factChange, postmortemAnswer, status } from './postmortem-view.ts';
import { badQuery, notFound } from './problem.ts';
import { page, pageQuery, time, wholeNumber } from './schemas/common.ts';

const tags = ['postmortems'];
const MOST = 999_999_999;
const revisionParams = z.strictObject({ id: z.string().min(1).max(100), revision: wholeNumber(1, MOST) });

const revisionRow = z
  .object({
    revision: z.int32(),
    status,
    createdAt: time,
    reason: z.enum(['drawn', 'edited', 'submitted', 'published']),
    by: z.string().nullable().describe('null: rows changed, and it was drawn anew'),
    snapshot: z.string(),
    claims: z.object({ total: z.int32(), verified: z.int32() }),
  })
  .meta({ id: 'PostmortemRevision' });
const pieces = z.array(z.object({ op: z.enum(['same', 'added', 'removed']), text: z.string() }));
const origin = z.enum(['machine', 'human', 'edited']).nullable();
const changed = z.array(z.object({ name: z.string(), pieces }));
const diffAnswer = z
  .object({
    against: z.int32(),
    revision: z.int32(),
    status: z.object({ before: status, now: status }),
    header: changed,
    sections: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        blocks: z.array(
          z.object({
            id: z.string(),
            change: z.enum(['added', 'removed', 'changed', 'moved', 'same']),
            origin: z.object({ before: origin, now: origin }),
            stale: z.boolean(),
            pieces,
          }),
        ),
      }),
    ),
    actions: changed,
    facts: z.array(factChange),
  })
  .meta({ id: 'PostmortemDiff' });

/** Every revision stays readable, and any two can be compared. */
export function postmortemRevisionRoutes(app: App, { store, render, postmortems }: RouteDeps): void {
  const { reader } = store;
  /** The newest state is drawn first, so that the list is never behind a read. */
  const incidentOf = (idOrNumber: string): string => {
    const { id } = recordOf(reader, idOrNumber);
    postmortems.current(id);
    return id;
  };
  app.get('/incidents/:id/postmortem/revisions', {
    config: { scope: 'read' },
    schema: {
      summary: 'Every revision, newest first: when, why and by whom',
      tags,
      params: z.strictObject({ id: z.string().min(1).max(100) }),
      querystring: z.strictObject(pageQuery),
      response: { 200: page(revisionRow) },
    },
    handler: async ({ params, query }) => {
      const limit = limitOf(query);
      const [before = MOST + 1] = decodeCursor(query.cursor, 'number') ?? [];
      const rows = readRevisionRows(reader, incidentOf(params.id), before, limit + 1);
      const show = ({ createdAt, claims: { total, verified }, ...row }: (typeof rows)[number]) => ({
        ...row,
        createdAt: toRfc3339(createdAt),
        claims: { total, verified },
      });
      return toPage(rows, limit, show, (row) => [row.revision]);
    },
  });
  app.get('/incidents/:id/postmortem/revisions/:revision', {
    config: { scope: 'read' },
    schema: {
      summary: 'One revision, whole and as it was',
      tags,
      params: revisionParams,
      response: { 200: postmortemAnswer },
    },
    handler: async ({ params }) => {
      const stored = revisionOf(reader, incidentOf(params.id), params.revision);
      const life = readLife(reader, stored.incidentId, stored.revision);
      return render.json({ ...stored, life, newer: [], followUp: null }) as z.input<typeof postmortemAnswer>;
    },
  });
  app.get('/incidents/:id/postmortem/revisions/:revision/diff', {
    config: { scope: 'read' },
    schema: {
      summary: 'What a revision says otherwise than another one, block by block and word by word',
      tags,
      params: revisionParams,
      querystring: z.strictObject({
        against: wholeNumber(1, MOST).optional().describe('the one before it when absent'),
      }),
      response: { 200: diffAnswer },
    },
    handler: async ({ params, query }) => {
      const id = incidentOf(params.id);
      const now = revisionOf(reader, id, params.revision);
      if (query.against === undefined && params.revision === 1)
        throw badQuery('against', 'must be named for the first revision, which has none before it');
      return diffRevisions(revisionOf(reader, id, query.against ?? params.revision - 1), now);
    },
  });
}

function revisionOf(reader: Reader, incidentId: string, revision: number): StoredPostmortem {
  const stored = readPostmortem(reader, incidentId, revision);
  if (!stored) throw notFound(`revision as ${revision} of this postmortem`);
  return stored;
}
