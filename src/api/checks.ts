import { z } from 'zod';
import { VERDICTS } from '#src/domain/check.ts';
import { parseCheckId } from '#src/domain/ids.ts';
import { readCheck, readChecksBackwards } from '#src/store/checks.ts';
import { readLocations } from '#src/store/locations.ts';
import { checkAnswer, rowView } from './check-view.ts';
import type { App, RouteDeps } from './deps.ts';
import { monitorOf } from './monitors.ts';
import { decodeCursor, limitOf, rangeOf, toPage } from './paging.ts';
import { notFound } from './problem.ts';
import { idParam, page, pageQuery, timeInput } from './schemas/common.ts';

const tags = ['measurements'];
const listQuery = z.strictObject({
  from: timeInput.optional(),
  to: timeInput.optional(),
  verdict: z.enum(VERDICTS, { error: `must be one of ${VERDICTS.join(', ')}` }).optional(),
  ...pageQuery,
});

export function checkRoutes(app: App, { store }: RouteDeps): void {
  const { reader } = store;
  app.get('/monitors/:id/checks', {
    config: { scope: 'read' },
    schema: {
      summary: 'Checks with their phase timings, newest first',
      description: '`from` is included, `to` is not; both look at the time the check was for (`at`).',
      tags,
      params: idParam,
      querystring: listQuery,
      response: { 200: page(checkAnswer) },
    },
    handler: async ({ params, query }) => {
      const monitor = monitorOf(reader, params.id);
      const limit = limitOf(query);
      const position = decodeCursor(query.cursor, 'number', 'number');
      const rows = readChecksBackwards(reader, monitor.no, {
        ...rangeOf(query),
        verdict: query.verdict ?? null,
        limit: limit + 1,
        before: position && { at: position[0], locationNo: position[1] },
      });
      const names = readLocations(reader);
      const view = (row: (typeof rows)[number]) => rowView(reader, row, names.get(row.locationNo) ?? '');
      return toPage(rows, limit, view, (row) => [row.at, row.locationNo]);
    },
  });
  app.get('/checks/:id', {
    config: { scope: 'read' },
    schema: {
      summary: 'One check, with the evidence that was kept if it failed',
      tags,
      params: idParam,
      response: { 200: checkAnswer },
    },
    handler: async ({ params }) => {
      const key = parseCheckId(params.id);
      const row = key && readCheck(reader, key);
      if (!row) throw notFound(`check as ${params.id}`);
      return rowView(reader, row, readLocations(reader).get(row.locationNo) ?? '');
    },
  });
}
