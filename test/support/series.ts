import { generator } from './outages.ts';

/** Response times (ms) as monitors see them: log-normal noise, a daily cycle, outliers; and what a failure adds. */
export interface SeriesShape {
  seed: number;
  length: number;
  /** Seconds between values. */
  everySeconds: number;
  usualMs: number;
  /** Share of the usual by which the day swings up and down. */
  daily?: number;
  /** Share of values that take three to ten times as long. */
  outliers?: number;
  /** From this many values before the end: a step to, or a straight climb up to, so many times the usual. */
  drift?: { kind: 'step' | 'ramp'; last: number; times: number };
  /** Hour of the day with which the series ends. */
  endsAtHour?: number;
}

export function seriesOf(shape: SeriesShape): number[] {
  const { seed, length, everySeconds, usualMs, daily = 0, outliers = 0, drift, endsAtHour = 12 } = shape;
  const random = generator(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length }, (_, i) => {
    const left = length - i;
    const hour = endsAtHour - (left * everySeconds) / 3600;
    const cycle = 1 + daily * Math.sin((2 * Math.PI * hour) / 24);
    const outlier = random() < outliers ? 3 + 7 * random() : 1;
    const part = drift && left <= drift.last ? (drift.kind === 'step' ? 1 : (drift.last - left + 1) / drift.last) : 0;
    const grown = 1 + part * ((drift?.times ?? 1) - 1);
    return usualMs * cycle * Math.exp(0.15 * normal()) * outlier * grown;
  });
}
