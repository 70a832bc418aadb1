import type { EpochMs } from '#src/domain/clock.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import type { DraftAlert, DraftEntry, Peer } from '#src/domain/postmortem/rows.ts';
import type { Reader } from './database.ts';
import { OF_THE_INCIDENT } from './outbox.ts';

const PEERS = 20;

/** Alerts of an incident with their attempts, in the order they were queued. */
export function readAlertsOfIncident(reader: Reader, incidentId: string): DraftAlert[] {
  const alerts = reader
    .sql<Omit<DraftAlert, 'human' | 'attempts'> & { human: number }>(
      `SELECT alerts.id, key AS channelKey, human, event, state, alerts.created_at AS createdAt,
         delivered_at AS deliveredAt, undeliverable_reason AS undeliverableReason
       FROM alerts JOIN channels ON channels.no = channel_no
       WHERE incident_id = ? AND ${OF_THE_INCIDENT} AND state <> 'silenced' ORDER BY alerts.created_at, key, sequence`,
    )
    .all(incidentId);
  const attempts = reader.sql<DraftAlert['attempts'][number]>(
    `SELECT attempt, ended_at AS endedAt, outcome, status_code AS statusCode, detail FROM alert_attempts
     WHERE alert_id = ? AND outcome IS NOT NULL ORDER BY attempt`,
  );
  return alerts.map((alert) => ({ ...alert, human: alert.human === 1, attempts: attempts.all(alert.id) }));
}

export function readEntries(reader: Reader, incidentId: string): DraftEntry[] {
  return reader
    .sql<DraftEntry>(
      `SELECT id, at, recorded_at AS recordedAt, kind, source, text FROM timeline_entries WHERE incident_id = ?
       ORDER BY at, recorded_at, id`,
    )
    .all(incidentId);
}

/** Earlier resolved outages of the same service, or of the same monitors where there is no service; newest first. */
export function readPeers(reader: Reader, record: IncidentRecord, monitorNos: string, start: EpochMs): Peer[] {
  const moment = (kind: string) =>
    `(SELECT min(at) FROM timeline_entries WHERE incident_id = i.id AND kind = '${kind}' AND at >= i.started_at)`;
  return reader
    .sql<Peer>(
      `SELECT id, started_at AS startedAt, ended_at AS endedAt, detected_at AS detectedAt, acknowledged_at AS acknowledgedAt,
         (SELECT min(delivered_at) FROM alerts JOIN channels ON channels.no = channel_no
           WHERE incident_id = i.id AND human = 1 AND ${OF_THE_INCIDENT}) AS alertedAt,
         ${moment('cause_identified')} AS causeAt, ${moment('fix_applied')} AS fixAt,
         ${moment('status_update')} AS statusUpdateAt
       FROM incidents AS i
       WHERE kind = 'outage' AND resolved_at IS NOT NULL AND started_at < ? AND id <> ?
         AND CASE WHEN ? IS NOT NULL THEN service = ? ELSE EXISTS (
           SELECT 1 FROM windows WHERE incident_id = i.id AND monitor_no IN (SELECT value FROM json_each(?))) END
       ORDER BY started_at DESC, id LIMIT ${PEERS}`,
    )
    .all(start, record.id, record.service, record.service, monitorNos);
}
