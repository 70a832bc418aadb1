import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader } from './database.ts';

export const ALERT_STATES = ['pending', 'delivered', 'undeliverable', 'silenced'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** One attempt to hand an alert over. Without an outcome it is under way. */
export interface ListedAttempt {
  attempt: number;
  startedAt: EpochMs;
  endedAt: EpochMs | null;
  outcome: 'sent' | 'retry' | 'rejected' | 'gone' | 'cut-off' | null;
  statusCode: number | null;
  detail: string | null;
}

/** An alert as a row of the outbox, with what came of it. */
export interface ListedAlert {
  /** Its place in the order in which alerts were queued. */
  place: number;
  id: string;
  incidentId: string | null;
  incidentNumber: number | null;
  channelKey: string;
  event: string;
  state: AlertState;
  reason: string | null;
  silenceId: string | null;
  payload: string | null;
  nextAt: EpochMs;
  createdAt: EpochMs;
  deliveredAt: EpochMs | null;
  undeliverableReason: string | null;
  attempts: ListedAttempt[];
}

export interface AlertQuery {
  state: AlertState | null;
  incidentId: string | null;
  channelNo: number | null;
  /** Alerts before this place. */
  before: number | null;
  limit: number;
}

/** Newest first. */
export function readAlerts(reader: Reader, { state, incidentId, channelNo, before, limit }: AlertQuery): ListedAlert[] {
  const attempts = reader.sql<ListedAttempt>(
    `SELECT attempt, started_at AS startedAt, ended_at AS endedAt, outcome, status_code AS statusCode, detail
     FROM alert_attempts WHERE alert_id = ? ORDER BY attempt`,
  );
  return reader
    .sql<Omit<ListedAlert, 'attempts'>>(
      `SELECT a.rowid AS place, a.id, incident_id AS incidentId, number AS incidentNumber, channels.key AS channelKey, event, state, reason,
         silence_id AS silenceId, payload, next_at AS nextAt, a.created_at AS createdAt, delivered_at AS deliveredAt,
         undeliverable_reason AS undeliverableReason
       FROM alerts a JOIN channels ON channels.no = channel_no LEFT JOIN incidents ON incidents.id = incident_id
       WHERE (? IS NULL OR state = ?) AND (? IS NULL OR incident_id = ?) AND (? IS NULL OR channel_no = ?)
         AND a.rowid < ? ORDER BY a.rowid DESC LIMIT ?`,
    )
    .all(state, state, incidentId, incidentId, channelNo, channelNo, before ?? Number.MAX_SAFE_INTEGER, limit)
    .map((alert) => ({ ...alert, attempts: attempts.all(alert.id) }));
}
