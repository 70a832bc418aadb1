import type { Failure } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { NearMiss } from '#src/domain/window.ts';
import type { Reader, Tx } from './database.ts';
import { readLoneNearMisses } from './windows.ts';

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
  const misses = readLoneNearMisses(reader, row.monitorNo).filter(
    ({ failure, firstBad }) =>
      failure === row.failure && firstBad.startedAt >= row.startedAt && firstBad.startedAt <= row.endedAt,
  );
  return { monitorNo: row.monitorNo, failure: row.failure, misses };
}
