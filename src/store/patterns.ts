import type { Failure } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { NearMiss } from '#src/domain/window.ts';
import type { Reader, Tx } from './database.ts';

/** Which near-misses a `pattern` incident is of: those of the monitor and failure, within its times. */
export interface StoredPattern {
  incidentId: string;
  failure: Failure;
  startedAt: EpochMs;
  endedAt: EpochMs;
}

export function putPattern(tx: Tx, incidentId: string, monitorNo: number, failure: Failure): void {
  tx.sql('INSERT INTO patterns (incident_id, monitor_no, failure) VALUES (?,?,?) ON CONFLICT DO NOTHING').run(
    incidentId,
    monitorNo,
    failure,
  );
}

/** Those of a monitor that stand. */
export function readPatternsOf(reader: Reader, monitorNo: number): StoredPattern[] {
  return reader
    .sql<StoredPattern>(
      `SELECT incident_id AS incidentId, failure, started_at AS startedAt, ended_at AS endedAt FROM patterns
       JOIN incidents ON incidents.id = incident_id WHERE monitor_no = ? AND resolved_reason IS NULL ORDER BY started_at`,
    )
    .all(monitorNo);
}

/** The near-misses that an incident of kind `pattern` is made of; null for other incidents. */
export function readPatternOf(
  reader: Reader,
  incidentId: string,
): { monitorNo: number; failure: Failure; misses: NearMiss[] } | null {
  const row = reader
    .sql<{ monitorNo: number; failure: Failure; startedAt: number; endedAt: number }>(
      `SELECT monitor_no AS monitorNo, failure, started_at AS startedAt, ended_at AS endedAt FROM patterns
       JOIN incidents ON incidents.id = incident_id WHERE incident_id = ?`,
    )
    .get(incidentId);
  if (!row) return null;
  const misses = reader
    .sql<{ refs: string }>(
      `SELECT refs FROM near_misses WHERE monitor_no = ? AND failure = ? AND json_extract(refs, '$.firstBad.startedAt') BETWEEN ? AND ?
       ORDER BY json_extract(refs, '$.firstBad.startedAt'), first_bad_location_no`,
    )
    .all(row.monitorNo, row.failure, row.startedAt, row.endedAt)
    .map(({ refs }) => JSON.parse(refs) as NearMiss);
  return { monitorNo: row.monitorNo, failure: row.failure, misses };
}
