import { type EpochMs, toRfc3339 } from '#src/domain/clock.ts';
import { checkId } from '#src/domain/ids.ts';
import {
  assembleIncident,
  type CountedWindow,
  type FailedCheck,
  type Incident,
  type IncidentRecord,
  type MonitorName,
} from '#src/domain/incident.ts';
import { LOOK_BACK_MS } from '#src/domain/recurrence.ts';
import { readCheck, readEvidence } from './checks.ts';
import type { Reader, Tx } from './database.ts';
import { OF_THE_INCIDENT } from './outbox.ts';
import { countWindow, readWindowsOfIncident } from './windows.ts';

interface IncidentRow {
  id: string;
  number: number;
  kind: string;
  title: string;
  severity: string;
  service: string | null;
  started_at: number;
  ended_at: number | null;
  detected_at: number;
  resolved_at: number | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  resolved_reason: string | null;
  recorded_at: number;
  change_seq: number;
}

function toRecord(row: IncidentRow): IncidentRecord {
  return {
    id: row.id,
    number: row.number,
    kind: row.kind as IncidentRecord['kind'],
    title: row.title,
    severity: row.severity as IncidentRecord['severity'],
    service: row.service,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    detectedAt: row.detected_at,
    resolvedAt: row.resolved_at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    resolvedReason: row.resolved_reason,
    recordedAt: row.recorded_at,
  };
}

/** By `inc_` id or by number. */
export function readIncidentRecord(reader: Reader, idOrNumber: string): IncidentRecord | null {
  const number = /^[1-9]\d{0,9}$/.test(idOrNumber) ? Number(idOrNumber) : -1;
  const row = reader.sql<IncidentRow>('SELECT * FROM incidents WHERE id = ? OR number = ?').get(idOrNumber, number);
  return row ? toRecord(row) : null;
}

/** The incident with all that its rows say. `now` is where an open one ends for the moment. */
export function readIncident(reader: Reader, idOrNumber: string, now: EpochMs): Incident | null {
  const record = readIncidentRecord(reader, idOrNumber);
  return record ? assemble(reader, record, now) : null;
}

export interface IncidentQuery {
  status: 'open' | 'acknowledged' | 'resolved' | null;
  service: string | null;
  /** Incidents with a smaller number than this. */
  before: number | null;
  limit: number;
}

const STATUS_CONDITION = {
  open: 'resolved_at IS NULL AND acknowledged_at IS NULL',
  acknowledged: 'resolved_at IS NULL AND acknowledged_at IS NOT NULL',
  resolved: 'resolved_at IS NOT NULL',
};

/** Newest number first. */
export function readIncidents(reader: Reader, query: IncidentQuery, now: EpochMs): Incident[] {
  const status = query.status === null ? '1' : STATUS_CONDITION[query.status];
  return reader
    .sql<IncidentRow>(
      `SELECT * FROM incidents WHERE ${status} AND (? IS NULL OR service = ?) AND number < ? ORDER BY number DESC LIMIT ?`,
    )
    .all(query.service, query.service, query.before ?? Number.MAX_SAFE_INTEGER, query.limit)
    .map((row) => assemble(reader, toRecord(row), now));
}

/** Adds what the incident's windows and deliveries say to a record. */
export function assemble(reader: Reader, record: IncidentRecord, now: EpochMs): Incident {
  const windows = readWindowsOfIncident(reader, record.id).map(({ window }) => countWindow(reader, window));
  const numbers = [...new Set(windows.map((window) => window.monitorNo))];
  const from = Math.min(record.startedAt, ...windows.map((window) => window.firstBad.startedAt));
  const monitors = new Map(readMonitorNames(reader, numbers).map((name) => [name.no, name]));
  return assembleIncident({
    record,
    windows,
    monitors,
    notAffected: readCheckedMonitors(reader, from, record.endedAt ?? now).filter(({ no }) => !numbers.includes(no)),
    alertedAt: readFirstDelivery(reader, record.id),
    lastFailure: readLastFailure(reader, windows, monitors),
    now,
  });
}

