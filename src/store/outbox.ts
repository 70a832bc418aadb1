import type { AlertEvent, AlertPayload } from '#src/domain/alert.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';
import { newId } from './new-id.ts';

/** Row numbers of the channels with these keys that still receive. */
export function readChannelNumbers(reader: Reader, keys: readonly string[]): number[] {
  return reader
    .sql<{ no: number }>('SELECT no FROM channels WHERE key IN (SELECT value FROM json_each(?)) ORDER BY no')
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
