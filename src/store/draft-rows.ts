import type { CheckRow } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import { intervalMs } from '#src/domain/monitor.ts';
import { chartRange, plotting } from '#src/domain/postmortem/chart.ts';
import { observe, rangeToObserve } from '#src/domain/postmortem/observe.ts';
import type { DraftChange, DraftMonitor, DraftRows } from '#src/domain/postmortem/rows.ts';
import type { DowntimeWindow, NearMiss } from '#src/domain/window.ts';
import { readActionsOf } from './actions.ts';
import { readCertificateEnd } from './certificates.ts';
import { CHECK_COLUMNS, toCheckRow } from './checks.ts';
import type { Reader } from './database.ts';
import { readAlertsOfIncident, readEntries, readPeers } from './draft-history.ts';
import { readIncidentRecord } from './incidents.ts';
import { readLeadUp } from './lead-up.ts';
import { readLocationOutages, readLocations } from './locations.ts';
import { readConfigAt, readMonitorByNo } from './monitors.ts';
import { readPatternOf } from './patterns.ts';
import { readPolicyOf } from './policies.ts';
import { readRecurrence } from './recurrence.ts';
import { readWindowsOfIncident } from './windows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BASE_RATE_MS = 600_000;
const NAMED_NOT_AFFECTED = 20;

/** Every row that the draft of an incident is made of; null when there is no such incident. */
export function readDraftRows(reader: Reader, incidentId: string, now: EpochMs): DraftRows | null {
  const record = readIncidentRecord(reader, incidentId);
  if (!record) return null;
  const windows = readWindowsOfIncident(reader, record.id).map(({ window }) => window);
  const until = record.resolvedAt ?? now;
  const start = Math.min(
    ...(windows.length > 0 ? windows.map((window) => window.firstBad.startedAt) : [record.startedAt]),
  );
  const end = endOf(record, windows) ?? until;
  const plot = plotting(chartRange(start, until));
  const monitors = readAffected(reader, windows, start, until, plot);
  const numbers = JSON.stringify(monitors.map(({ no }) => no));
  const changes = readChanges(reader, start - DAY_MS, end);
  return {
    now,
    record,
    actions: readActionsOf(reader, record.id),
    policy: readPolicyOf(reader, record, now),
    monitors,
    series: monitors.length > 0 ? plot.series() : null,
    locations: readLocations(reader),
    notAffected: readNotAffected(reader, numbers, start, record.endedAt ?? until),
    confirmedByImport: confirmedByImport(reader, windows),
    alerts: readAlertsOfIncident(reader, record.id),
    humanChannels: countHumanChannels(reader, monitors),
    entries: readEntries(reader, record.id),
    changes,
    changeBase: readChangeBase(reader, changes, start),
    unobserved: readUnobserved(reader, numbers, start - HOUR_MS, end, until),
    lostPlaces: readLostPlaces(reader, monitors, start - HOUR_MS, end),
    nearMisses: readNearMissesBefore(reader, numbers, start - HOUR_MS, start),
    pattern: readPattern(reader, record),
    peers: readPeers(reader, record, numbers, start),
    recurrence: readRecurrence(reader, record.id),
  };
}

function readPattern(reader: Reader, record: IncidentRecord): DraftRows['pattern'] {
  const pattern = readPatternOf(reader, record.id);
  const monitor = pattern && readMonitorByNo(reader, pattern.monitorNo);
  if (!pattern || !monitor) return null;
  const { name } = readConfigAt(reader, monitor.no, record.startedAt) ?? monitor.config;
  return { monitorId: monitor.id, name, failure: pattern.failure, misses: pattern.misses };
}

function endOf(record: IncidentRecord, windows: DowntimeWindow[]): EpochMs | null {
  if (windows.length === 0) return record.endedAt;
  if (record.resolvedAt === null || windows.some((window) => !window.firstGood)) return null;
  return Math.max(...windows.map((window) => window.firstGood?.startedAt ?? 0));
}

function readAffected(
  reader: Reader,
  windows: DowntimeWindow[],
  start: EpochMs,
  until: EpochMs,
  plot: ReturnType<typeof plotting>,
): DraftMonitor[] {
  const byMonitor = new Map<number, DowntimeWindow[]>();
  for (const window of windows) byMonitor.set(window.monitorNo, [...(byMonitor.get(window.monitorNo) ?? []), window]);
  return [...byMonitor].flatMap(([no, own], i) => {
    const monitor = readMonitorByNo(reader, no);
    if (!monitor) return [];
    const config = readConfigAt(reader, no, own[0]?.firstBad.startedAt ?? start) ?? monitor.config;
    const parts = { windows: own, intervalMs: intervalMs(config), start, until };
    const [from, to] = rangeToObserve(parts);
    const checks = iterateBetween(reader, no, from, to);
    const seen = observe(parts, i === 0 ? plot.through(checks) : checks);
    const leadUp = own[0] ? readLeadUp(reader, own[0]) : null;
    const certificateEnd = own[0] ? readCertificateEnd(reader, no, own[0].firstBad.at) : null;
    return [{ no, id: monitor.id, config, windows: own, seen, leadUp, certificateEnd }];
  });
}

