import { createHash, randomBytes } from 'node:crypto';
import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Store, Tx } from './database.ts';
import { newId } from './new-id.ts';

export const SCOPES = ['read', 'write', 'ingest', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  id: string;
  name: string;
  scopes: Scope[];
  createdAt: EpochMs;
  expiresAt: EpochMs | null;
  lastUsedAt: EpochMs | null;
}

interface KeyRow {
  id: string;
  name: string;
  scopes: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
}

const COLUMNS = 'id, name, scopes, created_at, expires_at, last_used_at';

function toKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as Scope[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

const hashOf = (key: string) => createHash('sha256').update(key).digest();

/** `hc_` and 32 random bytes. */
export function newKeyText(): string {
  return `hc_${randomBytes(32).toString('base64url')}`;
}

/**
 * The key that a caller sent, by its SHA-256: the text itself is never stored, and looking up a hash of 256 random bits
 * tells nothing by its timing.
 */
export function findApiKey(reader: Reader, text: string, now: EpochMs): ApiKey | null {
  const row = reader
    .sql<KeyRow>(`SELECT ${COLUMNS} FROM api_keys WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)`)
    .get(hashOf(text), now);
  return row ? toKey(row) : null;
}

export function readApiKeys(reader: Reader): ApiKey[] {
  return reader.sql<KeyRow>(`SELECT ${COLUMNS} FROM api_keys ORDER BY created_at, id`).all().map(toKey);
}

export function readApiKey(reader: Reader, id: string): ApiKey | null {
  const row = reader.sql<KeyRow>(`SELECT ${COLUMNS} FROM api_keys WHERE id = ?`).get(id);
  return row ? toKey(row) : null;
}

export function insertApiKey(
  tx: Tx,
  text: string,
  fields: { name: string; scopes: readonly Scope[]; expiresAt: EpochMs | null },
): ApiKey {
  const id = newId('key');
  tx.sql('INSERT INTO api_keys (id, name, hash, scopes, created_at, expires_at) VALUES (?,?,?,?,?,?)').run(
    id,
    fields.name,
    hashOf(text),
    JSON.stringify(fields.scopes),
    tx.now,
    fields.expiresAt,
  );
  return { id, ...fields, scopes: [...fields.scopes], createdAt: tx.now, lastUsedAt: null };
}

export function deleteApiKey(tx: Tx, id: string): void {
  tx.sql('DELETE FROM api_keys WHERE id = ?').run(id);
}

export function markUsed(tx: Tx, id: string): void {
  tx.sql('UPDATE api_keys SET last_used_at = ? WHERE id = ?').run(tx.now, id);
}

const CONFIGURED = 'configured admin key';

/**
 * Sees to it that somebody can get in: the configured key is the admin key (an older configured one stops working), or
 * else one is made when there is no key at all. Answers with a key that was made, which is shown once.
 */
export function ensureAdminKey(store: Store, configured: string | null): string | null {
  return store.transact((tx) => {
    const admin = { scopes: ['admin'] as const, expiresAt: null };
    if (configured !== null) {
      if (findApiKey(tx, configured, tx.now)?.scopes.includes('admin')) return null;
      tx.sql('DELETE FROM api_keys WHERE name = ? OR hash = ?').run(CONFIGURED, hashOf(configured));
      insertApiKey(tx, configured, { ...admin, name: CONFIGURED });
      return null;
    }
    if (readApiKeys(tx).length > 0) return null;
    const text = newKeyText();
    insertApiKey(tx, text, { ...admin, name: 'first admin key' });
    return text;
  });
}
