import type { AlertEvent, AlertPayload } from '#src/domain/alert.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';
import { newId } from './new-id.ts';

/** Alerts that tell of the incident itself: what reminds people of its postmortem is no part of what happened. */
export const OF_THE_INCIDENT = "event NOT IN ('postmortem.due', 'action.overdue')";

/** Of the alerts `a`: nothing earlier of the same incident and channel is still to be sent. */
export const IS_HEAD = `NOT EXISTS (SELECT 1 FROM alerts b WHERE b.incident_id IS a.incident_id
  AND b.channel_no = a.channel_no AND b.sequence < a.sequence AND b.state = 'pending')`;

/**
 * Row numbers of the channels with these keys, by key. One that is switched off is among them: what is queued for it cannot be
 * delivered, and that is reported on another channel, so that its incidents are not silent.
 */
export function readChannelNumbers(reader: Reader, keys: readonly string[]): Map<string, number> {
  const rows = reader
    .sql<{ key: string; no: number }>(
      'SELECT key, no FROM channels WHERE deleted_at IS NULL AND key IN (SELECT value FROM json_each(?)) ORDER BY no',
    )
    .all(JSON.stringify(keys));
  return new Map(rows.map(({ key, no }) => [key, no]));
}

/** Row numbers of all channels: what concerns everyone is told everywhere. */
export function readAllChannels(reader: Reader): number[] {
  return reader
    .sql<{ no: number }>('SELECT no FROM channels WHERE deleted_at IS NULL AND disabled_reason IS NULL ORDER BY no')
    .all()
    .map((row) => row.no);
}

/** An alert as it is queued. */
export interface NewAlert {
  /** Null: of no incident, and in no order with others. */
  incidentId: string | null;
  channelNo: number;
  event: AlertEvent;
  /** Null while more may join what it says: it is frozen when `nextAt` has come. */
  payload: AlertPayload | null;
  /** Why it is told. */
  reason?: string;
  /** Not sent before. */
  nextAt: EpochMs;
  /** The silence that keeps it back: it is a row, and not sent. */
  silenceId?: string;
}

/** Adds an alert as the next one of its incident and channel. */
export function enqueueAlert(tx: Tx, alert: NewAlert): string {
  const id = newId('msg');
  const { incidentId, channelNo } = alert;
  tx.sql(
    `INSERT INTO alerts (id, incident_id, sequence, channel_no, event, payload, reason, state, silence_id, attempts, next_at, created_at)
     SELECT ?, ?, coalesce(max(sequence), 0) + 1, ?, ?, ?, ?, ?, ?, 0, ?, ? FROM alerts WHERE incident_id = ? AND channel_no = ?`,
  ).run(
    id,
    incidentId,
    channelNo,
    alert.event,
    alert.payload && JSON.stringify(alert.payload),
    alert.reason ?? null,
    alert.silenceId ? 'silenced' : 'pending',
    alert.silenceId ?? null,
    alert.nextAt,
    tx.now,
    incidentId,
    channelNo,
  );
  tx.touch('alerts');
  return id;
}

/** An alert that went out past the outbox, while it could not be written. */
export function addDeliveredAlert(
  tx: Tx,
  alert: Pick<NewAlert, 'channelNo' | 'event'> & {
    id: string;
    incidentId: string;
    payload: string;
    deliveredAt: EpochMs;
  },
): void {
  const { id, incidentId, channelNo, event, payload, deliveredAt } = alert;
  tx.sql(
    `INSERT INTO alerts (id, incident_id, sequence, channel_no, event, payload, reason, state, attempts, next_at, created_at, delivered_at)
     VALUES (?, ?, 1, ?, ?, ?, 'emergency', 'delivered', 0, ?, ?, ?) ON CONFLICT DO NOTHING`,
  ).run(id, incidentId, channelNo, event, payload, deliveredAt, deliveredAt, deliveredAt);
}

/** What a channel was told of an incident, or will be. */
export interface ToldRow {
  id: string;
  channelNo: number;
  event: AlertEvent;
  state: 'pending' | 'delivered' | 'undeliverable' | 'silenced';
  /** Not frozen yet. */
  waits: boolean;
  createdAt: EpochMs;
  deliveredAt: EpochMs | null;
  nextAt: EpochMs;
}

