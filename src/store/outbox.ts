import type { AlertEvent, AlertPayload } from '#src/domain/alert.ts';
import type { SendOutcome } from '#src/domain/channel.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';
import { touchIncident } from './incidents.ts';
import { newId } from './new-id.ts';

/** Row numbers of the channels with these keys that still receive. */
export function readChannelNumbers(reader: Reader, keys: readonly string[]): number[] {
  return reader
    .sql<{ no: number }>(
      'SELECT no FROM channels WHERE disabled_reason IS NULL AND key IN (SELECT value FROM json_each(?)) ORDER BY no',
    )
    .all(JSON.stringify(keys))
    .map((row) => row.no);
}

/** Adds an alert as the next one of its incident and channel. `nextAt`: not sent before. */
export function enqueueAlert(
  tx: Tx,
  alert: { incidentId: string; channelNo: number; event: AlertEvent; payload: AlertPayload; nextAt: EpochMs },
): string {
  const id = newId('msg');
  tx.sql(
    `INSERT INTO alerts (id, incident_id, sequence, channel_no, event, payload, state, attempts, next_at, created_at)
     SELECT ?, ?, coalesce(max(sequence), 0) + 1, ?, ?, ?, 'pending', 0, ?, ? FROM alerts WHERE incident_id = ? AND channel_no = ?`,
  ).run(
    id,
    alert.incidentId,
    alert.channelNo,
    alert.event,
    JSON.stringify(alert.payload),
    alert.nextAt,
    tx.now,
    alert.incidentId,
    alert.channelNo,
  );
  tx.touch('alerts');
  return id;
}

/** An update that is still in its group wait takes the newer text; false when there is none. */
export function refreshWaitingUpdate(tx: Tx, incidentId: string, channelNo: number, payload: AlertPayload): boolean {
  return (
    tx
      .sql(
        `UPDATE alerts SET payload = ? WHERE incident_id = ? AND channel_no = ? AND event = 'incident.updated'
         AND state = 'pending' AND attempts = 0 AND lease_until IS NULL AND next_at > ?`,
      )
      .run(JSON.stringify(payload), incidentId, channelNo, tx.now).changes > 0
  );
}

/** Row numbers of the channels that were told of an incident. */
export function readToldChannels(reader: Reader, incidentId: string): number[] {
  return reader
    .sql<{ no: number }>('SELECT DISTINCT channel_no AS no FROM alerts WHERE incident_id = ? ORDER BY no')
    .all(incidentId)
    .map((row) => row.no);
}

/** What is still in its group wait is overtaken by the resolution, which says more. */
export function dropWaitingUpdates(tx: Tx, incidentId: string, channelNo: number): void {
  tx.sql(
    `DELETE FROM alerts WHERE incident_id = ? AND channel_no = ? AND event = 'incident.updated'
     AND state = 'pending' AND attempts = 0 AND lease_until IS NULL AND next_at > ?`,
  ).run(incidentId, channelNo, tx.now);
}

/** The next alert of an (incident, channel): the only one of the pair that may be sent. */
export interface DueAlert {
  id: string;
  incidentId: string;
  channelNo: number;
  event: AlertEvent;
  /** The frozen text. */
  payload: string;
  attempts: number;
  nextAt: EpochMs;
  createdAt: EpochMs;
}

/**
 * Heads of all pairs that have something pending, oldest first. A lease of another owner does not count: one server
 * holds the folder, so that owner is dead.
 */
export function readHeads(reader: Reader, owner: string, now: EpochMs): DueAlert[] {
  return reader
    .sql<DueAlert>(
      `SELECT id, incident_id AS incidentId, channel_no AS channelNo, event, payload, attempts, next_at AS nextAt, created_at AS createdAt
       FROM alerts a WHERE state = 'pending' AND (lease_owner IS NULL OR lease_owner <> ? OR lease_until <= ?)
         AND NOT EXISTS (SELECT 1 FROM alerts b WHERE b.incident_id = a.incident_id AND b.channel_no = a.channel_no
                         AND b.sequence < a.sequence AND b.state = 'pending')
       ORDER BY next_at, created_at`,
    )
    .all(owner, now);
}

export function leaseAlert(tx: Tx, alertId: string, owner: string, until: EpochMs): void {
  tx.sql('UPDATE alerts SET lease_owner = ?, lease_until = ? WHERE id = ?').run(owner, until, alertId);
}

export interface Attempt {
  attempt: number;
  startedAt: EpochMs;
  endedAt: EpochMs;
  outcome: SendOutcome;
  step:
    | { kind: 'delivered' }
    | { kind: 'retry'; at: EpochMs }
    | { kind: 'undeliverable'; reason: string; disableChannel: boolean };
}

/** Writes an attempt and what follows from it, and frees the lease. */
export function recordAttempt(tx: Tx, alert: DueAlert, { attempt, startedAt, endedAt, outcome, step }: Attempt): void {
  tx.sql(
    'INSERT INTO alert_attempts (alert_id, attempt, started_at, ended_at, outcome, status_code, detail) VALUES (?,?,?,?,?,?,?)',
  ).run(alert.id, attempt, startedAt, endedAt, outcome.outcome, outcome.statusCode, outcome.detail);
  const state = step.kind === 'retry' ? 'pending' : step.kind;
  tx.sql(
    `UPDATE alerts SET attempts = ?, state = ?, next_at = ?, delivered_at = ?, undeliverable_reason = ?,
       lease_owner = NULL, lease_until = NULL WHERE id = ?`,
  ).run(
    attempt,
    state,
    step.kind === 'retry' ? step.at : alert.nextAt,
    step.kind === 'delivered' ? endedAt : null,
    step.kind === 'undeliverable' ? step.reason : null,
    alert.id,
  );
  if (step.kind === 'undeliverable' && step.disableChannel) disableChannel(tx, alert.channelNo, step.reason);
  touchIncident(tx, alert.incidentId);
}

function disableChannel(tx: Tx, channelNo: number, reason: string): void {
  tx.sql('UPDATE channels SET disabled_reason = ?, updated_at = ? WHERE no = ?').run(reason, tx.now, channelNo);
  tx.sql(
    "UPDATE alerts SET state = 'undeliverable', undeliverable_reason = ? WHERE channel_no = ? AND state = 'pending'",
  ).run(reason, channelNo);
}

/** Since when the most overdue alert is due; null when none is. */
export function oldestDueAlert(reader: Reader, now: EpochMs): EpochMs | null {
  return (
    reader
      .sql<{ at: number | null }>("SELECT min(next_at) AS at FROM alerts WHERE state = 'pending' AND next_at <= ?")
      .get(now)?.at ?? null
  );
}
