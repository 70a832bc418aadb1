import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { intervalAt, type Monitor } from '#src/domain/monitor.ts';
import { type Span, uptimeOf } from '#src/domain/uptime.ts';
import { durationSeconds, endBounds, startBounds } from '#src/domain/window.ts';
import type { Reader } from '#src/store/database.ts';
import {
  readCountedMaintenance,
  readFailingSpans,
  readFirstCheckAt,
  readGaps,
  readLatency,
  readUnobserved,
} from '#src/store/measures.ts';
import { readDegraded } from '#src/store/monitor-states.ts';
import { readRevisions } from '#src/store/monitors.ts';
import { countWindow, readWindowsOfMonitor, type StoredWindow } from '#src/store/windows.ts';
import type { App, RouteDeps } from './deps.ts';
import { windowAnswer, windowView } from './incident-view.ts';
import { monitorOf } from './monitors.ts';
import { decodeCursor, limitOf, rangeOf, toPage } from './paging.ts';
import { badQuery } from './problem.ts';
import { idParam, page, pageQuery, seconds, time, timeInput } from './schemas/common.ts';

const tags = ['measurements'];
const HOUR_MS = 3_600_000;
const WINDOWS_MS = { '24h': 24 * HOUR_MS, '7d': 168 * HOUR_MS, '30d': 720 * HOUR_MS, '90d': 2160 * HOUR_MS };
const BUCKETS_MS = { minute: 60_000, hour: HOUR_MS, day: 24 * HOUR_MS };
const MOST_BUCKETS = 2200;
const choice = <const T extends string>(...values: T[]) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

const uptimeAnswer = z
  .object({
    from: time,
    to: time,
    uptimePercent: z.number().nullable(),
    observedPercent: z.number(),
    downSeconds: seconds,
    unobservedSeconds: z.number(),
    incidents: z.int32(),
  })
  .meta({ id: 'Uptime' });
const bucketAnswer = z
  .object({ from: time, p50: z.number(), p95: z.number(), p99: z.number(), max: z.number(), count: z.int32() })
  .meta({ id: 'LatencyBucket' });
const downtimeAnswer = windowAnswer
  .extend({ downSeconds: seconds, incidentId: z.string().nullable() })
  .meta({ id: 'Downtime' });

const degradedAnswer = z
  .object({ from: time, to: time.nullable(), next: z.string().nullable(), seconds: z.number() })
  .meta({ id: 'Degraded' });

