import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { checkId } from '#src/domain/ids.ts';
import { drawNearMisses } from '#src/domain/postmortem/near-misses.ts';
import type { NearMiss } from '#src/domain/window.ts';
import type { Reader } from '#src/store/database.ts';
import { readMonitorByNo } from '#src/store/monitors.ts';
import { type MissShape, readMissGroup, readMissShape } from '#src/store/near-miss-groups.ts';
import { readNearMisses } from '#src/store/windows.ts';
import type { App, RouteDeps } from './deps.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { page, pageQuery, time } from './schemas/common.ts';

const monitorAnswer = z.object({ id: z.string(), key: z.string(), name: z.string() });
const answer = page(
  z.object({
    monitor: monitorAnswer,
    at: time,
    endedAt: time,
    failure: z.string(),
    failed: z.int32(),
    refs: z.array(z.string()),
    group: z.string().describe('Id of the group in `groups` that it is of'),
  }),
).extend({
  groups: z
    .array(
      z.object({
        id: z.string(),
        monitor: monitorAnswer,
        failure: z.string(),
        status: z.int32().nullable(),
        phase: z.string().nullable().describe('The last phase that came to an end'),
        count: z.int32(),
        incident: z.object({ id: z.string(), number: z.int32() }).nullable(),
        paragraph: z.string(),
        spans: z.array(
          z.object({
            kind: z.enum(['observed', 'derived', 'reported', 'question']),
            text: z.string(),
            facts: z.array(z.string()),
          }),
        ),
        facts: z.array(z.looseObject({ id: z.string(), name: z.string() })),
        claims: z.object({
          total: z.int32(),
          verified: z.int32(),
          failed: z.array(z.object({ blockId: z.string(), text: z.string(), reason: z.string() })),
        }),
      }),
    )
    .describe('The shapes of the near-misses on this page, each drafted over the 30 days up to its newest'),
});

export function nearMissRoutes(app: App, { store, verifyNearMisses }: RouteDeps): void {
  const { reader } = store;
  app.get('/near-misses', {
    config: { scope: 'read' },
    schema: {
      summary: 'Failures that were over before they were confirmed, newest first, with a paragraph on each shape',
      tags: ['incidents'],
      querystring: z.strictObject(pageQuery),
      response: { 200: answer },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query);
      const [before = Number.MAX_SAFE_INTEGER] = decodeCursor(query.cursor, 'number') ?? [];
      const misses = readNearMisses(reader, before, limit + 1);
      const shapes = new Map<string, MissShape>();
      const show = (miss: NearMiss) => {
        const shape = readMissShape(reader, miss);
        const group = shape ? idOf(reader, shape) : '';
        if (shape) shapes.set(group, shape);
        return { ...view(reader, miss), group };
      };
      const shown = toPage(misses, limit, show, (miss) => [miss.firstBad.at]);
      return { ...shown, groups: [...shapes].flatMap(([id, shape]) => draft(id, shape)) };
    },
  });

  function draft(id: string, shape: MissShape) {
    const group = readMissGroup(reader, shape);
    if (!group) return [];
    const { ledger, spans } = drawNearMisses(group);
    return [
      {
        id,
        monitor: monitorView(reader, shape.monitorNo),
        failure: shape.failure,
        status: shape.status,
        phase: shape.phase,
        count: group.misses.length,
        incident: group.incident,
        paragraph: spans.map(({ text }) => text).join(' '),
        spans,
        facts: ledger.map((fact) => ({ ...fact })),
        claims: verifyNearMisses({ ...shape, ledger, spans }),
      },
    ];
  }
}

function monitorView(reader: Reader, monitorNo: number) {
  const monitor = readMonitorByNo(reader, monitorNo);
  return { id: monitor?.id ?? '', key: monitor?.config.key ?? '', name: monitor?.config.name ?? '' };
}

/** `mon_…/status:503/download`: the same for the same shape. */
function idOf(reader: Reader, { monitorNo, failure, status, phase }: MissShape): string {
  const symptom = status === null ? failure : `${failure}:${status}`;
  return [monitorView(reader, monitorNo).id, symptom, ...(phase ? [phase] : [])].join('/');
}

function view(reader: Reader, { monitorNo, firstBad, lastBad, firstGood, failure, failed }: NearMiss) {
  return {
    monitor: monitorView(reader, monitorNo),
    at: toRfc3339(firstBad.startedAt),
    endedAt: toRfc3339(firstGood.startedAt),
    failure,
    failed,
    refs: [firstBad, lastBad].map((ref) => checkId({ monitorNo, at: ref.at, locationNo: ref.locationNo })),
  };
}
