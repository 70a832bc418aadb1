import type { AlertEvent } from '#src/domain/alert.ts';
import type { SendOutcome } from '#src/domain/channel.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';
import { touchIncident } from './incidents.ts';
import { IS_HEAD } from './outbox.ts';

/** The next alert of an (incident, channel): the only one of the pair that may be sent. */
export interface DueAlert {
  id: string;
  /** Null for a digest. */
  incidentId: string | null;
  channelNo: number;
  event: AlertEvent;
  attempts: number;
  nextAt: EpochMs;
  createdAt: EpochMs;
}

/**
 * Heads of all pairs that have something pending, the most overdue first. A lease of another owner does not count: one
 * server holds the folder, so that owner is dead.
 */
export function readHeads(reader: Reader, owner: string, now: EpochMs): DueAlert[] {
  return reader
    .sql<DueAlert>(
      `SELECT id, incident_id AS incidentId, channel_no AS channelNo, event, attempts, next_at AS nextAt, created_at AS createdAt
       FROM alerts a WHERE state = 'pending' AND (lease_owner IS NULL OR lease_owner <> ? OR lease_until <= ?)
         AND payload IS NOT NULL AND ${IS_HEAD} ORDER BY next_at, created_at`,
    )
    .all(owner, now);
}

/** Nobody else sends it until then. The row of the attempt is there before anything is sent. */
export function beginAttempt(tx: Tx, alert: DueAlert, owner: string, until: EpochMs): void {
  const attempt = alert.attempts + 1;
  tx.sql('UPDATE alerts SET lease_owner = ?, lease_until = ?, attempts = ? WHERE id = ?').run(
    owner,
    until,
    attempt,
    alert.id,
  );
  tx.sql('INSERT INTO alert_attempts (alert_id, attempt, started_at) VALUES (?,?,?)').run(alert.id, attempt, tx.now);
}

/** At start: what was under way when the process before this one ended. Nobody knows whether the receiver has it. */
export function closeCutOffAttempts(tx: Tx): void {
  const cut = tx
    .sql<{ incidentId: string | null }>(
      `UPDATE alert_attempts SET outcome = 'cut-off', ended_at = max(?, started_at), detail = ? WHERE outcome IS NULL
       RETURNING (SELECT incident_id FROM alerts WHERE id = alert_id) AS incidentId`,
    )
    .all(tx.now, 'the server ended while it was being sent');
  for (const id of new Set(cut.map(({ incidentId }) => incidentId))) if (id !== null) touchIncident(tx, id);
}

/** The frozen text, byte for byte. */
export function readPayload(reader: Reader, alertId: string): string {
  return reader.sql<{ payload: string | null }>('SELECT payload FROM alerts WHERE id = ?').get(alertId)?.payload ?? '';
}

/** The text of what the channel was sent before of the same incident, or null. */
export function readPayloadBefore(reader: Reader, alertId: string): string | null {
  return (
    reader
      .sql<{ payload: string | null }>(
        `SELECT b.payload FROM alerts a JOIN alerts b ON b.incident_id = a.incident_id AND b.channel_no = a.channel_no
           AND b.sequence < a.sequence AND b.state = 'delivered'
         WHERE a.id = ? ORDER BY b.sequence DESC LIMIT 1`,
      )
      .get(alertId)?.payload ?? null
  );
}

/** How often the receiver said no to this alert. */
export function countRejections(reader: Reader, alertId: string): number {
  const row = reader
    .sql<{ count: number }>("SELECT count(*) AS count FROM alert_attempts WHERE alert_id = ? AND outcome = 'rejected'")
    .get(alertId);
  return row?.count ?? 0;
}

export interface Attempt {
  attempt: number;
  startedAt: EpochMs;
  endedAt: EpochMs;
  outcome: SendOutcome;
}

/** Writes what came of an attempt; what follows is written in the same transaction by one of the functions below. */
export function endAttempt(tx: Tx, alert: DueAlert, { attempt, startedAt, endedAt, outcome }: Attempt): void {
  tx.sql(
    `UPDATE alert_attempts SET started_at = ?, ended_at = ?, outcome = ?, status_code = ?, detail = ?
     WHERE alert_id = ? AND attempt = ?`,
  ).run(startedAt, endedAt, outcome.outcome, outcome.statusCode, outcome.detail, alert.id, attempt);
  tx.sql('UPDATE alerts SET lease_owner = NULL, lease_until = NULL WHERE id = ?').run(alert.id);
  if (alert.incidentId !== null) touchIncident(tx, alert.incidentId);
}

