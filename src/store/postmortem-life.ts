import type { Edit } from '#src/domain/postmortem/edit.ts';
import { type Life, lifeOf, type Step } from '#src/domain/postmortem/life.ts';
import type { Reader, Tx } from './database.ts';
import { touchFollowing } from './incidents.ts';

/** What people wrote, block by block. */
export function readEdits(reader: Reader, incidentId: string): Edit[] {
  return reader
    .sql<{ edit: string }>('SELECT edit FROM postmortem_edits WHERE incident_id = ? ORDER BY block_id')
    .all(incidentId)
    .map(({ edit }) => JSON.parse(edit) as Edit);
}

export function putEdit(tx: Tx, incidentId: string, edit: Edit): void {
  tx.sql(
    `INSERT INTO postmortem_edits (incident_id, block_id, edit) VALUES (?,?,?)
     ON CONFLICT DO UPDATE SET edit = excluded.edit`,
  ).run(incidentId, edit.blockId, JSON.stringify(edit));
}

export function dropEdit(tx: Tx, incidentId: string, blockId: string): void {
  tx.sql('DELETE FROM postmortem_edits WHERE incident_id = ? AND block_id = ?').run(incidentId, blockId);
}

export function addStep(tx: Tx, incidentId: string, step: Step): void {
  touchFollowing(tx, incidentId);
  tx.sql('INSERT INTO postmortem_steps (incident_id, step, at, by, revision, text, rules) VALUES (?,?,?,?,?,?,?)').run(
    incidentId,
    step.step,
    step.at,
    step.by,
    step.revision,
    step.text,
    JSON.stringify(step.rules),
  );
}

/** The life of a postmortem, up to one of its revisions. */
export function readLife(reader: Reader, incidentId: string, revision = Number.MAX_SAFE_INTEGER): Life {
  const rows = reader
    .sql<Omit<Step, 'rules'> & { rules: string }>(
      `SELECT step, at, by, revision, text, rules FROM postmortem_steps
       WHERE incident_id = ? AND revision <= ? ORDER BY no`,
    )
    .all(incidentId, revision);
  return lifeOf(rows.map((row) => ({ ...row, rules: JSON.parse(row.rules) as string[] })));
}
