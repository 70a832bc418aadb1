import { describe, expect, it } from 'vitest';
import { findDrift, leadUpOf, type TimedCheck } from '#src/domain/lead-up.ts';
import { seriesOf } from '../support/series.ts';

const flat = { seed: 3, length: 240, everySeconds: 60, usualMs: 120 };
const repeat = (n: number, value: number) => Array.from({ length: n }, () => value);

describe('a drift', () => {
  it('is found from its first value on when response times step up and stay', () => {
    const drift = findDrift(seriesOf({ ...flat, drift: { kind: 'step', last: 20, times: 3 } }));
    expect(drift?.from).toBe(220);
    expect(drift?.baseline).toBeGreaterThan(105);
    expect(drift?.baseline).toBeLessThan(135);
    expect(drift?.median).toBeGreaterThan(300);
  });

  it('is found in a climb, from well before its end', () => {
    const drift = findDrift(seriesOf({ ...flat, drift: { kind: 'ramp', last: 60, times: 4 } }));
    expect(drift?.from).toBeGreaterThanOrEqual(175);
    expect(drift?.from).toBeLessThan(215);
  });

  const none: [shows: string, values: number[]][] = [
    ['noise', seriesOf(flat)],
    ['values that are all the same', repeat(100, 80)],
    ['the rise of a day', seriesOf({ ...flat, daily: 0.25, endsAtHour: 2 })],
    ['single outliers', seriesOf({ ...flat, outliers: 0.02 })],
    ['one slow value at the end', [...repeat(60, 100), 5000]],
    ['two slow values at the end', [...repeat(60, 100), 5000, 5000]],
    ['a slow stretch that was over', [...repeat(60, 100), ...repeat(10, 900), ...repeat(40, 100)]],
    ['a slow stretch that was just over', [...repeat(60, 100), ...repeat(10, 900), ...repeat(5, 100)]],
    ['faster answers', [...repeat(60, 100), ...repeat(30, 20)]],
    ['a change too small to matter', [...repeat(60, 100), ...repeat(30, 104)]],
    ['fewer than 20 values', [...repeat(9, 100), ...repeat(10, 900)]],
  ];
  it.for(none)('is not seen in %s', ([, values]) => {
    expect(findDrift(values)).toBeNull();
  });

  it('needs three values that are far off', () => {
    expect(findDrift([...repeat(60, 100), 5000, 5000, 5000])?.from).toBe(60);
  });
});

const check = (total: number, firstByte: number, i: number): TimedCheck => ({
  id: `chk_${i}`,
  at: i * 60_000,
  startedAt: i * 60_000,
  total,
  phases: { dns: 2, connect: 10, tls: null, firstByte, download: 1 },
});

describe('the lead-up', () => {
  const series = Array.from({ length: 60 }, (_, i) => (i < 50 ? check(100, 80, i) : check(500, 480, i)));

  it('names the phase that moved, and how often the same test spoke without a failure', () => {
    const quiet = [repeat(40, 90), [...repeat(40, 90), ...repeat(5, 900)], repeat(10, 90)];
    expect(leadUpOf(series, () => quiet)).toMatchObject({
      baseline: 100,
      median: 500,
      phase: { name: 'firstByte', baseline: 80, median: 480 },
      tried: 2,
      spoke: 1,
      checks: { length: 10 },
      reference: { length: 30 },
    });
  });

  it('is nothing, and tries nothing, when nothing drifted', () => {
    const tried = () => {
      throw new Error('not needed');
    };
    expect(leadUpOf(series.slice(0, 50), tried)).toBeNull();
  });
});
