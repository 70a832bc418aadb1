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
