import { FAILURES } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import { symptomOf } from '#src/domain/postmortem/observe.ts';
import type { DraftAlert, DraftEntry, DraftRows, Peer } from '#src/domain/postmortem/rows.ts';
import type { DowntimeWindow } from '#src/domain/window.ts';
import type { Reader } from './database.ts';

const PEERS = 20;
const EARLIER_MS = 90 * 24 * 3_600_000;

/** Alerts of an incident with their attempts, in the order they were queued. */
export function readAlertsOfIncident(reader: Reader, incidentId: string): DraftAlert[] {
  const alerts = reader
    .sql<Omit<DraftAlert, 'human' | 'attempts'> & { human: number }>(
      `SELECT alerts.id, key AS channelKey, human, event, state, alerts.created_at AS createdAt,
         delivered_at AS deliveredAt, undeliverable_reason AS undeliverableReason
       FROM alerts JOIN channels ON channels.no = channel_no WHERE incident_id = ? ORDER BY alerts.created_at, key, sequence`,
    )
    .all(incidentId);
  const attempts = reader.sql<DraftAlert['attempts'][number]>(
    `SELECT attempt, ended_at AS endedAt, outcome, status_code AS statusCode, detail FROM alert_attempts
     WHERE alert_id = ? ORDER BY attempt`,
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
           WHERE incident_id = i.id AND human = 1) AS alertedAt,
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

interface EarlierRow {
  id: string;
  number: number;
  startedAt: number;
  monitorNo: number;
  failure: number | null;
  status: number | null;
}

/** Earlier outages of the affected monitors, and those of them that began with the same symptom at the same monitor. */
export function readEarlier(
  reader: Reader,
  incidentId: string,
  windows: DowntimeWindow[],
  monitorNos: string,
  start: EpochMs,
): DraftRows['earlier'] {
  const rows = reader
    .sql<EarlierRow>(
      `SELECT i.id, i.number, i.started_at AS startedAt, w.monitor_no AS monitorNo, c.failure, c.status
       FROM incidents AS i JOIN windows AS w ON w.incident_id = i.id
       LEFT JOIN checks AS c ON c.monitor_no = w.monitor_no AND c.at = w.first_bad_at AND c.location_no = w.first_bad_location_no
       WHERE i.kind = 'outage' AND i.id <> ? AND i.started_at >= ? AND i.started_at < ?
         AND w.monitor_no IN (SELECT value FROM json_each(?)) ORDER BY i.started_at DESC, i.id`,
    )
    .all(incidentId, start - EARLIER_MS, start, monitorNos);
  const here = new Set(windows.map((window) => signatureHere(reader, window)));
  const same = new Map<string, EarlierRow>();
  for (const row of rows) if (here.has(signature(row))) same.set(row.id, row);
  return {
    ids: [...new Set(rows.map((row) => row.id))],
    same: [...same.values()].map(({ id, number, startedAt }) => ({ id, number, startedAt })),
  };
}

function signature(row: Pick<EarlierRow, 'monitorNo' | 'failure' | 'status'>): string | null {
  const failure = row.failure === null ? undefined : FAILURES[row.failure];
  return failure ? `${row.monitorNo} ${symptomOf(failure, row.status)}` : null;
}

function signatureHere(reader: Reader, { monitorNo, firstBad }: DowntimeWindow): string | null {
  const row = reader
    .sql<{ failure: number | null; status: number | null }>(
      'SELECT failure, status FROM checks WHERE monitor_no = ? AND at = ? AND location_no = ?',
    )
    .get(monitorNo, firstBad.at, firstBad.locationNo);
  return row ? signature({ monitorNo, ...row }) : null;
}
