import type { CheckResult, Failure } from '#src/domain/check.ts';
import { OWN_NETWORK, unknownResult } from '#src/domain/check.ts';

export interface OwnNetworkOptions {
  now: () => number;
  /** Opens a connection to `host:port`; rejects when that fails or takes too long. */
  connect(sentinel: string): Promise<void>;
}

export interface OwnNetwork {
  /**
   * Says of a check that failed on the network whether that was our own: then its result is `unknown`, with what was
   * seen. All sentinels must fail, and of the other monitors checked since they do, not more may have been reached than
   * not.
   */
  judge(monitorNo: number, result: CheckResult, sentinels: readonly string[]): Promise<CheckResult>;
}

/** Failures that a broken network of our own shows as. */
const OF_NETWORK = new Set<Failure>([
  'dns-error',
  'dns-timeout',
  'connect-refused',
  'connect-timeout',
  'connect-reset',
  'connect-unreachable',
  'first-byte-timeout',
]);
/** An answer of the sentinels holds for so long, and a look back at other monitors reaches so far before they failed. */
const FRESH_MS = 2_000;
const BEFORE_MS = 2_000;
const REMEMBERED = 100_000;

export function createOwnNetwork({ now, connect }: OwnNetworkOptions): OwnNetwork {
  const seen = new Map<number, { at: number; isReached: boolean }>();
  let asked: { at: number; name: string; reached: Promise<boolean> } | null = null;
  let lostSince: number | null = null;

  async function sentinelsAnswer(sentinels: readonly string[]): Promise<boolean> {
    const name = sentinels.join(' ');
    if (!asked || asked.name !== name || now() - asked.at > FRESH_MS) {
      const reached = Promise.any(sentinels.map(connect)).then(
        () => true,
        () => false,
      );
      asked = { at: now(), name, reached };
    }
    return asked.reached;
  }

  function mostAreLost(monitorNo: number, since: number): boolean {
    let balance = 1;
    for (const [no, { at, isReached }] of seen) if (no !== monitorNo && at >= since) balance += isReached ? -1 : 1;
    return balance > 0;
  }

  return {
    async judge(monitorNo, result, sentinels) {
      if (sentinels.length === 0 || result.verdict === 'unknown') return result;
      const failed = result.failure !== null && OF_NETWORK.has(result.failure) && result.status === null;
      const at = now();
      if (seen.size >= REMEMBERED) seen.clear();
      seen.set(monitorNo, { at, isReached: !failed });
      if (!failed) return result;
      if (await sentinelsAnswer(sentinels)) {
        lostSince = null;
        return result;
      }
      lostSince ??= at;
      if (!mostAreLost(monitorNo, lostSince - BEFORE_MS)) return result;
      const what = `${OWN_NETWORK}: none of ${sentinels.length} sentinels answers (${result.failure}: ${result.detail})`;
      return unknownResult(result.startedAt, result.endedAt, what.slice(0, 300));
    },
  };
}
