import { PHASES, type Phase } from './check.ts';
import type { EpochMs } from './clock.ts';
import { median } from './postmortem/statistics.ts';

/**
 * The moment before a failure from which response times left their own baseline and did not come back: a one-sided CUSUM
 * (E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954) over robust z-scores, with the median and the
 * median absolute deviation of the first half of the series in place of mean and deviation (F. R. Hampel, "The influence
 * curve and its role in robust estimation", JASA 69, 1974), and scores cut at ±4, so that no single outlier speaks. Where
 * that half rises already, as it does each morning, it is followed along a resistant line through its thirds (J. W. Tukey,
 * "Exploratory Data Analysis", 1977): going on like this is no drift.
 * What it finds is a distance in time, never a cause.
 */

/** How far back a series reaches. */
export const LEAD_UP_MS = 4 * 3_600_000;
/** How far back, and in how many stretches, the same test is tried where no failure followed. */
export const TRIALS = 180;
/** A stretch counts as quiet when no failure began in it, nor this long after. */
export const AFTER_MS = 3_600_000;
/** With fewer values nothing is said. */
export const LEAST_VALUES = 20;

const CUT = 4;
const SLACK = 1;
const ALARM = 8;
const CEILING = 16;
const LATEST = 5;

export interface Drift {
  /** Index of the first value that belongs to it. */
  from: number;
  baseline: number;
  /** Values that the baseline is the median of: the first so many. */
  baselineCount: number;
  median: number;
}

/** The drift that a series ends in; null when it ends as it began. */
export function findDrift(values: readonly number[]): Drift | null {
  if (values.length < LEAST_VALUES) return null;
  const baselineCount = Math.ceil(values.length / 2);
  const reference = values.slice(0, baselineCount);
  const baseline = median(reference);
  const third = Math.floor(baselineCount / 3);
  const rise = median(reference.slice(-third)) - median(reference.slice(0, third));
  const slope = Math.max(0, rise / (baselineCount - third));
  const level = values.map((value, i) => value - slope * i);
  const usual = median(level.slice(0, baselineCount));
  const deviation = median(level.slice(0, baselineCount).map((value) => Math.abs(value - usual)));
  const scale = Math.max(1.4826 * deviation, 0.05 * baseline, 1);
  const scores = level.map((value) => Math.max(-CUT, Math.min(CUT, (value - usual) / scale)));
  let sum = 0;
  let from = baselineCount;
  for (let i = baselineCount; i < values.length; i++) {
    sum = Math.min(CEILING, Math.max(0, sum + (scores[i] as number) - SLACK));
    if (sum === 0) from = i + 1;
  }
  if (sum < ALARM) return null;
  if (median(scores.slice(Math.max(from, values.length - LATEST))) <= SLACK) return null;
  return { from, baseline, baselineCount, median: median(values.slice(from)) };
}

/** A check that passed, with its durations in ms. */
export interface TimedCheck {
  id: string;
  at: EpochMs;
  startedAt: EpochMs;
  total: number;
  phases: Record<Phase, number | null>;
}

export interface LeadUp {
  /** The checks of the drift, and those of the baseline that it left. */
  checks: TimedCheck[];
  reference: TimedCheck[];
  baseline: number;
  median: number;
  /** The phase that moved most, if one did by itself. */
  phase: { name: Phase; baseline: number; median: number } | null;
  /** Quiet stretches of the 30 days before in which the same test was tried, and how often it spoke. */
  tried: number;
  spoke: number;
}

/** `series`: the checks of the last hours before a failure, in order. `quiet`: totals of each stretch to try. */
export function leadUpOf(series: readonly TimedCheck[], quiet: () => Iterable<readonly number[]>): LeadUp | null {
  const drift = findDrift(series.map(({ total }) => total));
  if (!drift) return null;
  let phase: LeadUp['phase'] = null;
  for (const name of PHASES) {
    const own = findDrift(series.flatMap(({ phases }) => phases[name] ?? []));
    if (own && (!phase || own.median - own.baseline > phase.median - phase.baseline))
      phase = { name, baseline: own.baseline, median: own.median };
  }
  let [tried, spoke] = [0, 0];
  for (const values of quiet()) {
    if (values.length < LEAST_VALUES) continue;
    tried++;
    if (findDrift(values)) spoke++;
  }
  const { from, baseline, baselineCount } = drift;
  return {
    checks: series.slice(from),
    reference: series.slice(0, baselineCount),
    baseline,
    median: drift.median,
    phase,
    tried,
    spoke,
  };
}
