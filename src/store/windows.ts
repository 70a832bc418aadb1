import { FAILURES, VERDICTS } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import { REOPEN_MS } from '#src/domain/grouping.ts';
import type { CountedWindow } from '#src/domain/incident.ts';
import type { DowntimeWindow, NearMiss } from '#src/domain/window.ts';
import type { Reader, Tx } from './database.ts';
import { readLocationOutages, readLocations } from './locations.ts';

export interface StoredWindow {
  id: number;
  window: DowntimeWindow;
  incidentId: string | null;
}

interface WindowRow {
  id: number;
  refs: string;
  incident_id: string | null;
  abandoned_at: number | null;
}

const COLUMNS = 'id, refs, incident_id, abandoned_at';
const DOWN = VERDICTS.indexOf('down');
const UNKNOWN = VERDICTS.indexOf('unknown');

function toStored(row: WindowRow): StoredWindow {
  const window = JSON.parse(row.refs) as DowntimeWindow;
  return { id: row.id, window: { ...window, abandonedAt: row.abandoned_at }, incidentId: row.incident_id };
}

/** Writes a window under its identity (monitor, first bad check), new or not. */
export function putWindow(tx: Tx, window: DowntimeWindow): void {
  tx.sql(
    `INSERT INTO windows (monitor_no, first_bad_at, first_bad_location_no, started_at, ended_at, resolved_at, refs)
     VALUES (?,?,?,?,?,?,?) ON CONFLICT (monitor_no, first_bad_at, first_bad_location_no)
     DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at, resolved_at = coalesce(excluded.resolved_at, abandoned_at), refs = excluded.refs`,
  ).run(
    window.monitorNo,
    window.firstBad.at,
    window.firstBad.locationNo,
    window.firstBad.startedAt,
    window.firstGood?.startedAt ?? null,
    window.resolved?.endedAt ?? null,
    JSON.stringify(window),
  );
}

export function deleteWindow(tx: Tx, id: number): void {
  tx.sql('DELETE FROM windows WHERE id = ?').run(id);
}

export function assignWindow(tx: Tx, id: number, incidentId: string): void {
  tx.sql('UPDATE windows SET incident_id = ? WHERE id = ?').run(incidentId, id);
}

/** Stops following a window whose end will not be observed. */
export function abandonWindow(tx: Tx, id: number): void {
  tx.sql('UPDATE windows SET abandoned_at = ?, resolved_at = coalesce(resolved_at, ?) WHERE id = ?').run(
    tx.now,
    tx.now,
    id,
  );
}

export function readWindowsOfMonitor(reader: Reader, monitorNo: number): StoredWindow[] {
  return reader
    .sql<WindowRow>(`SELECT ${COLUMNS} FROM windows WHERE monitor_no = ? ORDER BY started_at, id`)
    .all(monitorNo)
    .map(toStored);
}

export function readWindowsOfIncident(reader: Reader, incidentId: string): StoredWindow[] {
  return reader
    .sql<WindowRow>(`SELECT ${COLUMNS} FROM windows WHERE incident_id = ? ORDER BY started_at, monitor_no`)
    .all(incidentId)
    .map(toStored);
}

/** Windows that reach into [from, to], open ones included. */
export function readWindowsBetween(reader: Reader, from: EpochMs, to: EpochMs): StoredWindow[] {
  return reader
    .sql<WindowRow>(
      `SELECT ${COLUMNS} FROM windows WHERE started_at <= ? AND (resolved_at IS NULL OR resolved_at >= ?) ORDER BY started_at, monitor_no`,
    )
    .all(to, from)
    .map(toStored);
}

/** Adds what the check rows from the first to the last bad one say, at the locations that saw the window. */
export function countWindow(reader: Reader, window: DowntimeWindow): CountedWindow {
  const rows = reader
    .sql<{ place: number; verdict: number; failure: number | null; count: number }>(
      `SELECT location_no AS place, verdict, failure, count(*) AS count FROM checks
       WHERE monitor_no = ? AND at BETWEEN ? AND ? AND verdict <> ${UNKNOWN} GROUP BY location_no, verdict, failure`,
    )
    .all(window.monitorNo, window.firstBad.at, window.lastBad.at);
  const counted: CountedWindow = {
    ...window,
    checks: 0,
    failed: 0,
    failures: {},
    seenFrom: seenFrom(reader, window, rows),
  };
  for (const { place, verdict, failure, count } of rows) {
    if (!window.locations.includes(place)) continue;
    counted.checks += count;
    if (verdict !== DOWN) continue;
    counted.failed += count;
    const name = failure === null ? undefined : FAILURES[failure];
    if (name) counted.failures[name] = (counted.failures[name] ?? 0) + count;
  }
  return counted;
}

