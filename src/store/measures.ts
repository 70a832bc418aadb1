import type { EpochMs } from '#src/domain/clock.ts';
import type { Span } from '#src/domain/uptime.ts';
import type { Reader } from './database.ts';

/** When the first check of a monitor was for; null before it. */
export function readFirstCheckAt(reader: Reader, monitorNo: number): EpochMs | null {
  return (
    reader.sql<{ at: number }>('SELECT at FROM checks WHERE monitor_no = ? ORDER BY at LIMIT 1').get(monitorNo)?.at ??
    null
  );
}

/** Start times of the checks that count, in [from, to), and of the one before `from`, in order. */
export function readCountedTimes(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): EpochMs[] {
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
 * (A number from JavaScript is bound as a REAL: the casts keep the division whole.)
 * Percentiles (nearest rank) of the duration in ms of checks that passed, per bucket of `bucketMs`, in order. Made in
 * SQL, where the rows are.
 */
export function readLatency(
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
