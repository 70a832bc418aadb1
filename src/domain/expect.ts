import type { Verdict } from './check.ts';
import type { Limits } from './monitor.ts';

/** Whether a status is in one of the ranges (`NNN` or `NNN-NNN`). */
export function statusHolds(ranges: readonly string[], status: number): boolean {
  return ranges.some((range) => {
    const [low, high = low] = range.split('-').map(Number);
    return low !== undefined && high !== undefined && status >= low && status <= high;
  });
}

/** The limit that is passed, the hard one first; null when none is. */
export function limitPassed(
  limits: Limits,
  isPassed: (limit: number) => boolean,
): { level: Extract<Verdict, 'down' | 'degraded'>; limit: number } | null {
  if (limits.down !== null && isPassed(limits.down)) return { level: 'down', limit: limits.down };
  if (limits.degraded !== null && isPassed(limits.degraded)) return { level: 'degraded', limit: limits.degraded };
  return null;
}