export function measureRoutes(app: App, deps: RouteDeps): void {
  const { store, clock } = deps;
  const { reader } = store;
  app.get('/monitors/:id/uptime', {
    config: { scope: 'read' },
    schema: {
      summary: 'Uptime with the share of time that was observed',
      description:
        "The range begins at the monitor's first check at the earliest. uptimePercent = 100 × (1 − downSeconds.best / observed seconds); time that was not observed is neither up nor down.",
      tags,
      params: idParam,
      querystring: z.strictObject({ window: choice('24h', '7d', '30d', '90d').default('24h') }),
      response: { 200: uptimeAnswer },
    },
    handler: async ({ params, query }) => {
      const now = clock.now();
      return uptimeView(reader, monitorOf(reader, params.id), now - WINDOWS_MS[query.window], now);
    },
  });
  app.get('/monitors/:id/latency', {
    config: { scope: 'read' },
    schema: {
      summary: 'Response times of checks that passed, per bucket (ms)',
      description:
        'Percentiles by nearest rank: exact for ranges of up to about 20,000 checks, within 1 % for longer ones and for those whose rows are gone.',
      tags,
      params: idParam,
      querystring: z.strictObject({
        from: timeInput.optional().describe('24 h before `to` when absent'),
        to: timeInput.optional(),
        resolution: choice('minute', 'hour', 'day').default('hour'),
      }),
      response: { 200: z.object({ resolution: z.string(), data: z.array(bucketAnswer) }) },
    },
    handler: async ({ params, query }) => {
      const monitor = monitorOf(reader, params.id);
      const to = query.to === undefined ? clock.now() : rangeOf({ to: query.to }).to;
      const { from } =
        query.from === undefined ? { from: to - WINDOWS_MS['24h'] } : rangeOf({ from: query.from, to: toRfc3339(to) });
      const bucketMs = BUCKETS_MS[query.resolution];
      if ((to - from) / bucketMs > MOST_BUCKETS) {
        throw badQuery('resolution', `must be coarser for this range: at most ${MOST_BUCKETS} buckets are answered`);
      }
      const data = readLatency(reader, monitor.no, from, to, bucketMs).map((b) => ({ ...b, from: toRfc3339(b.from) }));
      return { resolution: query.resolution, data };
    },
  });
  app.get('/monitors/:id/degraded', {
    config: { scope: 'read' },
    schema: {
      summary: 'Stretches in which a monitor was up but beyond a soft limit, newest first',
      description: 'From the first degraded check to the one that made it `next`. Nobody is alerted of them.',
      tags,
      params: idParam,
      querystring: z.strictObject(pageQuery),
      response: { 200: page(degradedAnswer) },
    },
    handler: async ({ params, query }) => {
      const monitor = monitorOf(reader, params.id);
      const limit = limitOf(query);
      const [before = Number.MAX_SAFE_INTEGER] = decodeCursor(query.cursor, 'number') ?? [];
      return toPage(
        readDegraded(reader, monitor.no, before, limit + 1),
        limit,
        ({ from, to, next }) => ({
          from: toRfc3339(from),
          to: to === null ? null : toRfc3339(to),
          next,
          seconds: ((to ?? clock.now()) - from) / 1000,
        }),
        (span) => [span.from],
      );
    },
  });
  app.get('/monitors/:id/downtime', {
    config: { scope: 'read' },
    schema: {
      summary: 'Downtime windows with both bounds of both ends, newest first',
      tags,
      params: idParam,
      querystring: z.strictObject({ from: timeInput.optional(), to: timeInput.optional(), ...pageQuery }),
      response: { 200: page(downtimeAnswer) },
    },
    handler: async ({ params, query }) => {
      const monitor = monitorOf(reader, params.id);
      const { from, to } = rangeOf(query);
      const limit = limitOf(query);
      const [before = Number.MAX_SAFE_INTEGER] = decodeCursor(query.cursor, 'number') ?? [];
      const rows = readWindowsOfMonitor(reader, monitor.no)
        .filter(({ window: w }) => w.firstBad.startedAt < to && (w.firstGood?.startedAt ?? to) >= from)
        .filter(({ window: w }) => w.firstBad.startedAt < before)
        .reverse();
      return toPage(
        rows.slice(0, limit + 1),
        limit,
        (row) => downtimeView(reader, row, clock.now()),
        (row) => [row.window.firstBad.startedAt],
      );
    },
  });
}

function downtimeView(
  reader: Reader,
  { window, incidentId }: StoredWindow,
  now: number,
): z.input<typeof downtimeAnswer> {
  const counted = countWindow(reader, window);
  const downSeconds = durationSeconds(startBounds(window), endBounds(window), window.abandonedAt ?? now);
  return { ...windowView(counted), downSeconds, incidentId };
}

function uptimeView(reader: Reader, monitor: Monitor, from: number, to: number): z.input<typeof uptimeAnswer> {
  const first = readFirstCheckAt(reader, monitor.no) ?? to;
  const range: Span = [Math.min(to, Math.max(from, first)), to];
  const windows = readWindowsOfMonitor(reader, monitor.no).filter(
    ({ window }) => window.firstBad.startedAt < to && (window.firstGood?.endedAt ?? to) >= range[0],
  );
  const gaps = readGaps(reader, monitor.no, range, intervalAt(readRevisions(reader, monitor.no)));
  const unobserved = [...readUnobserved(reader, monitor.no, range[0], to), ...gaps];
  const failing = readCountedMaintenance(reader, monitor.no, range[0], to).flatMap((span) =>
    readFailingSpans(reader, monitor.no, span),
  );
  const uptime = uptimeOf({ range, windows: windows.map(({ window }) => window), unobserved, failing });
  const incidents = new Set(windows.map((row) => row.incidentId).filter((id) => id !== null)).size;
  return { from: toRfc3339(range[0]), to: toRfc3339(to), ...uptime, incidents };
}
