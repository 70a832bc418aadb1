import type { EpochMs } from '#src/domain/clock.ts';
import type { Deadlines, Waiting } from '#src/domain/postmortem/deadlines.ts';
import type { FollowUp } from '#src/domain/postmortem/follow-up.ts';
import type { PostmortemStatus } from '#src/domain/postmortem/life.ts';
import type { Reader, Tx } from './database.ts';
import { readIncidentRecord } from './incidents.ts';
import { readPolicyAt, readPolicyOf } from './policies.ts';

const NEWEST = '(SELECT max(revision) FROM postmortems WHERE incident_id = i.id)';

/** Drafts that wait for people, but for those of which all has been told. Our own blindness has no deadline. */
export function readWaiting(reader: Reader): (Waiting & { incidentId: string; title: string })[] {
  return reader
    .sql<Omit<Waiting, 'done' | 'status'> & { incidentId: string; title: string; status: PostmortemStatus }>(
      `SELECT i.id AS incidentId, i.title, p.status, p.due_at AS dueAt, coalesce(i.ended_at, i.resolved_at) AS recoveredAt,
         (SELECT min(created_at) FROM postmortems WHERE incident_id = i.id AND status <> 'live') AS draftedAt
       FROM incidents AS i JOIN postmortems AS p ON p.incident_id = i.id AND p.revision = ${NEWEST}
       WHERE i.resolved_at IS NOT NULL AND i.kind <> 'blind' AND p.status IN ('draft', 'in_review') AND p.due_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM postmortem_reminders WHERE incident_id = i.id AND what = 'overdue')
       ORDER BY p.due_at, i.id`,
    )
    .all()
    .map((row) => ({ ...row, done: readReminded(reader, row.incidentId) }));
}

export function readReminded(reader: Reader, incidentId: string): Set<string> {
  const rows = reader
    .sql<{ what: string }>('SELECT what FROM postmortem_reminders WHERE incident_id = ?')
    .all(incidentId);
  return new Set(rows.map(({ what }) => what));
}

/** Notes that something was told, or never will be. */
export function settleReminder(tx: Tx, incidentId: string, what: string): void {
  tx.sql('INSERT INTO postmortem_reminders (incident_id, what, at) VALUES (?,?,?) ON CONFLICT DO NOTHING').run(
    incidentId,
    what,
    tx.now,
  );
}

export interface StoredFollowUp {
  incidentId: string;
  dueAt: EpochMs;
  /** Null while it is ahead. */
  review: FollowUp | null;
}

export function scheduleFollowUp(tx: Tx, incidentId: string, dueAt: EpochMs): void {
  tx.sql('INSERT INTO postmortem_follow_ups (incident_id, due_at) VALUES (?,?) ON CONFLICT DO NOTHING').run(
    incidentId,
    dueAt,
  );
}

export function putFollowUp(tx: Tx, incidentId: string, review: FollowUp): void {
  tx.sql('UPDATE postmortem_follow_ups SET made_at = ?, review = ? WHERE incident_id = ?').run(
    review.madeAt,
    JSON.stringify(review),
    incidentId,
  );
}

export function readFollowUp(reader: Reader, incidentId: string): StoredFollowUp | null {
  const row = reader
    .sql<{ due_at: number; review: string | null }>(
      'SELECT due_at, review FROM postmortem_follow_ups WHERE incident_id = ?',
    )
    .get(incidentId);
  if (!row) return null;
  return { incidentId, dueAt: row.due_at, review: row.review === null ? null : (JSON.parse(row.review) as FollowUp) };
}

/** Follow-ups that were not made yet, the next one first. */
export function readFollowUpsAhead(reader: Reader): { incidentId: string; title: string; dueAt: EpochMs }[] {
  return reader
    .sql<{ incidentId: string; title: string; dueAt: EpochMs }>(
      `SELECT incident_id AS incidentId, title, due_at AS dueAt FROM postmortem_follow_ups
       JOIN incidents ON id = incident_id WHERE made_at IS NULL ORDER BY due_at, incident_id`,
    )
    .all();
}

/** Later outages of the same service, or of a monitor that this one affected. */
export function readLaterOutages(
  reader: Reader,
  incidentId: string,
): { id: string; number: number; startedAt: EpochMs }[] {
  return reader
    .sql<{ id: string; number: number; startedAt: EpochMs }>(
      `SELECT i.id, i.number, i.started_at AS startedAt FROM incidents AS i JOIN incidents AS own ON own.id = ?
       WHERE i.kind = 'outage' AND i.id <> own.id AND i.started_at > own.started_at
         AND EXISTS (SELECT 1 FROM windows AS w WHERE w.incident_id = i.id AND (i.service = own.service
           OR w.monitor_no IN (SELECT monitor_no FROM windows WHERE incident_id = own.id)))
       ORDER BY i.started_at, i.number LIMIT 100`,
    )
    .all(incidentId);
}

/** The deadlines of the policy that was in force when the incident ended. */
export function readDeadlines(reader: Reader, incidentId: string, now: EpochMs): Deadlines {
  const record = readIncidentRecord(reader, incidentId);
  const { policy } = record ? readPolicyOf(reader, record, now) : readPolicyAt(reader, now);
  return policy.deadlines;
}