/** The latest failing check of the windows, with what is kept of it. */
function readLastFailure(
  reader: Reader,
  windows: readonly CountedWindow[],
  monitors: ReadonlyMap<number, MonitorName>,
): FailedCheck | null {
  const [last] = [...windows].sort((a, b) => b.lastBad.startedAt - a.lastBad.startedAt || a.monitorNo - b.monitorNo);
  const monitor = last && monitors.get(last.monitorNo);
  if (!monitor) return null;
  const key = { monitorNo: last.monitorNo, at: last.lastBad.at, locationNo: last.lastBad.locationNo };
  const check = readCheck(reader, key);
  if (!check?.failure) return null;
  const place = reader.sql<{ name: string }>('SELECT name FROM locations WHERE no = ?').get(key.locationNo);
  return {
    checkId: checkId(key),
    monitor: { id: monitor.id, key: monitor.key, name: monitor.name },
    at: toRfc3339(check.startedAt),
    location: place?.name ?? '',
    failure: check.failure,
    status: check.status,
    detail: readEvidence(reader, key)?.detail ?? null,
    latencyMs: check.latencyMs,
  };
}

interface NameRow {
  no: number;
  id: string;
  key: string;
  config: string;
}

const toName = (row: NameRow): MonitorName => ({
  no: row.no,
  id: row.id,
  key: row.key,
  name: (JSON.parse(row.config) as { name: string }).name,
});

function readMonitorNames(reader: Reader, numbers: number[]): MonitorName[] {
  return reader
    .sql<NameRow>('SELECT no, id, key, config FROM monitors WHERE no IN (SELECT value FROM json_each(?))')
    .all(JSON.stringify(numbers))
    .map(toName);
}

/** Monitors with a check that counted in [from, to]. */
function readCheckedMonitors(reader: Reader, from: EpochMs, to: EpochMs): MonitorName[] {
  return reader
    .sql<NameRow>(
      `SELECT no, id, key, config FROM monitors WHERE deleted_at IS NULL AND EXISTS (
         SELECT 1 FROM checks WHERE monitor_no = monitors.no AND at BETWEEN ? AND ? AND verdict <> 3) ORDER BY no`,
    )
    .all(from, to)
    .map(toName);
}

/** When the first alert reached a person: accepted by a channel that is not a machine's. */
function readFirstDelivery(reader: Reader, incidentId: string): EpochMs | null {
  const row = reader
    .sql<{ at: number | null }>(
      `SELECT min(delivered_at) AS at FROM alerts JOIN channels ON channels.no = alerts.channel_no
       WHERE incident_id = ? AND human = 1 AND ${OF_THE_INCIDENT}`,
    )
    .get(incidentId);
  return row?.at ?? null;
}

/** Writes the whole record and moves its change number, so that its draft is drawn again. */
export function putIncident(tx: Tx, record: IncidentRecord): void {
  tx.sql(
    `INSERT INTO incidents (id, number, kind, title, severity, service, started_at, ended_at, detected_at, resolved_at,
       acknowledged_at, acknowledged_by, resolved_reason, recorded_at, change_seq) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
     ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, title = excluded.title, severity = excluded.severity,
       service = excluded.service, started_at = excluded.started_at, ended_at = excluded.ended_at,
       detected_at = excluded.detected_at, resolved_at = excluded.resolved_at, acknowledged_at = excluded.acknowledged_at,
       acknowledged_by = excluded.acknowledged_by, resolved_reason = excluded.resolved_reason, change_seq = excluded.change_seq`,
  ).run(
    record.id,
    record.number,
    record.kind,
    record.title,
    record.severity,
    record.service,
    record.startedAt,
    record.endedAt,
    record.detectedAt,
    record.resolvedAt,
    record.acknowledgedAt,
    record.acknowledgedBy,
    record.resolvedReason,
    record.recordedAt,
    tx.nextChange(),
  );
  tx.touch('incidents');
}

const DRAFT_LOOKS_BACK_MS = LOOK_BACK_MS + 86_400_000;
const AROUND_MS = 3_600_000;

/**
 * Something was written about a stretch of the past: drafts that look at it are drawn anew. Those are of incidents in it
 * (what was watched and not affected shows in all of them), and of later ones of the same monitor or service, which look a
 * year back for what failed like them.
 */