function seenFrom(
  reader: Reader,
  window: DowntimeWindow,
  rows: readonly { place: number; verdict: number }[],
): CountedWindow['seenFrom'] {
  const names = readLocations(reader);
  const named = (numbers: Iterable<number>) => [...new Set(numbers)].flatMap((no) => names.get(no) ?? []).sort();
  const failed = new Set([
    ...window.locations,
    ...rows.filter(({ verdict }) => verdict === DOWN).map(({ place }) => place),
  ]);
  const until = window.firstGood?.startedAt ?? window.abandonedAt ?? Number.MAX_SAFE_INTEGER;
  const outages = readLocationOutages(reader).filter(
    ({ from, to }) => from <= until && (to ?? Number.MAX_SAFE_INTEGER) > window.firstBad.startedAt,
  );
  const own = outages.length === 0 ? [] : readOwnLocations(reader, window.monitorNo);
  return {
    failed: named(failed),
    passed: named(rows.map(({ place }) => place).filter((place) => !failed.has(place))),
    lost: named(outages.map(({ locationNo }) => locationNo)).filter((name) => own.includes(name)),
  };
}

function readOwnLocations(reader: Reader, monitorNo: number): string[] {
  return reader
    .sql<{ name: string }>("SELECT value AS name FROM monitors, json_each(config, '$.locations') WHERE no = ?")
    .all(monitorNo)
    .map(({ name }) => name);
}

export function putNearMiss(tx: Tx, miss: NearMiss): void {
  tx.sql(
    'INSERT INTO near_misses (monitor_no, first_bad_at, first_bad_location_no, failure, refs) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING',
  ).run(miss.monitorNo, miss.firstBad.at, miss.firstBad.locationNo, miss.failure, JSON.stringify(miss));
}

/** Forgets the near-misses that began with a check from `from` up to and with `to`; answers how many. */
export function deleteNearMisses(tx: Tx, monitorNo: number, from: EpochMs, to: EpochMs): number {
  return tx
    .sql('DELETE FROM near_misses WHERE monitor_no = ? AND first_bad_at BETWEEN ? AND ?')
    .run(monitorNo, from, to).changes;
}

/**
 * Those of a monitor that stand alone, in order: a failure within five minutes of an outage of the monitor, before its
 * start or after its end, is a part of that.
 */
export function readLoneNearMisses(reader: Reader, monitorNo: number): NearMiss[] {
  return reader
    .sql<{ refs: string }>(
      `SELECT refs FROM near_misses n WHERE monitor_no = ? AND NOT EXISTS (
         SELECT 1 FROM windows w WHERE w.monitor_no = n.monitor_no
         AND json_extract(n.refs, '$.firstBad.startedAt') BETWEEN w.started_at - ${REOPEN_MS} AND coalesce(w.resolved_at, 9e15) + ${REOPEN_MS})
       ORDER BY first_bad_at, first_bad_location_no`,
    )
    .all(monitorNo)
    .map((row) => JSON.parse(row.refs) as NearMiss);
}

/** Newest first; `before` is the `first_bad_at` of the last one of the previous page. */
export function readNearMisses(reader: Reader, before: EpochMs, limit: number): NearMiss[] {
  return reader
    .sql<{ refs: string }>(
      'SELECT refs FROM near_misses WHERE first_bad_at < ? ORDER BY first_bad_at DESC, monitor_no LIMIT ?',
    )
    .all(before, limit)
    .map((row) => JSON.parse(row.refs) as NearMiss);
}

/** The incident that a monitor's open window belongs to, or null. */
export function readOpenIncidentOf(reader: Reader, monitorNo: number): string | null {
  return (
    reader
      .sql<{ incident_id: string | null }>(
        'SELECT incident_id FROM windows WHERE monitor_no = ? AND resolved_at IS NULL ORDER BY started_at DESC LIMIT 1',
      )
      .get(monitorNo)?.incident_id ?? null
  );
}
