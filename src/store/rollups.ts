import type { EpochMs } from '#src/domain/clock.ts';
import { addCheck, addRollup, DAY_MS, emptyRollup, HOUR_MS, type Rollup } from '#src/domain/rollup.ts';
import { Sketch } from '#src/domain/sketch.ts';
import type { Span } from '#src/domain/uptime.ts';
import { readChecksBetween } from './checks.ts';
import type { Reader, Tx } from './database.ts';

type IntervalAt = (at: EpochMs) => number;

interface Row {
  at: number;
  length_ms: number;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  first_at: number | null;
  last_at: number | null;
  gaps: string | null;
  max_us: number;
  sketch: Uint8Array;
}

function toRollup(row: Row): Rollup {
  return {
    at: row.at,
    lengthMs: row.length_ms,
    up: row.up,
    degraded: row.degraded,
    down: row.down,
    unknown: row.unknown,
    firstAt: row.first_at,
    lastAt: row.last_at,
    gaps: row.gaps === null ? [] : (JSON.parse(row.gaps) as Span[]),
    maxUs: row.max_us,
    sketch: Sketch.decode(row.sketch),
  };
}

export function hourOf(at: EpochMs): EpochMs {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** An hour got a row: what was rolled up of it is not the whole of it any more. */
export function markUnrolled(tx: Tx, monitorNo: number, hour: EpochMs): void {
  tx.sql('INSERT INTO unrolled_hours (at, monitor_no) VALUES (?,?) ON CONFLICT DO NOTHING').run(hour, monitorNo);
}

/** Hours to roll up that ended before a time, by monitor and time. */
export function readUnrolled(reader: Reader, before: EpochMs, limit: number): { monitorNo: number; at: EpochMs }[] {
  return reader
    .sql<{ monitorNo: number; at: number }>(
      'SELECT monitor_no AS monitorNo, at FROM unrolled_hours WHERE at <= ? ORDER BY monitor_no, at LIMIT ?',
    )
    .all(before - HOUR_MS, limit);
}

/** The checks of a stretch in one, from their rows. */
export function rollRows(
  reader: Reader,
  monitorNo: number,
  at: EpochMs,
  lengthMs: number,
  intervalAt: IntervalAt,
): Rollup {
  const rollup = emptyRollup(at, lengthMs);
  for (const check of readChecksBetween(reader, monitorNo, at, at + lengthMs)) addCheck(rollup, check, intervalAt);
  return rollup;
}

export function rollHour(tx: Tx, monitorNo: number, at: EpochMs, intervalAt: IntervalAt): void {
  putRollup(tx, monitorNo, rollRows(tx, monitorNo, at, HOUR_MS, intervalAt));
  tx.sql('DELETE FROM unrolled_hours WHERE monitor_no = ? AND at = ?').run(monitorNo, at);
}

export function rollDay(tx: Tx, monitorNo: number, at: EpochMs, intervalAt: IntervalAt): void {
  const day = emptyRollup(at, DAY_MS);
  for (const hour of readRollups(tx, monitorNo, HOUR_MS, at, at + DAY_MS)) addRollup(day, hour, intervalAt);
  putRollup(tx, monitorNo, day);
}

export function putRollup(tx: Tx, monitorNo: number, rollup: Rollup): void {
  tx.sql(
    'INSERT OR REPLACE INTO rollups (monitor_no, length_ms, at, up, degraded, down, unknown, first_at, last_at, gaps, max_us, sketch) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)',
  ).run(
    monitorNo,
    rollup.lengthMs,
    rollup.at,
    rollup.up,
    rollup.degraded,
    rollup.down,
    rollup.unknown,
    rollup.firstAt,
    rollup.lastAt,
    rollup.gaps.length === 0 ? null : JSON.stringify(rollup.gaps),
    rollup.maxUs,
    Buffer.from(rollup.sketch.encode()),
  );
}

export function readRollups(reader: Reader, monitorNo: number, lengthMs: number, from: EpochMs, to: EpochMs): Rollup[] {
  return reader
    .sql<Row>('SELECT * FROM rollups WHERE monitor_no = ? AND length_ms = ? AND at >= ? AND at < ? ORDER BY at')
    .all(monitorNo, lengthMs, from, to)
    .map(toRollup);
}

/**
 * Whole hours in order, from `from` (a whole hour) up to the one `to` lies in: rolled up where that is done, else from
 * their rows, so that an answer never waits for the rolling up.
 */
export function readHours(
  reader: Reader,
  monitorNo: number,
  from: EpochMs,
  to: EpochMs,
  intervalAt: IntervalAt,
): Rollup[] {
  const unrolled = reader
    .sql<{ at: number }>('SELECT at FROM unrolled_hours WHERE monitor_no = ? AND at >= ? AND at < ? ORDER BY at')
    .all(monitorNo, from, to)
    .map(({ at }) => at);
  const fresh = new Set(unrolled);
  const hours = readRollups(reader, monitorNo, HOUR_MS, from, to).filter(({ at }) => !fresh.has(at));
  const rows = unrolled.map((at) => rollRows(reader, monitorNo, at, HOUR_MS, intervalAt));
  return [...hours, ...rows].sort((a, b) => a.at - b.at);
}

/** The same hours, but only what tells of stretches without checks. */
export function readHourGaps(
  reader: Reader,
  monitorNo: number,
  from: EpochMs,
  to: EpochMs,
  intervalAt: IntervalAt,
): Pick<Rollup, 'at' | 'firstAt' | 'lastAt' | 'gaps'>[] {
  const hours = reader
    .sql<Pick<Row, 'at' | 'first_at' | 'last_at' | 'gaps'>>(
      `SELECT at, first_at, last_at, gaps FROM rollups WHERE monitor_no = ? AND length_ms = ${HOUR_MS} AND at >= ? AND at < ?
       AND at NOT IN (SELECT at FROM unrolled_hours WHERE monitor_no = ?) ORDER BY at`,
    )
    .all(monitorNo, from, to, monitorNo)
    .map((row) => ({
      at: row.at,
      firstAt: row.first_at,
      lastAt: row.last_at,
      gaps: row.gaps === null ? [] : (JSON.parse(row.gaps) as Span[]),
    }));
  const rows = reader
    .sql<{ at: number }>('SELECT at FROM unrolled_hours WHERE monitor_no = ? AND at >= ? AND at < ? ORDER BY at')
    .all(monitorNo, from, to)
    .map(({ at }) => rollRows(reader, monitorNo, at, HOUR_MS, intervalAt));
  return [...hours, ...rows].sort((a, b) => a.at - b.at);
}

/** How many checks the rolled-up hours of a range hold. */
export function countRolled(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): number {
  return (
    reader
      .sql<{ n: number | null }>(
        'SELECT sum(up + degraded + down) AS n FROM rollups WHERE monitor_no = ? AND length_ms = ? AND at >= ? AND at < ?',
      )
      .get(monitorNo, HOUR_MS, from, to)?.n ?? 0
  );
}
