import type { Reader, Tx } from './database.ts';

export function readMeta(reader: Reader, name: string): string | null {
  return reader.sql<{ value: string }>('SELECT value FROM meta WHERE name = ?').get(name)?.value ?? null;
}

/** @returns the value. */
export function writeMeta(tx: Tx, name: string, value: string): string {
  tx.sql('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value').run(
    name,
    value,
  );
  return value;
}
