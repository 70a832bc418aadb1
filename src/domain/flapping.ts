import { GROUP_WAIT_MS } from './alert.ts';
import type { EpochMs } from './clock.ts';

const MINUTE_MS = 60_000;
/** One comeback is told as it happens; from the second on an incident flaps. */
const FLAPPING = 2;
const MOST_HOLD_MS = 5 * MINUTE_MS;
const MOST_PAUSE_MS = 30 * MINUTE_MS;

/**
 * When an update of an incident leaves. Monitors that join or recover within the group wait are one; the first comeback is
 * told at once; one that flaps gets at most one update in 5 minutes, then 10, up to 30, since it was last told.
 */
export function updateDueAt(
  change: { flaps: number; isComeback: boolean; lastToldAt: EpochMs | null },
  now: EpochMs,
): EpochMs {
  if (change.flaps < FLAPPING) return change.isComeback ? now : now + GROUP_WAIT_MS;
  const pause = Math.min(MOST_PAUSE_MS, (change.flaps - 1) * 5 * MINUTE_MS);
  return Math.max(now + GROUP_WAIT_MS, (change.lastToldAt ?? now) + pause);
}

/** When a resolution leaves: at once, but of an incident that flaps only when it has held for 1 minute, then 2, up to 5. */
export function resolutionDueAt(flaps: number, now: EpochMs): EpochMs {
  return flaps < FLAPPING ? now : now + Math.min(MOST_HOLD_MS, MINUTE_MS * 2 ** (flaps - FLAPPING));
}

/** An update waits on while monitors go on joining or recovering: their checks are spread over an interval. */
const STILL_MS = 5_000;
const MOST_WAIT_MS = 75_000;

/** When an update that waits leaves, now that another monitor joined it. */
export function extendedDueAt(waiting: { createdAt: EpochMs; nextAt: EpochMs }, now: EpochMs): EpochMs {
  const still = Math.min(now + STILL_MS, waiting.createdAt + MOST_WAIT_MS);
  return Math.max(waiting.nextAt, still);
}
