import type { EpochMs } from '#src/domain/clock.ts';
import { addCheck, emptyRollup, gapsOf, HOUR_MS, MINUTE_MS, type Rollup } from '#src/domain/rollup.ts';
import { checkGaps, type Span } from '#src/domain/uptime.ts';
import { readChecksBetween } from './checks.ts';
import type { Reader } from './database.ts';
import { readHorizon } from './horizon.ts';
import { countRolled, hourOf, readHourGaps, readHours, readRollups, rollRows } from './rollups.ts';

/** When the first check of a monitor was for, its row there still or not; null before it. */
export function readFirstCheckAt(reader: Reader, monitorNo: number): EpochMs | null {
  const row = reader
    .sql<{ at: number }>('SELECT at FROM checks WHERE monitor_no = ? ORDER BY at LIMIT 1')
    .get(monitorNo);
  const rolled = reader
    .sql<{ at: number }>(
      `SELECT first_at AS at FROM rollups WHERE monitor_no = ? AND length_ms = ${HOUR_MS} AND first_at IS NOT NULL ORDER BY at LIMIT 1`,
    )
    .get(monitorNo);
  return row && rolled ? Math.min(row.at, rolled.at) : (row?.at ?? rolled?.at ?? null);
}

/** So many rows are read one by one, for exact figures; more are taken from what is rolled up. */
const MOST_ROWS = 20_000;

/** Whether a range is answered from its rows: there are few enough, and none was deleted. */
function hasRows(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): boolean {
  return from >= (readHorizon(reader) ?? 0) && countRolled(reader, monitorNo, hourOf(from), to) <= MOST_ROWS;
}

/** Stretches of more than two intervals without a check that counted, in [from, to]. */
export function readGaps(
  reader: Reader,
  monitorNo: number,
  [from, to]: Span,
  intervalAt: (at: EpochMs) => number,
): Span[] {
  if (hasRows(reader, monitorNo, from, to))
    return checkGaps(readCountedTimes(reader, monitorNo, from, to), intervalAt, to);
  const before = reader
    .sql<{ at: number }>(
      `SELECT at FROM rollups WHERE monitor_no = ? AND length_ms = ${HOUR_MS} AND at < ? AND first_at IS NOT NULL ORDER BY at DESC LIMIT 1`,
    )
    .get(monitorNo, hourOf(from));
  return gapsOf(readHourGaps(reader, monitorNo, before?.at ?? hourOf(from), to, intervalAt), intervalAt, to);
}

/** Start times of the checks that count, in [from, to), and of the one before `from`, in order. */
function readCountedTimes(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): EpochMs[] {
  const before = reader
    .sql<{ t: number }>(
      'SELECT at + late_ms AS t FROM checks WHERE monitor_no = ? AND at < ? AND verdict <> 3 ORDER BY at DESC LIMIT 1',
    )
    .get(monitorNo, from);
  const times = reader
    .sql<{ t: number }>(
      'SELECT at + late_ms AS t FROM checks WHERE monitor_no = ? AND at >= ? AND at < ? AND verdict <> 3 ORDER BY at',
    )
    .all(monitorNo, from, to)
    .map((row) => row.t);
  return before ? [before.t, ...times] : times;
}

/**
 * Recorded stretches in which a monitor was not watched (its own, and those of all), that reach into [from, to]: but for
 * maintenance whose time counts in uptime.
 */
export function readUnobserved(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): Span[] {
  return readStretches(reader, monitorNo, from, to, `coalesce(${POLICY}, 'excluded') = 'excluded'`);
}

/** Windows of maintenance whose time counts in uptime. */
export function readCountedMaintenance(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): Span[] {
  return readStretches(reader, monitorNo, from, to, `${POLICY} = 'included'`);
}

const POLICY =
  "(SELECT json_extract(definition, '$.uptime') FROM maintenances WHERE maintenances.id = unobserved.maintenance_id)";

function readStretches(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs, which: string): Span[] {
  return reader
    .sql<{ from_at: number; to_at: number | null }>(
      `SELECT from_at, to_at FROM unobserved WHERE (monitor_no = ? OR monitor_no IS NULL)
       AND from_at < ? AND (to_at IS NULL OR to_at > ?) AND ${which} ORDER BY from_at`,
    )
    .all(monitorNo, to, from)
    .map((row): Span => [row.from_at, row.to_at ?? to]);
}

/** Stretches from a failed check to the next one that passed, within a span, over all locations together. */
export function readFailingSpans(reader: Reader, monitorNo: number, [from, to]: Span): Span[] {
  const rows = reader
    .sql<{ t: number; verdict: number }>(
      'SELECT at + late_ms AS t, verdict FROM checks WHERE monitor_no = ? AND at >= ? AND at < ? AND verdict <> 3 ORDER BY at, location_no',
    )
    .all(monitorNo, from, to);
  const spans: [EpochMs, EpochMs][] = [];
  let since: EpochMs | null = null;
  for (const { t, verdict } of rows) {
    if (verdict === 2) since ??= t;
    else if (since !== null) {
      spans.push([since, t]);
      since = null;
    }
  }
  if (since !== null) spans.push([since, to]);
  return spans;
}

