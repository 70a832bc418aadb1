import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';

/** Location names by number, the form check rows use. */
export function readLocations(reader: Reader): Map<number, string> {
  const rows = reader.sql<{ no: number; name: string }>('SELECT no, name FROM locations').all();
  return new Map(rows.map((row) => [row.no, row.name]));
}

/** The number of a location; a name that is new gets one. */
export function locationNo(tx: Tx, name: string): number {
  const known = tx.sql<{ no: number }>('SELECT no FROM locations WHERE name = ?').get(name);
  return known?.no ?? Number(tx.sql('INSERT INTO locations (name) VALUES (?)').run(name).lastInsertRowid);
}

/** The number of a location that has been recorded from; 0 when it has not. */
export function placeOf(reader: Reader, name: string): number {
  return reader.sql<{ no: number }>('SELECT no FROM locations WHERE name = ?').get(name)?.no ?? 0;
}

export interface LocationOutage {
  locationNo: number;
  from: EpochMs;
  /** Null while it lasts. */
  to: EpochMs | null;
}

/** All of them, oldest first. There are few: a location is not lost often. */
export function readLocationOutages(reader: Reader): LocationOutage[] {
  return reader
    .sql<LocationOutage>(
      'SELECT location_no AS locationNo, from_at AS "from", to_at AS "to" FROM location_outages ORDER BY from_at, location_no',
    )
    .all();
}

/** The location has no worker from now on. */
export function openLocationOutage(tx: Tx, name: string): void {
  const no = locationNo(tx, name);
  const isOpen = tx.sql('SELECT 1 FROM location_outages WHERE location_no = ? AND to_at IS NULL').get(no) !== undefined;
  if (!isOpen) tx.sql('INSERT INTO location_outages (location_no, from_at) VALUES (?, ?)').run(no, tx.now);
}

/** It has one again, from now on. */
export function closeLocationOutage(tx: Tx, name: string): void {
  tx.sql(
    'UPDATE location_outages SET to_at = ? WHERE to_at IS NULL AND location_no = (SELECT no FROM locations WHERE name = ?)',
  ).run(tx.now, name);
}

/** Names of those that are lost now. */
export function readLostLocations(reader: Reader): string[] {
  return reader
    .sql<{ name: string }>(
      'SELECT name FROM location_outages JOIN locations ON no = location_no WHERE to_at IS NULL ORDER BY name',
    )
    .all()
    .map(({ name }) => name);
}

/** Monitors that name the same locations and need as many of them to agree. */
export interface LocationDemand {
  locations: string[];
  quorum: number;
  monitors: number;
}

/** Of all monitors that are not paused. Reads every configuration: for when monitors changed, not for each look. */
export function readLocationDemands(reader: Reader): LocationDemand[] {
  return reader
    .sql<{ locations: string; quorum: number; monitors: number }>(
      `SELECT json_extract(config, '$.locations') AS locations, max(1, coalesce(json_extract(config, '$.confirm.locations'), 1)) AS quorum,
         count(*) AS monitors
       FROM monitors WHERE deleted_at IS NULL AND NOT json_extract(config, '$.paused') GROUP BY 1, 2`,
    )
    .all()
    .map((row) => ({ ...row, locations: JSON.parse(row.locations) as string[] }));
}
