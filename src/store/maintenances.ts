import type { EpochMs } from '#src/domain/clock.ts';
import { isMaintained, type Maintenance, occurrences } from '#src/domain/maintenance.ts';
import type { Monitor } from '#src/domain/monitor.ts';
import type { Span } from '#src/domain/uptime.ts';
import type { Reader, Tx } from './database.ts';

interface Row {
  definition: string;
  deleted_at: number | null;
}

export interface StoredMaintenance extends Maintenance {
  /** When a person ended it. */
  endedAt: EpochMs | null;
}

const toStored = (row: Row): StoredMaintenance => ({
  ...(JSON.parse(row.definition) as Maintenance),
  endedAt: row.deleted_at,
});

/** Newest first, those that were ended too; `before` is the id of the last one of the page before. */
export function readMaintenances(reader: Reader, before: string | null, limit: number): StoredMaintenance[] {
  return reader
    .sql<Row>('SELECT definition, deleted_at FROM maintenances WHERE id < ? ORDER BY id DESC LIMIT ?')
    .all(before ?? '~', limit)
    .map(toStored);
}

export function readMaintenance(reader: Reader, id: string): StoredMaintenance | null {
  const row = reader.sql<Row>('SELECT definition, deleted_at FROM maintenances WHERE id = ?').get(id);
  return row ? toStored(row) : null;
}

export function insertMaintenance(tx: Tx, maintenance: Maintenance): void {
  tx.sql('INSERT INTO maintenances (id, definition, created_at) VALUES (?,?,?)').run(
    maintenance.id,
    JSON.stringify(maintenance),
    maintenance.createdAt,
  );
  tx.touch('monitors');
}

/** Ends it: the window that is running ends now, no other begins; what was stays as it was. */
export function endMaintenance(tx: Tx, id: string): void {
  tx.sql('UPDATE maintenances SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL').run(tx.now, id);
  tx.touch('monitors');
}

function readStanding(reader: Reader): Maintenance[] {
  return reader
    .sql<Row>('SELECT definition, deleted_at FROM maintenances WHERE deleted_at IS NULL')
    .all()
    .map(toStored);
}

/** Writes the windows of a maintenance that began before now, for monitors that it is of; answers with those. */
export function writePastWindows(tx: Tx, maintenance: Maintenance, monitors: readonly Monitor[]): Map<number, Span[]> {
  const spans = occurrences(maintenance, maintenance.startsAt, tx.now).filter(([from]) => from <= tx.now);
  const written = new Map<number, Span[]>();
  if (spans.length === 0) return written;
  for (const { no, config } of monitors) {
    if (!isMaintained(maintenance, config)) continue;
    for (const span of spans) writeWindow(tx, maintenance.id, no, span);
    written.set(no, spans);
  }
  return written;
}

/**
 * Writes the windows from now up to `until` anew, for the monitors and maintenances there are now. What has begun keeps
 * its start, and ends now where it should not be any more.
 */
export function planWindows(tx: Tx, monitors: readonly Monitor[], until: EpochMs): void {
  const standing = readStanding(tx);
  tx.sql("DELETE FROM unobserved WHERE reason = 'maintenance' AND maintenance_id IS NOT NULL AND from_at > ?").run(
    tx.now,
  );
  const running = new Set(
    tx
      .sql<{ name: string }>(
        "SELECT maintenance_id || '/' || monitor_no AS name FROM unobserved WHERE reason = 'maintenance' AND to_at > ?",
      )
      .all(tx.now)
      .map(({ name }) => name),
  );
  for (const maintenance of standing) {
    const spans = occurrences(maintenance, tx.now, until);
    if (spans.length === 0) continue;
    for (const { no, config } of monitors) {
      if (!isMaintained(maintenance, config)) continue;
      for (const [from, to] of spans) {
        const isRunning = from <= tx.now;
        if (isRunning && running.delete(`${maintenance.id}/${no}`)) continue;
        writeWindow(tx, maintenance.id, no, [isRunning ? tx.now : from, to]);
      }
    }
  }
  for (const name of running) {
    const [maintenanceId, monitorNo] = name.split('/');
    tx.sql('UPDATE unobserved SET to_at = ? WHERE maintenance_id = ? AND monitor_no = ? AND to_at > ?').run(
      tx.now,
      maintenanceId,
      Number(monitorNo),
      tx.now,
    );
  }
}

function writeWindow(tx: Tx, maintenanceId: string, monitorNo: number, [from, to]: Span): void {
  tx.sql(
    "INSERT INTO unobserved (monitor_no, from_at, to_at, reason, maintenance_id) VALUES (?,?,?,'maintenance',?)",
  ).run(monitorNo, from, to, maintenanceId);
}

/** The windows of a monitor, past, running and planned, in order. */
export function readMaintenanceSpans(reader: Reader, monitorNo: number): Span[] {
  return reader
    .sql<{ from_at: number; to_at: number }>(
      "SELECT from_at, to_at FROM unobserved WHERE monitor_no = ? AND reason = 'maintenance' ORDER BY from_at",
    )
    .all(monitorNo)
    .map(({ from_at, to_at }): Span => [from_at, to_at]);
}

/** Since when a monitor is in maintenance; null when it is not. */
export function readRunningMaintenance(reader: Reader, monitorNo: number, now: EpochMs): EpochMs | null {
  return (
    reader
      .sql<{ from_at: number | null }>(
        "SELECT min(from_at) AS from_at FROM unobserved WHERE monitor_no = ? AND reason = 'maintenance' AND from_at <= ? AND to_at > ?",
      )
      .get(monitorNo, now, now)?.from_at ?? null
  );
}
