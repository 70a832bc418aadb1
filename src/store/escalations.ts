import type { Escalation, EscalationRun } from '#src/domain/escalation.ts';
import type { Reader, Tx } from './database.ts';

export type EscalationFields = Omit<Escalation, 'no' | 'createdAt' | 'updatedAt'>;

interface EscalationRow {
  no: number;
  definition: string;
  created_at: number;
  updated_at: number;
}

const toEscalation = (row: EscalationRow): Escalation => ({
  ...(JSON.parse(row.definition) as EscalationFields),
  no: row.no,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** Oldest first. */
export function readEscalations(reader: Reader): Escalation[] {
  return reader.sql<EscalationRow>('SELECT * FROM escalations ORDER BY no').all().map(toEscalation);
}

/** By `esc_` id or by key. */
export function readEscalation(reader: Reader, idOrKey: string): Escalation | null {
  const row = reader.sql<EscalationRow>('SELECT * FROM escalations WHERE id = ? OR key = ?').get(idOrKey, idOrKey);
  return row ? toEscalation(row) : null;
}

/** Those that these monitors name, by key. */
export function readNamedEscalations(reader: Reader, keys: readonly string[]): Map<string, Escalation> {
  const named = new Map<string, Escalation>();
  for (const key of new Set(keys)) {
    const escalation = readEscalation(reader, key);
    if (escalation) named.set(key, escalation);
  }
  return named;
}

/** Creates, or replaces the one with the same id. */
export function putEscalation(tx: Tx, fields: EscalationFields): Escalation {
  tx.sql(
    `INSERT INTO escalations (id, key, definition, created_at, updated_at) VALUES (?,?,?,?,?)
     ON CONFLICT (id) DO UPDATE SET key = excluded.key, definition = excluded.definition, updated_at = excluded.updated_at`,
  ).run(fields.id, fields.key, JSON.stringify(fields), tx.now, tx.now);
  tx.touch('policy');
  return readEscalation(tx, fields.id) as Escalation;
}

export function deleteEscalation(tx: Tx, { no }: Escalation): void {
  tx.sql('DELETE FROM escalation_runs WHERE escalation_no = ?').run(no);
  tx.sql('DELETE FROM escalations WHERE no = ?').run(no);
  tx.touch('policy');
}

/** Keys of the monitors that name an escalation. */
export function usersOfEscalation(reader: Reader, key: string): string[] {
  return reader
    .sql<{ key: string }>(
      "SELECT key FROM monitors WHERE deleted_at IS NULL AND json_extract(config, '$.escalation') = ? ORDER BY no",
    )
    .all(key)
    .map((row) => row.key);
}

/** Keys of the escalations with a step that names a channel. */
export function escalationsNaming(reader: Reader, channelKey: string): string[] {
  return readEscalations(reader)
    .filter(({ steps }) => steps.some(({ channels }) => channels.includes(channelKey)))
    .map(({ key }) => key);
}

export function readRun(reader: Reader, incidentId: string, escalationNo: number): EscalationRun | null {
  return (
    reader
      .sql<EscalationRun>(
        `SELECT started_at AS startedAt, steps_done AS stepsDone, reminded_at AS remindedAt FROM escalation_runs
         WHERE incident_id = ? AND escalation_no = ?`,
      )
      .get(incidentId, escalationNo) ?? null
  );
}

export function putRun(tx: Tx, incidentId: string, escalationNo: number, run: EscalationRun): void {
  tx.sql(
    `INSERT INTO escalation_runs (incident_id, escalation_no, started_at, steps_done, reminded_at) VALUES (?,?,?,?,?)
     ON CONFLICT DO UPDATE SET steps_done = excluded.steps_done, reminded_at = excluded.reminded_at`,
  ).run(incidentId, escalationNo, run.startedAt, run.stepsDone, run.remindedAt);
}

/** Open incidents that somebody was told of, or will be, with what was last written to them. */
export function readFollowedIncidents(reader: Reader): { id: string; changeSeq: number }[] {
  return reader
    .sql<{ id: string; changeSeq: number }>(
      `SELECT id, change_seq AS changeSeq FROM incidents i WHERE resolved_at IS NULL AND kind = 'outage'
       AND (EXISTS (SELECT 1 FROM alerts WHERE incident_id = i.id)
         OR EXISTS (SELECT 1 FROM escalation_runs WHERE incident_id = i.id))`,
    )
    .all();
}
