import type { StoredAction } from '#src/domain/postmortem/action.ts';
import type { Reader, Tx } from './database.ts';
import { touchFollowing, touchIncident } from './incidents.ts';

interface Row {
  action: string;
}

const toAction = (row: Row): StoredAction => JSON.parse(row.action) as StoredAction;

/** Those of an incident, oldest first. */
export function readActionsOf(reader: Reader, incidentId: string): StoredAction[] {
  return reader
    .sql<Row>('SELECT action FROM actions WHERE incident_id = ? ORDER BY created_at, id')
    .all(incidentId)
    .map(toAction);
}

export function readAction(reader: Reader, incidentId: string, id: string): StoredAction | null {
  const row = reader.sql<Row>('SELECT action FROM actions WHERE incident_id = ? AND id = ?').get(incidentId, id);
  return row ? toAction(row) : null;
}

/** Writes an action; the postmortem that shows it is drawn anew. */
export function putAction(tx: Tx, action: StoredAction): void {
  tx.sql(
    `INSERT INTO actions (incident_id, id, state, owner, due_on, tracker_key, created_at, done_at, action) VALUES (?,?,?,?,?,?,?,?,?)
     ON CONFLICT DO UPDATE SET state = excluded.state, owner = excluded.owner, due_on = excluded.due_on,
       tracker_key = excluded.tracker_key, done_at = excluded.done_at, action = excluded.action`,
  ).run(
    action.incidentId,
    action.id,
    action.state,
    action.owner,
    action.dueOn,
    action.tracker?.tracker ?? null,
    action.createdAt,
    action.doneAt,
    JSON.stringify(action),
  );
  tx.touch('actions');
  touchIncident(tx, action.incidentId);
  touchFollowing(tx, action.incidentId);
}

/** How many of an incident's actions somebody took on, whatever became of them. */
export function countTakenOn(reader: Reader, incidentId: string): number {
  return (
    reader
      .sql<{ count: number }>(
        "SELECT count(*) AS count FROM actions WHERE incident_id = ? AND state IN ('open', 'done')",
      )
      .get(incidentId)?.count ?? 0
  );
}

export interface ActionQuery {
  state: string | null;
  owner: string | null;
  /** Open ones whose day was over on this day, YYYY-MM-DD. */
  overdueOn: string | null;
  /** created_at and id of the last of the page before. */
  before: { at: number; id: string } | null;
  limit: number;
}

/** Actions of all incidents, newest first. */
export function readActions(reader: Reader, { state, owner, overdueOn, before, limit }: ActionQuery): StoredAction[] {
  return reader
    .sql<Row>(
      `SELECT action FROM actions WHERE (? IS NULL OR state = ?) AND (? IS NULL OR owner = ?)
         AND (? IS NULL OR (state = 'open' AND due_on < ?))
         AND (? IS NULL OR created_at < ? OR (created_at = ? AND incident_id || '/' || id < ?))
       ORDER BY created_at DESC, incident_id || '/' || id DESC LIMIT ?`,
    )
    .all(
      state,
      state,
      owner,
      owner,
      overdueOn,
      overdueOn,
      before?.at ?? null,
      before?.at ?? null,
      before?.at ?? null,
      before?.id ?? null,
      limit,
    )
    .map(toAction);
}

/** Open actions of all incidents, those due first in front; undated ones last. */
export function readOpenActions(reader: Reader): StoredAction[] {
  return reader
    .sql<Row>("SELECT action FROM actions WHERE state = 'open' ORDER BY due_on IS NULL, due_on, incident_id, id")
    .all()
    .map(toAction);
}

/** Those that a tracker is to be asked about, or told of: neither proposals nor dropped before they were there. */
export function readTrackedActions(reader: Reader): StoredAction[] {
  return reader
    .sql<Row>('SELECT action FROM actions WHERE tracker_key IS NOT NULL ORDER BY incident_id, id')
    .all()
    .map(toAction);
}
