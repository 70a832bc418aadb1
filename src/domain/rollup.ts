import type { CheckRow } from './check.ts';
import type { EpochMs } from './clock.ts';
import { Sketch } from './sketch.ts';
import type { Span } from './uptime.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** What is kept of the checks of a minute, an hour or a day when their rows are gone, or too many to read. */
export interface Rollup {
  at: EpochMs;
  lengthMs: number;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  /** Start of the first and the last check that counted; null when none did. */
  firstAt: EpochMs | null;
  lastAt: EpochMs | null;
  /** Stretches of more than two intervals between checks that counted. */
  gaps: Span[];
  /** Durations of checks that passed, in µs. */
  maxUs: number;
  sketch: Sketch;
}

export function emptyRollup(at: EpochMs, lengthMs: number): Rollup {
  return {
    at,
    lengthMs,
    up: 0,
    degraded: 0,
    down: 0,
    unknown: 0,
    firstAt: null,
    lastAt: null,
    gaps: [],
    maxUs: 0,
    sketch: new Sketch(),
  };
}

/** Adds a check; they come in the order of `at`, then location. */
export function addCheck(rollup: Rollup, check: CheckRow, intervalAt: (at: EpochMs) => number): void {
  rollup[check.verdict]++;
  if (check.verdict === 'unknown') return;
  reached(rollup, check.startedAt, intervalAt);
  rollup.lastAt = Math.max(rollup.lastAt ?? 0, check.startedAt);
  if (check.verdict === 'down' || check.latencyMs === null) return;
  const us = Math.round(check.latencyMs * 1000);
  rollup.maxUs = Math.max(rollup.maxUs, us);
  rollup.sketch.add(us);
}

/** Adds a shorter rollup; they come in order. */
export function addRollup(rollup: Rollup, part: Rollup, intervalAt: (at: EpochMs) => number): void {
  for (const verdict of ['up', 'degraded', 'down', 'unknown'] as const) rollup[verdict] += part[verdict];
  if (part.firstAt !== null && part.lastAt !== null) {
    reached(rollup, part.firstAt, intervalAt);
    rollup.gaps.push(...part.gaps);
    rollup.lastAt = Math.max(rollup.lastAt ?? 0, part.lastAt);
  }
  rollup.maxUs = Math.max(rollup.maxUs, part.maxUs);
  rollup.sketch.merge(part.sketch);
}

function reached(rollup: Rollup, at: EpochMs, intervalAt: (at: EpochMs) => number): void {
  const { lastAt } = rollup;
  if (lastAt === null) rollup.firstAt = at;
  else if (at - lastAt > 2 * intervalAt(lastAt)) rollup.gaps.push([lastAt, at]);
}

/** The stretches without a check that counted, over rollups in order, the last one up to `until`. */
export function gapsOf(
  rollups: Iterable<Pick<Rollup, 'firstAt' | 'lastAt' | 'gaps'>>,
  intervalAt: (at: EpochMs) => number,
  until: EpochMs,
): Span[] {
  const gaps: Span[] = [];
  let last: EpochMs | null = null;
  for (const { firstAt, lastAt, gaps: own } of rollups) {
    if (firstAt === null || lastAt === null) continue;
    if (last !== null && firstAt - last > 2 * intervalAt(last)) gaps.push([last, firstAt]);
    gaps.push(...own);
    last = Math.max(last ?? 0, lastAt);
  }
  if (last !== null && until - last > 2 * intervalAt(last)) gaps.push([last, until]);
  return gaps;
}
