import type { EpochMs } from '#src/domain/clock.ts';
import type { Span } from '#src/domain/uptime.ts';
import type { NearMiss } from '#src/domain/window.ts';
import type { Reader } from './database.ts';

const HOUR_MS = 3_600_000;

/**
 * Stretches in [from, to] whose check rows a draft may cite: of every monitor from an hour before each incident to an
 * hour after it (what was not affected is proved by rows too), of the affected ones back to the last good check, and the
 * monitor's own near-misses.
 */
export function readPinned(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): Span[] {
  const incidents = reader
    .sql<{ from_at: number; to_at: number | null }>(
      `SELECT started_at - ${HOUR_MS} AS from_at, max(coalesce(resolved_at, 9e15), coalesce(ended_at, 0)) + ${HOUR_MS} AS to_at
       FROM incidents WHERE started_at - ${HOUR_MS} <= ? AND max(coalesce(resolved_at, 9e15), coalesce(ended_at, 0)) + ${HOUR_MS} >= ?`,
    )
    .all(to, from)
    .map((row): Span => [row.from_at, row.to_at ?? to]);
  const windows = reader
    .sql<{ last_good: number; first_bad: number }>(
      `SELECT json_extract(refs, '$.lastGood.at') AS last_good, first_bad_at AS first_bad FROM windows
       WHERE monitor_no = ? AND first_bad_at >= ? AND json_extract(refs, '$.lastGood.at') <= ?`,
    )
    .all(monitorNo, from, to)
    .map((row): Span => [row.last_good, row.last_good]);
  const misses = reader
    .sql<{ refs: string }>(
      'SELECT refs FROM near_misses WHERE monitor_no = ? AND first_bad_at <= ? AND first_bad_at >= ?',
    )
    .all(monitorNo, to + HOUR_MS, from - 24 * HOUR_MS)
    .map(({ refs }) => JSON.parse(refs) as NearMiss)
    .map(({ firstBad, firstGood }): Span => [firstBad.at - HOUR_MS, firstGood.at]);
  return [...incidents, ...windows, ...misses].filter((span) => span[0] <= to && span[1] >= from);
}
