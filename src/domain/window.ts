import type { Failure } from './check.ts';
import type { EpochMs } from './clock.ts';

/** A check as a window refers to it: enough to find its row, and the times that bound the window. */
export interface CheckRef {
  at: EpochMs;
  locationNo: number;
  startedAt: EpochMs;
  endedAt: EpochMs;
}

/** Confirmed downtime of one monitor. Identity: (monitorNo, firstBad). */
export interface DowntimeWindow {
  monitorNo: number;
  /** Null when no check had passed before: the start is then not bounded from below. */
  lastGood: CheckRef | null;
  firstBad: CheckRef;
  confirmed: CheckRef;
  lastBad: CheckRef;
  firstGood: CheckRef | null;
  resolved: CheckRef | null;
  /** Numbers of the locations that saw it. */
  locations: number[];
  /** When it stopped being followed without an observed end: the monitor was deleted, or a person closed the incident. */
  abandonedAt?: EpochMs | null;
}

/** A failure that was over before it was confirmed: kept, never alerted. */
export interface NearMiss {
  monitorNo: number;
  firstBad: CheckRef;
  lastBad: CheckRef;
  firstGood: CheckRef;
  failed: number;
  failure: Failure;
}

export interface Bounds {
  earliest: EpochMs;
  best: EpochMs;
  latest: EpochMs;
}

export interface Seconds {
  min: number;
  best: number;
  max: number;
}

/** The start lies in (`lastGood.startedAt`, `firstBad.endedAt`]; the best estimate is `firstBad.startedAt`. */
export function startBounds(window: Pick<DowntimeWindow, 'lastGood' | 'firstBad'>): Bounds {
  const { lastGood, firstBad } = window;
  return {
    earliest: lastGood?.startedAt ?? firstBad.startedAt,
    best: firstBad.startedAt,
    latest: firstBad.endedAt,
  };
}

/** The end lies in (`lastBad.startedAt`, `firstGood.endedAt`]; null while the window is open. */
export function endBounds(window: Pick<DowntimeWindow, 'lastBad' | 'firstGood'>): Bounds | null {
  const { lastBad, firstGood } = window;
  if (!firstGood) return null;
  return { earliest: lastBad.startedAt, best: firstGood.startedAt, latest: firstGood.endedAt };
}

/** Length in seconds, to the millisecond, from the bounds of both ends. An open window ends at `now`. */
export function durationSeconds(start: Bounds, end: Bounds | null, now: EpochMs): Seconds {
  const to = end ?? { earliest: now, best: now, latest: now };
  const seconds = (ms: number) => Math.max(0, ms) / 1000;
  return {
    min: seconds(to.earliest - start.latest),
    best: seconds(to.best - start.best),
    max: seconds(to.latest - start.earliest),
  };
}

/** Total length of a set of intervals in ms, what overlaps counted once. */
export function mergedLengthMs(intervals: readonly (readonly [EpochMs, EpochMs])[]): number {
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [from, to] of [...intervals].sort((a, b) => a[0] - b[0])) {
    total += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return total;
}

/** Downtime of several windows, merged over monitors: never more than the span. */
export function downtimeSeconds(windows: readonly DowntimeWindow[], now: EpochMs): Seconds {
  const bounds = windows.map((window) => ({
    start: startBounds(window),
    end: endBounds(window),
    until: window.abandonedAt ?? now,
  }));
  const merged = (from: (b: Bounds) => EpochMs, to: (b: Bounds) => EpochMs) =>
    mergedLengthMs(bounds.map(({ start, end, until }) => [from(start), end ? to(end) : until] as const)) / 1000;
  return {
    min: merged(
      (b) => b.latest,
      (b) => b.earliest,
    ),
    best: merged(
      (b) => b.best,
      (b) => b.best,
    ),
    max: merged(
      (b) => b.earliest,
      (b) => b.latest,
    ),
  };
}
