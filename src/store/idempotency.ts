import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';

export interface KeptAnswer {
  requestHash: string;
  status: number;
  /** Sealed: an answer may hold a secret that is shown once. */
  body: string;
}

const KEPT_MS = 24 * 3_600_000;

export function readAnswer(reader: Reader, apiKeyId: string, key: string, now: EpochMs): KeptAnswer | null {
  const row = reader
    .sql<{ request_hash: string; status: number; body: string }>(
      'SELECT request_hash, status, body FROM idempotency_keys WHERE api_key_id = ? AND key = ? AND created_at > ?',
    )
    .get(apiKeyId, key, now - KEPT_MS);
  return row ? { requestHash: row.request_hash, status: row.status, body: row.body } : null;
}

/** Keeps an answer for 24 h, and forgets those that are older. */
export function keepAnswer(tx: Tx, apiKeyId: string, key: string, answer: KeptAnswer): void {
  tx.sql('DELETE FROM idempotency_keys WHERE created_at <= ?').run(tx.now - KEPT_MS);
  tx.sql(
    `INSERT INTO idempotency_keys (api_key_id, key, request_hash, status, headers, body, created_at) VALUES (?,?,?,?,'{}',?,?)`,
  ).run(apiKeyId, key, answer.requestHash, answer.status, answer.body, tx.now);
}
