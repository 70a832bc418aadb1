import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGaps, mergeSpans, type Span, subtractSpans, uptimeOf } from '#src/domain/uptime.ts';
import { type CheckRef, type DowntimeWindow, mergedLengthMs } from '#src/domain/window.ts';
import { T0 } from '../support/fixtures.ts';

const ref = (second: number): CheckRef => ({
  at: T0 + second * 1000,
  locationNo: 1,
  startedAt: T0 + second * 1000,
  endedAt: T0 + second * 1000 + 100,
});

function window(lastGood: number, firstBad: number, lastBad: number, firstGood: number | null): DowntimeWindow {
  const good = firstGood === null ? null : ref(firstGood);
  return {
    monitorNo: 1,
    lastGood: ref(lastGood),
    firstBad: ref(firstBad),
    confirmed: ref(firstBad),
    lastBad: ref(lastBad),
    firstGood: good,
    resolved: good,
    locations: [1],
  };
}

const seconds = (from: number, to: number): Span => [T0 + from * 1000, T0 + to * 1000];

describe('uptime', () => {
  it('is exactly 100 % of a monitor that was never down, whatever was not observed', () => {
    const uptime = uptimeOf({ range: seconds(0, 1000), windows: [], unobserved: [seconds(100, 400)] });
    expect(uptime).toEqual({
      uptimePercent: 100,
      observedPercent: 70,
      downSeconds: { min: 0, best: 0, max: 0 },
      unobservedSeconds: 300,
    });
  });

  it('is downtime against the time that was observed', () => {
    const { uptimePercent, downSeconds } = uptimeOf({
      range: seconds(0, 1000),
      windows: [window(90, 100, 190, 200)],
      unobserved: [],
    });
    expect(downSeconds).toEqual({ min: 89.9, best: 100, max: 110.1 });
    expect(uptimePercent).toBeCloseTo(90, 10);
  });

  it('counts downtime that nobody watched in the maximum only', () => {
    const { downSeconds, uptimePercent, unobservedSeconds } = uptimeOf({
      range: seconds(0, 1000),
      windows: [window(90, 100, 190, 200)],
      unobserved: [seconds(150, 300)],
    });
    expect(downSeconds).toEqual({ min: 49.9, best: 50, max: 110.1 });
    expect(unobservedSeconds).toBe(150);
    expect(uptimePercent).toBeCloseTo(100 * (1 - 50 / 850), 10);
  });

  it('lets an open window last to the end of the range', () => {
    expect(
      uptimeOf({ range: seconds(0, 200), windows: [window(90, 100, 190, null)], unobserved: [] }).downSeconds.best,
    ).toBe(100);
  });

  it('clips windows to the range', () => {
    expect(
      uptimeOf({ range: seconds(150, 250), windows: [window(90, 100, 190, 200)], unobserved: [] }).downSeconds.best,
    ).toBe(50);
  });

  it('is unknown when nothing was observed', () => {
    expect(uptimeOf({ range: seconds(0, 10), windows: [], unobserved: [seconds(0, 10)] }).uptimePercent).toBeNull();
  });

  it('never leaves 0 to 100, and least never exceeds most', () => {
    const span = fc
      .tuple(fc.nat(1000), fc.nat(1000))
      .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
    fc.assert(
      fc.property(fc.array(span, { maxLength: 6 }), fc.array(span, { maxLength: 6 }), (downs, holes) => {
        const windows = downs.map(([from, to]) => window(from - 5, from, Math.max(from, to - 5), to));
        const { uptimePercent, observedPercent, downSeconds } = uptimeOf({
          range: seconds(0, 1000),
          windows,
          unobserved: holes.map(([a, b]) => seconds(a, b)),
        });
        expect(uptimePercent ?? 50).toBeGreaterThanOrEqual(0);
        expect(uptimePercent ?? 50).toBeLessThanOrEqual(100);
        expect(observedPercent).toBeLessThanOrEqual(100);
        expect(downSeconds.min).toBeLessThanOrEqual(downSeconds.best + 1e-9);
        expect(downSeconds.best).toBeLessThanOrEqual(downSeconds.max + 1e-9);
      }),
    );
  });
});

describe('stretches without a check', () => {
  it('are those longer than two intervals, the one up to now too', () => {
    const at = (second: number) => T0 + second * 1000;
    const gaps = checkGaps([at(0), at(10), at(30), at(51), at(60)], () => 10_000, at(100));
    expect(gaps).toEqual([seconds(30, 51), seconds(60, 100)]);
  });
});

describe('spans', () => {
  const spans = fc.array(
    fc.tuple(fc.nat(500), fc.nat(500)).map(([a, b]): Span => [Math.min(a, b), Math.max(a, b)]),
    { maxLength: 12 },
  );

  it('keep their length when they are merged, and stand apart in order', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const merged = mergeSpans(list);
        expect(mergedLengthMs(merged)).toBe(mergedLengthMs(list));
        for (const [i, span] of merged.slice(1).entries()) expect(span[0]).toBeGreaterThan(merged[i]?.[1] ?? 0);
      }),
    );
  });

  it('have nothing in common with what was taken from them', () => {
    fc.assert(
      fc.property(spans, spans, (list, holes) => {
        const merged = mergeSpans(list);
        const left = subtractSpans(merged, mergeSpans(holes));
        const covered = (of: readonly Span[], point: number) => of.some(([from, to]) => point >= from && point < to);
        for (let point = 0; point < 500; point += 7)
          expect(covered(left, point)).toBe(covered(merged, point) && !covered(holes, point));
      }),
    );
  });
});
