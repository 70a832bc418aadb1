import type { EpochMs } from './clock.ts';
import type { NearMiss } from './window.ts';

const DAY_MS = 86_400_000;
/** So many near-misses of one shape within a day are an incident of their own. */
const ENOUGH = 3;

/**
 * Patterns among near-misses of one shape (same monitor, same failure, so the same phase), in order: each is a longest
 * chain in which every near-miss is one of three within 24 hours. Pure: late ones join or part what they must.
 */
export function findPatterns(misses: readonly NearMiss[]): NearMiss[][] {
  const at = (index: number): EpochMs => (misses[index] as NearMiss).firstBad.startedAt;
  const patterns: NearMiss[][] = [];
  let reached = -1;
  for (let i = 0; i + ENOUGH <= misses.length; i++) {
    const last = i + ENOUGH - 1;
    if (at(last) - at(i) > DAY_MS) continue;
    if (i <= reached) patterns.at(-1)?.push(...misses.slice(reached + 1, last + 1));
    else patterns.push(misses.slice(i, last + 1));
    reached = last;
  }
  return patterns;
}

/** When the third near-miss was over: from then on it is a pattern. */
export function knownSince(pattern: readonly NearMiss[]): EpochMs {
  return (pattern[ENOUGH - 1] as NearMiss).firstGood.endedAt;
}
