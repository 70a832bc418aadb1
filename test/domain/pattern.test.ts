import { expect, it } from 'vitest';
import { findPatterns, knownSince } from '#src/domain/pattern.ts';
import type { NearMiss } from '#src/domain/window.ts';

const HOUR = 3_600_000;
const ref = (at: number) => ({ at, locationNo: 1, startedAt: at, endedAt: at + 40 });
const misses = (...hours: number[]): NearMiss[] =>
  hours.map((hour) => ({
    monitorNo: 1,
    firstBad: ref(hour * HOUR),
    lastBad: ref(hour * HOUR),
    firstGood: ref(hour * HOUR + 5000),
    failed: 1,
    failure: 'status',
  }));
const hoursOf = (patterns: NearMiss[][]) =>
  patterns.map((pattern) => pattern.map(({ firstBad }) => firstBad.at / HOUR));

it.for<[string, number[], number[][]]>([
  ['two in a day are none', [0, 5], []],
  ['three in a day are one', [0, 5, 24], [[0, 5, 24]]],
  ['three in more than a day are none', [0, 5, 24.1], []],
  ['a fourth within a day of its second before goes with them', [0, 1, 2, 20], [[0, 1, 2, 20]]],
  ['one that is too late for that does not', [0, 1, 2, 40], [[0, 1, 2]]],
  [
    'two groups far apart are two',
    [0, 1, 2, 100, 101, 102],
    [
      [0, 1, 2],
      [100, 101, 102],
    ],
  ],
  ['a chain goes on for days', [0, 10, 20, 30, 40], [[0, 10, 20, 30, 40]]],
  [
    'two chains that share none are two',
    [0, 10, 20, 45, 46, 47],
    [
      [0, 10, 20],
      [45, 46, 47],
    ],
  ],
])('%s', ([, hours, expected]) => {
  expect(hoursOf(findPatterns(misses(...hours)))).toEqual(expected);
});

it('is known when its third was over', () => {
  expect(knownSince(misses(0, 5, 20, 21))).toBe(20 * HOUR + 5040);
});