export interface LatencyBucket {
  from: EpochMs;
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/**
 * Percentiles (nearest rank) of the duration in ms of checks that passed, per bucket of `bucketMs`, in order: exact while
 * there are few rows, within 1 % where they come from what is rolled up.
 */
export function readLatency(
  reader: Reader,
  monitorNo: number,
  from: EpochMs,
  to: EpochMs,
  bucketMs: number,
): LatencyBucket[] {
  if (hasRows(reader, monitorNo, from, to)) return readLatencyRows(reader, monitorNo, from, to, bucketMs);
  const parts = bucketMs < HOUR_MS ? readMinutes(reader, monitorNo, from, to) : readParts(reader, monitorNo, from, to);
  const buckets: LatencyBucket[] = [];
  for (let i = 0; i < parts.length; ) {
    const at = Math.floor((parts[i] as Rollup).at / bucketMs) * bucketMs;
    // The parts were read for this answer alone: the first takes the others in.
    const { sketch } = parts[i] as Rollup;
    let { maxUs } = parts[i] as Rollup;
    for (let part = parts[++i]; part && part.at < at + bucketMs; part = parts[++i]) {
      sketch.merge(part.sketch);
      maxUs = Math.max(maxUs, part.maxUs);
    }
    const quantiles = sketch.quantiles([0.5, 0.95, 0.99]);
    if (!quantiles) continue;
    const [p50 = 0, p95 = 0, p99 = 0] = quantiles.map((us) => Math.round(Math.min(us, maxUs)) / 1000);
    buckets.push({ from: at, count: sketch.count, p50, p95, p99, max: maxUs / 1000 });
  }
  return buckets;
}

/** Hours of a range, the ones at its ends only as far as it reaches. */
function readParts(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): Rollup[] {
  const never = () => Number.POSITIVE_INFINITY;
  const [first, last] = [hourOf(from + HOUR_MS - 1), hourOf(to)];
  if (first > last) return [rollRows(reader, monitorNo, from, to - from, never)];
  return [
    ...(from < first ? [rollRows(reader, monitorNo, from, first - from, never)] : []),
    ...readHours(reader, monitorNo, first, last, never),
    ...(last < to ? [rollRows(reader, monitorNo, last, to - last, never)] : []),
  ];
}

/** Minutes of a range: rolled up where their rows are gone, else from the rows. */
function readMinutes(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): Rollup[] {
  const start = Math.floor(from / MINUTE_MS) * MINUTE_MS;
  const rolled = readRollups(reader, monitorNo, MINUTE_MS, start, to);
  const known = new Set(rolled.map(({ at }) => at));
  const fresh = new Map<EpochMs, Rollup>();
  for (const check of readChecksBetween(reader, monitorNo, start, to)) {
    const at = Math.floor(check.at / MINUTE_MS) * MINUTE_MS;
    if (known.has(at)) continue;
    const minute = fresh.get(at) ?? emptyRollup(at, MINUTE_MS);
    addCheck(minute, check, () => Number.POSITIVE_INFINITY);
    fresh.set(at, minute);
  }
  return [...rolled, ...fresh.values()].sort((a, b) => a.at - b.at);
}

/** In SQL, where the rows are. A number from JavaScript is bound as a REAL: the casts keep the division whole. */
function readLatencyRows(
  reader: Reader,
  monitorNo: number,
  from: EpochMs,
  to: EpochMs,
  bucketMs: number,
): LatencyBucket[] {
  const rank = (share: number) =>
    `max(CASE WHEN n = CAST(count * ${share} + 0.999999 AS INTEGER) THEN duration_us END) / 1000.0`;
  return reader
    .sql<LatencyBucket>(
      `WITH ranked AS (
         SELECT at / CAST(? AS INTEGER) AS bucket, duration_us, row_number() OVER w AS n, count(*) OVER (PARTITION BY at / CAST(? AS INTEGER)) AS count
         FROM checks WHERE monitor_no = ? AND at >= ? AND at < ? AND verdict <= 1 AND duration_us >= 0
         WINDOW w AS (PARTITION BY at / CAST(? AS INTEGER) ORDER BY duration_us)
       )
       SELECT bucket * CAST(? AS INTEGER) AS "from", max(count) AS count, ${rank(0.5)} AS p50, ${rank(0.95)} AS p95, ${rank(0.99)} AS p99,
         max(duration_us) / 1000.0 AS max
       FROM ranked GROUP BY bucket ORDER BY bucket`,
    )
    .all(bucketMs, bucketMs, monitorNo, from, to, bucketMs, bucketMs);
}
