import type { EpochMs } from '#src/domain/clock.ts';
import type { Monitor, MonitorConfig } from '#src/domain/monitor.ts';
import type { Reader, Tx } from './database.ts';
import { newId } from './new-id.ts';

interface MonitorRow {
  no: number;
  id: string;
  config: string;
  created_at: number;
  updated_at: number;
}

const COLUMNS = 'no, id, config, created_at, updated_at';

function toMonitor(row: MonitorRow): Monitor {
  return {
    no: row.no,
    id: row.id,
    config: JSON.parse(row.config) as MonitorConfig,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** By `mon_` id or by key; null when there is none, or it was deleted. */
export function readMonitor(reader: Reader, idOrKey: string): Monitor | null {
  const row = reader
    .sql<MonitorRow>(`SELECT ${COLUMNS} FROM monitors WHERE deleted_at IS NULL AND (id = ? OR key = ?)`)
    .get(idOrKey, idOrKey);
  return row ? toMonitor(row) : null;
}

/** By row number, deleted ones too: incidents name monitors that are gone. */
export function readMonitorByNo(reader: Reader, no: number): Monitor | null {
  const row = reader.sql<MonitorRow>(`SELECT ${COLUMNS} FROM monitors WHERE no = ?`).get(no);
  return row ? toMonitor(row) : null;
}

/** Monitors read at once: what 50,000 of them need is never in memory together. */
const PAGE = 500;

/** All that are not deleted, oldest first, after a row number (exclusive). */
export function* iterateMonitors(reader: Reader, after = 0): Generator<Monitor> {
  const pages = reader.sql<MonitorRow>(
    `SELECT ${COLUMNS} FROM monitors WHERE deleted_at IS NULL AND no > ? ORDER BY no LIMIT ${PAGE}`,
  );
  for (let page = pages.all(after); page.length > 0; page = pages.all(page.at(-1)?.no)) yield* page.map(toMonitor);
}

/** All that are not deleted, oldest first. */
export function readMonitors(reader: Reader): Monitor[] {
  return [...iterateMonitors(reader)];
}

export interface MonitorChange {
  no: number;
  /** Null when it was deleted. */
  monitor: Monitor | null;
  changeSeq: number;
}

/** Monitors whose configuration changed after `sinceSeq`, in the order of their changes. */
export function* readMonitorChanges(reader: Reader, sinceSeq: number): Generator<MonitorChange> {
  const pages = reader.sql<MonitorRow & { change_seq: number; deleted_at: number | null }>(
    `SELECT ${COLUMNS}, change_seq, deleted_at FROM monitors WHERE change_seq > ? ORDER BY change_seq LIMIT ${PAGE}`,
  );
  for (let page = pages.all(sinceSeq); page.length > 0; page = pages.all(page.at(-1)?.change_seq))
    for (const row of page) {
      const monitor = row.deleted_at === null ? toMonitor(row) : null;
      yield { no: row.no, monitor, changeSeq: row.change_seq };
    }
}

/** All configurations a monitor has had, oldest first. */
export function readRevisions(reader: Reader, monitorNo: number): { fromAt: EpochMs; config: MonitorConfig }[] {
  return reader
    .sql<{ from_at: number; config: string }>(
      'SELECT from_at, config FROM monitor_revisions WHERE monitor_no = ? ORDER BY from_at',
    )
    .all(monitorNo)
    .map((row) => ({ fromAt: row.from_at, config: JSON.parse(row.config) as MonitorConfig }));
}

/** The configuration in force at a time; the first one for times before it. */
export function readConfigAt(reader: Reader, monitorNo: number, at: EpochMs): MonitorConfig | null {
  const revisions = readRevisions(reader, monitorNo).toSorted((a, b) => a.fromAt - b.fromAt);
  return (revisions.findLast(({ fromAt }) => fromAt <= at) ?? revisions[0])?.config ?? null;
}

/** `id` is made by the caller, because sealed values are bound to it. */
export function insertMonitor(tx: Tx, id: string, config: MonitorConfig): Monitor {
  const { no } = tx
    .sql<{ no: number }>(
      'INSERT INTO monitors (id, key, config, created_at, updated_at, change_seq) VALUES (?, ?, ?, ?, ?, ?) RETURNING no',
    )
    .get(id, config.key, JSON.stringify(config), tx.now, tx.now, tx.nextChange()) as { no: number };
  writeRevision(tx, no, config);
  tx.touch('monitors');
  if (config.paused) openPause(tx, no);
  return { no, id, config, createdAt: tx.now, updatedAt: tx.now };
}

export function updateMonitor(tx: Tx, before: Monitor, config: MonitorConfig): Monitor {
  tx.sql('UPDATE monitors SET key = ?, config = ?, updated_at = ?, change_seq = ? WHERE no = ?').run(
    config.key,
    JSON.stringify(config),
    tx.now,
    tx.nextChange(),
    before.no,
  );
  writeRevision(tx, before.no, config);
  tx.touch('monitors');
  if (config.paused && !before.config.paused) openPause(tx, before.no);
  if (!config.paused && before.config.paused) closePause(tx, before.no);
  return { ...before, config, updatedAt: tx.now };
}

/** Marks it deleted: the key is free, checking stops, its history and incidents stay. */
export function deleteMonitor(tx: Tx, monitor: Monitor): void {
  tx.sql('UPDATE monitors SET deleted_at = ?, updated_at = ?, change_seq = ? WHERE no = ?').run(
    tx.now,
    tx.now,
    tx.nextChange(),
    monitor.no,
  );
  tx.touch('monitors');
}

export function newMonitorId(): string {
  return newId('mon');
}

function writeRevision(tx: Tx, monitorNo: number, config: MonitorConfig): void {
  tx.sql(
    'INSERT INTO monitor_revisions (monitor_no, from_at, config) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET config = excluded.config',
  ).run(monitorNo, tx.now, JSON.stringify(config));
}

function openPause(tx: Tx, monitorNo: number): void {
  tx.sql("INSERT INTO unobserved (monitor_no, from_at, to_at, reason) VALUES (?, ?, NULL, 'paused')").run(
    monitorNo,
    tx.now,
  );
}

function closePause(tx: Tx, monitorNo: number): void {
  tx.sql("UPDATE unobserved SET to_at = ? WHERE monitor_no = ? AND to_at IS NULL AND reason = 'paused'").run(
    tx.now,
    monitorNo,
  );
}
