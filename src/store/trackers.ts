import type { Sealed } from '#src/domain/monitor.ts';
import type { Tracker, TrackerType } from '#src/domain/tracker.ts';
import type { Reader, Tx } from './database.ts';

interface Row {
  no: number;
  id: string;
  key: string;
  type: TrackerType;
  settings: string;
  secret: string | null;
  created_at: number;
  updated_at: number;
}

const toTracker = (row: Row): Tracker => ({
  no: row.no,
  id: row.id,
  key: row.key,
  type: row.type,
  settings: JSON.parse(row.settings) as Tracker['settings'],
  secret: row.secret === null ? null : (JSON.parse(row.secret) as Sealed),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** All, oldest first. */
export function readTrackers(reader: Reader): Tracker[] {
  return reader.sql<Row>('SELECT * FROM trackers ORDER BY no').all().map(toTracker);
}

export function readTracker(reader: Reader, idOrKey: string): Tracker | null {
  const row = reader.sql<Row>('SELECT * FROM trackers WHERE id = ? OR key = ?').get(idOrKey, idOrKey);
  return row ? toTracker(row) : null;
}

/** Creates it, or replaces the one with its id. */
export function putTracker(tx: Tx, tracker: Omit<Tracker, 'no' | 'createdAt' | 'updatedAt'>): Tracker {
  const { id, key, type, settings, secret } = tracker;
  tx.sql(
    `INSERT INTO trackers (id, key, type, settings, secret, created_at, updated_at) VALUES (?,?,?,?,?,?,?)
     ON CONFLICT (id) DO UPDATE SET key = excluded.key, settings = excluded.settings, secret = excluded.secret, updated_at = excluded.updated_at`,
  ).run(id, key, type, JSON.stringify(settings), secret && JSON.stringify(secret), tx.now, tx.now);
  tx.touch('actions');
  return readTracker(tx, id) as Tracker;
}

export function deleteTracker(tx: Tx, { no }: Tracker): void {
  tx.sql('DELETE FROM trackers WHERE no = ?').run(no);
}

/** How many actions live in it. */
export function countInTracker(reader: Reader, key: string): number {
  return (
    reader.sql<{ count: number }>('SELECT count(*) AS count FROM actions WHERE tracker_key = ?').get(key)?.count ?? 0
  );
}
