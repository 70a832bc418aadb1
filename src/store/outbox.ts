import type { AlertEvent, AlertPayload } from '#src/domain/alert.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';
import { newId } from './new-id.ts';

/** Of the alerts `a`: nothing earlier of the same incident and channel is still to be sent. */
export const IS_HEAD = `NOT EXISTS (SELECT 1 FROM alerts b WHERE b.incident_id IS a.incident_id
  AND b.channel_no = a.channel_no AND b.sequence < a.sequence AND b.state = 'pending')`;

/**
 * Row numbers of the channels with these keys. One that is switched off is among them: what is queued for it cannot be
 * delivered, and that is reported on another channel, so that its incidents are not silent.
 */
export function readChannelNumbers(reader: Reader, keys: readonly string[]): number[] {
  return reader
    .sql<{ no: number }>(
      'SELECT no FROM channels WHERE deleted_at IS NULL AND key IN (SELECT value FROM json_each(?)) ORDER BY no',
    )
    .all(JSON.stringify(keys))
    .map((row) => row.no);
}

/** Row numbers of all channels: what concerns everyone is told everywhere. */
export function readAllChannels(reader: Reader): number[] {
  return reader
    .sql<{ no: number }>('SELECT no FROM channels WHERE deleted_at IS NULL AND disabled_reason IS NULL ORDER BY no')
    .all()
    .map((row) => row.no);
}

/** Adds an alert as the next one of its incident and channel. `nextAt`: not sent before. */
export function enqueueAlert(
  tx: Tx,
  alert: {
    /** Null: of no incident, and in no order with others. */
    incidentId: string | null;
    channelNo: number;
    event: AlertEvent;
    payload: AlertPayload;
    /** Why it is told. */
    reason?: string;
    nextAt: EpochMs;
  },
): string {
  const id = newId('msg');
  tx.sql(
    `INSERT INTO alerts (id, incident_id, sequence, channel_no, event, payload, reason, state, attempts, next_at, created_at)
     SELECT ?, ?, coalesce(max(sequence), 0) + 1, ?, ?, ?, ?, 'pending', 0, ?, ? FROM alerts WHERE incident_id = ? AND channel_no = ?`,
  ).run(
    id,
    alert.incidentId,
    alert.channelNo,
    alert.event,
    JSON.stringify(alert.payload),
    alert.reason ?? null,
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

/** Row numbers of the channels that were told of an incident and were not deleted since. */
export function readToldChannels(reader: Reader, incidentId: string): number[] {
  return reader
    .sql<{ no: number }>(
      `SELECT no FROM channels WHERE deleted_at IS NULL
       AND no IN (SELECT channel_no FROM alerts WHERE incident_id = ?) ORDER BY no`,
    )
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

/**
 * Since when the most overdue alert waits that could be sent now; null when there is none. What is being sent does not
 * count, nor what waits for an earlier alert of its incident and channel.
 */
export function oldestDueAlert(reader: Reader, now: EpochMs): EpochMs | null {
  return (
    reader
      .sql<{ at: number | null }>(
        `SELECT min(next_at) AS at FROM alerts a WHERE state = 'pending' AND next_at <= ?
         AND (lease_until IS NULL OR lease_until <= ?) AND ${IS_HEAD}`,
      )
      .get(now, now)?.at ?? null
  );
}
