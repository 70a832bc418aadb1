import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';
import { newId } from './new-id.ts';

export const ENTRY_KINDS = ['diagnostic', 'cause_identified', 'fix_applied', 'note', 'status_update'] as const;
export const CHANGE_KINDS = ['deploy', 'config', 'flag', 'infrastructure', 'other'] as const;

/** What a person or an integration said. */
export interface StoredEntry {
  id: string;
  at: EpochMs;
  recordedAt: EpochMs;
  kind: (typeof ENTRY_KINDS)[number] | 'acknowledged' | 'resolved';
  source: 'person' | 'integration';
  by: string | null;
  text: string;
}

interface EntryRow {
  id: string;
  at: number;
  recorded_at: number;
  kind: string;
  source: string;
  by: string | null;
  text: string;
}

export function addEntry(
  tx: Tx,
  incidentId: string,
  entry: Pick<StoredEntry, 'at' | 'kind' | 'by' | 'text'> & { source?: StoredEntry['source'] },
): StoredEntry {
  const stored: StoredEntry = { id: newId('evt'), recordedAt: tx.now, source: 'person', ...entry };
  tx.sql(
    'INSERT INTO timeline_entries (id, incident_id, at, recorded_at, kind, source, by, text) VALUES (?,?,?,?,?,?,?,?)',
  ).run(stored.id, incidentId, stored.at, stored.recordedAt, stored.kind, stored.source, stored.by, stored.text);
  return stored;
}

export function readEntries(reader: Reader, incidentId: string): StoredEntry[] {
  return reader
    .sql<EntryRow>('SELECT * FROM timeline_entries WHERE incident_id = ? ORDER BY at, id')
    .all(incidentId)
    .map((row) => ({
      id: row.id,
      at: row.at,
      recordedAt: row.recorded_at,
      kind: row.kind as StoredEntry['kind'],
      source: row.source as StoredEntry['source'],
      by: row.by,
      text: row.text,
    }));
}

export interface StoredChange {
  id: string;
  at: EpochMs;
  recordedAt: EpochMs;
  kind: (typeof CHANGE_KINDS)[number];
  service: string | null;
  title: string;
  url: string | null;
  externalId: string | null;
}

interface ChangeRow {
  id: string;
  at: number;
  recorded_at: number;
  kind: string;
  service: string | null;
  title: string;
  url: string | null;
  external_id: string | null;
}

const toChange = (row: ChangeRow): StoredChange => ({
  id: row.id,
  at: row.at,
  recordedAt: row.recorded_at,
  kind: row.kind as StoredChange['kind'],
  service: row.service,
  title: row.title,
  url: row.url,
  externalId: row.external_id,
});

const LOOKBACK_MS = 24 * 3_600_000;

/** Records a change once per external id, and has the drafts that would show it drawn again. */
export function addChange(
  tx: Tx,
  change: Omit<StoredChange, 'id' | 'recordedAt'>,
): { change: StoredChange; isNew: boolean } {
  const known =
    change.externalId === null
      ? undefined
      : tx.sql<ChangeRow>('SELECT * FROM changes WHERE external_id = ?').get(change.externalId);
  if (known) return { change: toChange(known), isNew: false };
  const stored: StoredChange = { id: newId('chg'), recordedAt: tx.now, ...change };
  tx.sql(
    'INSERT INTO changes (id, at, recorded_at, kind, service, title, url, external_id) VALUES (?,?,?,?,?,?,?,?)',
  ).run(
    stored.id,
    stored.at,
    stored.recordedAt,
    stored.kind,
    stored.service,
    stored.title,
    stored.url,
    stored.externalId,
  );
  tx.sql('UPDATE incidents SET change_seq = ? WHERE started_at <= ? AND (resolved_at IS NULL OR resolved_at >= ?)').run(
    tx.nextChange(),
    stored.at + LOOKBACK_MS,
    stored.at,
  );
  tx.touch('incidents');
  return { change: stored, isNew: true };
}

/** Newest first, before a position. */
export function readChanges(
  reader: Reader,
  range: { from: EpochMs; to: EpochMs; before: { at: EpochMs; id: string } | null; limit: number },
): StoredChange[] {
  const { at, id } = range.before ?? { at: Number.MAX_SAFE_INTEGER, id: '' };
  return reader
    .sql<ChangeRow>(
      'SELECT * FROM changes WHERE at >= ? AND at < ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?',
    )
    .all(range.from, range.to, at, id, range.limit)
    .map(toChange);
}