type SqlRow = Omit<ToldRow, 'waits'> & { waits: number };
const TOLD = `id, channel_no AS channelNo, event, state, created_at AS createdAt, delivered_at AS deliveredAt, next_at AS nextAt,
  payload IS NULL AND state = 'pending' AS waits`;
const toTold = (row: SqlRow): ToldRow => ({ ...row, waits: row.waits === 1 });

/** By channel, in the order in which they are told. */
export function readToldRows(reader: Reader, incidentId: string): Map<number, ToldRow[]> {
  const rows = reader
    .sql<SqlRow>(`SELECT ${TOLD} FROM alerts WHERE incident_id = ? ORDER BY channel_no, sequence`)
    .all(incidentId)
    .map(toTold);
  return Map.groupBy(rows, ({ channelNo }) => channelNo);
}

/** Alerts that wait for more, whose time has come. */
export function readDueWaiting(reader: Reader, now: EpochMs): (ToldRow & { incidentId: string })[] {
  return reader
    .sql<SqlRow & { incidentId: string }>(
      `SELECT ${TOLD}, incident_id AS incidentId FROM alerts WHERE state = 'pending' AND next_at <= ? AND payload IS NULL
       ORDER BY next_at, rowid`,
    )
    .all(now)
    .map((row) => ({ ...toTold(row), incidentId: row.incidentId }));
}

/** When the next of those that wait for more is due. */
export function nextWaitingAt(reader: Reader): EpochMs | null {
  return (
    reader
      .sql<{ at: number | null }>("SELECT min(next_at) AS at FROM alerts WHERE state = 'pending' AND payload IS NULL")
      .get()?.at ?? null
  );
}

/** Nothing joins it any more; it may be sent. */
export function freezeAlert(tx: Tx, id: string, payload: AlertPayload): void {
  tx.sql('UPDATE alerts SET payload = ?, next_at = min(next_at, ?) WHERE id = ? AND payload IS NULL').run(
    JSON.stringify(payload),
    tx.now,
    id,
  );
  tx.touch('alerts');
}

/** An alert that is not frozen waits until another time. */
export function deferAlert(tx: Tx, id: string, until: EpochMs): void {
  tx.sql('UPDATE alerts SET next_at = ? WHERE id = ? AND payload IS NULL').run(until, id);
  tx.touch('alerts');
}

/** An alert that is not frozen was overtaken by what says more: it never was. */
export function dropAlert(tx: Tx, id: string): void {
  tx.sql("DELETE FROM alerts WHERE id = ? AND payload IS NULL AND state = 'pending'").run(id);
}

/** An alert that is not frozen is kept back. */
export function silenceAlert(tx: Tx, id: string, silenceId: string): void {
  tx.sql("UPDATE alerts SET state = 'silenced', silence_id = ? WHERE id = ? AND payload IS NULL").run(silenceId, id);
}

/** Row numbers of the channels that were told of an incident and were not deleted since. */
export function readToldChannels(reader: Reader, incidentId: string): number[] {
  return reader
    .sql<{ no: number }>(
      `SELECT no FROM channels WHERE deleted_at IS NULL
       AND no IN (SELECT channel_no FROM alerts WHERE incident_id = ? AND state <> 'silenced') ORDER BY no`,
    )
    .all(incidentId)
    .map((row) => row.no);
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

/** Open incidents of which somebody should have heard and nobody did, though it was tried for as long as `before`. */
export function readUnheard(reader: Reader, before: EpochMs): number[] {
  return reader
    .sql<{ number: number }>(
      `SELECT number FROM incidents i WHERE resolved_at IS NULL
       AND EXISTS (SELECT 1 FROM alerts WHERE incident_id = i.id
         AND (state = 'undeliverable' OR (state = 'pending' AND attempts > 0 AND created_at <= ?)))
       AND NOT EXISTS (SELECT 1 FROM alerts WHERE incident_id = i.id AND state = 'delivered') ORDER BY number`,
    )
    .all(before)
    .map(({ number }) => number);
}