export function touchIncidentsAround(tx: Tx, monitorNo: number, from: EpochMs, to: EpochMs): void {
  const { changes } = tx
    .sql(
      `UPDATE incidents SET change_seq = ? WHERE (started_at - ? <= ? AND coalesce(resolved_at, 9e15) + ? >= ?)
       OR (started_at BETWEEN ? AND ? AND (id IN (SELECT incident_id FROM windows WHERE monitor_no = ?)
         OR service IN (SELECT service FROM incidents JOIN windows ON incident_id = incidents.id WHERE monitor_no = ?)))`,
    )
    .run(tx.nextChange(), AROUND_MS, to, AROUND_MS, from, from, to + DRAFT_LOOKS_BACK_MS, monitorNo, monitorNo);
  if (changes > 0) tx.touch('incidents');
}

/**
 * Something that the incident's draft shows has changed: an alert was delivered, a note was added. Drafts of later
 * incidents of its service or monitors show it too: as a median, a cause reported before, an item that is still open.
 */
export function touchIncident(tx: Tx, incidentId: string): void {
  tx.sql('UPDATE incidents SET change_seq = ? WHERE id = ?').run(tx.nextChange(), incidentId);
  touchLater(tx, incidentId);
  tx.touch('incidents');
}

/** Later incidents of the service or the monitors of this one are drawn anew: they tell what became of it. */
export function touchLater(tx: Tx, incidentId: string): void {
  const { changes } = tx
    .sql(
      `UPDATE incidents SET change_seq = ? WHERE id IN (
         SELECT later.id FROM incidents AS own JOIN incidents AS later
           ON later.started_at > own.started_at AND later.started_at <= own.started_at + ?
         WHERE own.id = ? AND (later.service = own.service OR EXISTS (
           SELECT 1 FROM windows AS a JOIN windows AS b ON a.monitor_no = b.monitor_no
           WHERE a.incident_id = own.id AND b.incident_id = later.id)))`,
    )
    .run(tx.nextChange(), LOOK_BACK_MS, incidentId);
  if (changes > 0) tx.touch('incidents');
}

export function nextIncidentNumber(reader: Reader): number {
  return (reader.sql<{ max: number | null }>('SELECT max(number) AS max FROM incidents').get()?.max ?? 0) + 1;
}

/** Was anybody told of it, or did anybody write to it? */
export function hasFollowers(reader: Reader, incidentId: string): boolean {
  return (
    reader
      .sql(
        `SELECT 1 FROM alerts WHERE incident_id = ? UNION ALL SELECT 1 FROM timeline_entries WHERE incident_id = ?
         UNION ALL SELECT 1 FROM postmortem_edits WHERE incident_id = ?
         UNION ALL SELECT 1 FROM postmortem_steps WHERE incident_id = ? LIMIT 1`,
      )
      .get(incidentId, incidentId, incidentId, incidentId) !== undefined
  );
}

/** Removes an incident that no window supports any more and that nobody was told of or wrote to. */
export function deleteIncident(tx: Tx, incidentId: string): void {
  tx.sql('DELETE FROM postmortem_reminders WHERE incident_id = ?').run(incidentId);
  tx.sql('DELETE FROM postmortems WHERE incident_id = ?').run(incidentId);
  tx.sql('DELETE FROM patterns WHERE incident_id = ?').run(incidentId);
  tx.sql('DELETE FROM incidents WHERE id = ?').run(incidentId);
  tx.touch('incidents');
}

const YEAR_MS = 365 * 86_400_000;
const FOLLOWING = 50;

/** Drafts of later incidents of its service or its monitors tell what became of this one: they are drawn anew. */
export function touchFollowing(tx: Tx, incidentId: string): void {
  const later = tx
    .sql<{ id: string }>(
      `SELECT i.id FROM incidents AS i JOIN incidents AS own ON own.id = ?
       WHERE i.kind = 'outage' AND i.started_at > own.started_at AND i.started_at < own.started_at + ${YEAR_MS}
         AND (i.service = own.service OR EXISTS (SELECT 1 FROM windows WHERE incident_id = i.id AND monitor_no IN (
           SELECT monitor_no FROM windows WHERE incident_id = own.id)))
       ORDER BY i.started_at LIMIT ${FOLLOWING}`,
    )
    .all(incidentId);
  for (const { id } of later) touchIncident(tx, id);
}