/** Monitors that were checked in the span and not affected; one that was deleted later still was. */
function readNotAffected(reader: Reader, affected: string, from: EpochMs, to: EpochMs): DraftRows['notAffected'] {
  const rows = reader
    .sql<{ no: number; id: string }>(
      `SELECT no, id FROM monitors WHERE (deleted_at IS NULL OR deleted_at > ?) AND no NOT IN (SELECT value FROM json_each(?))
         AND EXISTS (SELECT 1 FROM checks WHERE monitor_no = monitors.no AND at BETWEEN ? AND ? AND verdict <> 3)
       ORDER BY no`,
    )
    .all(to, affected, from, to);
  const configs = rows.map(({ no, id }) => ({ id, config: readConfigAt(reader, no, from) }));
  return {
    count: rows.length,
    first: configs.slice(0, NAMED_NOT_AFFECTED).map(({ id, config }) => ({ id, name: config?.name ?? '' })),
    services: configs.map(({ config }) => config?.service ?? null),
  };
}

const IMPORTED = 2;

function confirmedByImport(reader: Reader, windows: DowntimeWindow[]): boolean {
  const first = windows.toSorted((a, b) => a.confirmed.endedAt - b.confirmed.endedAt || a.monitorNo - b.monitorNo)[0];
  if (!first) return true;
  const { at, locationNo } = first.confirmed;
  const row = reader
    .sql<{ origin: number }>('SELECT origin FROM checks WHERE monitor_no = ? AND at = ? AND location_no = ?')
    .get(first.monitorNo, at, locationNo);
  return row === undefined || row.origin === IMPORTED;
}

function countHumanChannels(reader: Reader, monitors: DraftMonitor[]): number {
  const keys = JSON.stringify(monitors.flatMap(({ config }) => config.channels));
  const row = reader
    .sql<{ count: number }>(
      'SELECT count(DISTINCT key) AS count FROM channels WHERE human = 1 AND key IN (SELECT value FROM json_each(?))',
    )
    .get(keys);
  return row?.count ?? 0;
}

function readChanges(reader: Reader, from: EpochMs, to: EpochMs): DraftChange[] {
  return reader
    .sql<DraftChange>('SELECT id, at, kind, service, title FROM changes WHERE at BETWEEN ? AND ? ORDER BY at, id')
    .all(from, to);
}

/** For the kinds of changes just before the start: how often such a change was followed by a failure. */
function readChangeBase(reader: Reader, changes: DraftChange[], start: EpochMs): DraftRows['changeBase'] {
  const near = changes.filter(({ at }) => at <= start && start - at <= BASE_RATE_MS);
  return [...new Set(near.map(({ kind }) => kind))].sort().map((kind) => {
    const row = reader
      .sql<{ total: number; followed: number | null }>(
        `SELECT count(*) AS total, sum(EXISTS (
           SELECT 1 FROM windows WHERE started_at BETWEEN latest.at AND latest.at + ${BASE_RATE_MS})) AS followed
         FROM (SELECT at FROM changes WHERE kind = ? AND at < ? ORDER BY at DESC, id DESC LIMIT 40) AS latest`,
      )
      .get(kind, start - BASE_RATE_MS);
    return { kind, total: row?.total ?? 0, followed: row?.followed ?? 0 };
  });
}

function readLostPlaces(
  reader: Reader,
  monitors: readonly DraftMonitor[],
  from: EpochMs,
  to: EpochMs,
): DraftRows['lostPlaces'] {
  const outages = readLocationOutages(reader).filter((row) => row.from < to && (row.to === null || row.to > from));
  if (outages.length === 0) return [];
  const names = readLocations(reader);
  const own = new Set(monitors.flatMap(({ config }) => config.locations));
  return outages
    .map((row) => ({ name: names.get(row.locationNo) ?? '', from: row.from, to: row.to }))
    .filter(({ name }) => own.has(name));
}

function readUnobserved(
  reader: Reader,
  affected: string,
  from: EpochMs,
  to: EpochMs,
  until: EpochMs,
): DraftRows['unobserved'] {
  return reader
    .sql<{ no: number | null; from_at: number; to_at: number | null; reason: string }>(
      `SELECT monitor_no AS no, from_at, to_at, reason FROM unobserved
       WHERE (monitor_no IS NULL OR monitor_no IN (SELECT value FROM json_each(?))) AND from_at < ? AND coalesce(to_at, ?) > ?
       ORDER BY from_at, coalesce(to_at, ?), monitor_no, id`,
    )
    .all(affected, to, Math.max(until, to), from, Number.MAX_SAFE_INTEGER)
    .map((row) => ({ monitorNo: row.no, from: row.from_at, to: row.to_at, reason: row.reason }));
}

function readNearMissesBefore(reader: Reader, affected: string, from: EpochMs, to: EpochMs): DraftRows['nearMisses'] {
  return reader
    .sql<{ refs: string; status: number | null }>(
      `SELECT refs, (SELECT status FROM checks AS c WHERE c.monitor_no = n.monitor_no AND c.at = first_bad_at
         AND c.location_no = first_bad_location_no) AS status
       FROM near_misses AS n WHERE monitor_no IN (SELECT value FROM json_each(?))
       AND json_extract(refs, '$.firstBad.startedAt') >= ? AND json_extract(refs, '$.firstBad.startedAt') < ?
       ORDER BY json_extract(refs, '$.firstBad.startedAt'), monitor_no`,
    )
    .all(affected, from, to)
    .map(({ refs, status }) => ({ ...(JSON.parse(refs) as NearMiss), status }));
}

function* iterateBetween(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): Generator<CheckRow> {
  const rows = reader
    .sql<Parameters<typeof toCheckRow>[0]>(
      `SELECT ${CHECK_COLUMNS} FROM checks WHERE monitor_no = ? AND at BETWEEN ? AND ? ORDER BY at, location_no`,
    )
    .iterate(monitorNo, from, to);
  for (const row of rows) yield toCheckRow(row);
}