export function markDelivered(tx: Tx, alertId: string, at: EpochMs): void {
  tx.sql("UPDATE alerts SET state = 'delivered', delivered_at = ? WHERE id = ?").run(at, alertId);
}

export function putOff(tx: Tx, alertId: string, until: EpochMs): void {
  tx.sql('UPDATE alerts SET next_at = ? WHERE id = ?').run(until, alertId);
}

/** It is not sent any more; the next one of its pair is due. */
export function markUndeliverable(tx: Tx, alert: DueAlert, reason: string): void {
  tx.sql("UPDATE alerts SET state = 'undeliverable', undeliverable_reason = ? WHERE id = ?").run(reason, alert.id);
  if (alert.incidentId !== null) touchIncident(tx, alert.incidentId);
  tx.touch('alerts');
}

/** Nothing is sent to it any more, until its owner changes it. */
export function disableChannel(tx: Tx, channelNo: number, reason: string): void {
  tx.sql('UPDATE channels SET disabled_reason = ?, updated_at = ? WHERE no = ?').run(reason, tx.now, channelNo);
}

/** All that waits for a channel waits at least until then. */
export function holdChannel(tx: Tx, channelNo: number, until: EpochMs): void {
  tx.sql(
    "UPDATE alerts SET next_at = ? WHERE channel_no = ? AND state = 'pending' AND next_at < ? AND payload IS NOT NULL",
  ).run(until, channelNo, until);
}

/**
 * What was put off is due now: for a channel whose receiver is back, or for all of them (`null`) after a restart, since
 * nobody knows what happened meanwhile. What a receiver asked to wait (429) and what more may join goes on waiting.
 */
export function hurryAlerts(tx: Tx, channelNo: number | null): void {
  tx.sql(
    `UPDATE alerts SET next_at = ? WHERE state = 'pending' AND next_at > ? AND (? IS NULL OR channel_no = ?)
     AND payload IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM alert_attempts t
                     WHERE t.alert_id = alerts.id AND t.attempt = alerts.attempts AND t.status_code = 429)`,
  ).run(tx.now, tx.now, channelNo, channelNo);
}

/** Channels that are told, or will be, that alerts of an incident do not reach the channel with this key. */
export function readReports(
  reader: Reader,
  incidentId: string | null,
  channelKey: string,
): { channelNo: number; state: string }[] {
  return reader
    .sql<{ channelNo: number; state: string }>(
      `SELECT channel_no AS channelNo, state FROM alerts WHERE incident_id IS ?
       AND json_extract(payload, '$.data.undeliverable.channel') = ?`,
    )
    .all(incidentId, channelKey);
}

/**
 * What has been tried for too long without success: first alerts of an incident to a channel, and reports that one was not
 * delivered (these also while they wait behind an alert that hangs). What was passed on already is among them.
 */
export function readOverdue(
  reader: Reader,
  limits: { alertsBefore: EpochMs; reportsBefore: EpochMs },
): (DueAlert & { isReport: boolean })[] {
  return reader
    .sql<DueAlert & { isReport: number }>(
      `SELECT id, incident_id AS incidentId, channel_no AS channelNo, event, attempts, next_at AS nextAt, created_at AS createdAt,
         coalesce(reason = 'undeliverable', 0) AS isReport
       FROM alerts WHERE state = 'pending'
         AND ((reason = 'undeliverable' AND created_at <= ?)
           OR (attempts > 0 AND event IN ('incident.opened', 'incident.escalated', 'monitoring.blind') AND created_at <= ?))
       ORDER BY created_at LIMIT 200`,
    )
    .all(limits.reportsBefore, limits.alertsBefore)
    .map((row) => ({ ...row, isReport: row.isReport === 1 }));
}

/** What the last attempt that ended failed with. */
export function readLastDetail(reader: Reader, alertId: string): string | null {
  return (
    reader
      .sql<{ detail: string | null }>(
        'SELECT detail FROM alert_attempts WHERE alert_id = ? AND outcome IS NOT NULL ORDER BY attempt DESC LIMIT 1',
      )
      .get(alertId)?.detail ?? null
  );
}
