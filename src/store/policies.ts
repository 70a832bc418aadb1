import type { EpochMs } from '#src/domain/clock.ts';
import {
  DEFAULT_POLICY,
  type PolicyRevision,
  type PostmortemPolicy,
  policyTime,
} from '#src/domain/postmortem/policy.ts';
import type { Reader, Tx } from './database.ts';
import { newId } from './new-id.ts';

/** Adds a revision when the policy differs from the newest one; old drafts keep the one they were drawn under. */
export function putPolicy(tx: Tx, policy: PostmortemPolicy): void {
  const text = JSON.stringify(policy);
  const newest = tx.sql<{ policy: string }>('SELECT policy FROM postmortem_policies ORDER BY no DESC LIMIT 1').get();
  if (newest?.policy === text) return;
  tx.sql('INSERT INTO postmortem_policies (id, from_at, policy) VALUES (?, ?, ?)').run(newId('pol'), tx.now, text);
}

/** The policy in force at a time; the first one for times before it. */
export function readPolicyAt(reader: Reader, at: EpochMs): PolicyRevision {
  const row = reader
    .sql<{ id: string; policy: string }>(
      `SELECT id, policy FROM postmortem_policies
       ORDER BY from_at <= ? DESC, CASE WHEN from_at <= ? THEN -no ELSE no END LIMIT 1`,
    )
    .get(at, at);
  return row
    ? { id: row.id, policy: JSON.parse(row.policy) as PostmortemPolicy }
    : { id: null, policy: DEFAULT_POLICY };
}

/** The policy that an incident's postmortem follows. */
export function readPolicyOf(
  reader: Reader,
  incident: { resolvedAt: EpochMs | null; recordedAt: EpochMs },
  now: EpochMs,
): PolicyRevision {
  return readPolicyAt(reader, policyTime(incident, now));
}

/** The newest policy: what is private is decided now, for old postmortems too. */
export function readNewestPolicy(reader: Reader): PolicyRevision {
  return readPolicyAt(reader, Number.MAX_SAFE_INTEGER);
}
