import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GroupMember, groupWindows } from '#src/domain/grouping.ts';
import type { CheckRef, DowntimeWindow } from '#src/domain/window.ts';
import { T0 } from '../support/fixtures.ts';

const ref = (second: number): CheckRef => {
  const at = T0 + second * 1000;
  return { at, locationNo: 1, startedAt: at, endedAt: at + 50 };
};

interface Sketch {
  no: number;
  from: number;
  to: number | null;
  service?: string;
  host?: string;
  dependsOn?: string[];
}

function member({ no, from, to, service, host, dependsOn = [] }: Sketch): GroupMember {
  const window: DowntimeWindow = {
    monitorNo: no,
    lastGood: ref(from - 10),
    firstBad: ref(from),
    confirmed: ref(from + 5),
    lastBad: ref((to ?? from + 20) - 5),
    firstGood: to === null ? null : ref(to),
    resolved: to === null ? null : ref(to + 5),
    locations: [1],
  };
  return { window, monitorKey: `m${no}`, service: service ?? null, host: host ?? `host-${no}`, dependsOn };
}

const sizes = (...sketches: Sketch[]) => groupWindows(sketches.map(member)).map((group) => group.length);

describe('grouping windows into incidents', () => {
  it.each<[string, Sketch, Sketch, number]>([
    ['one service', { no: 1, from: 0, to: 60, service: 'pay' }, { no: 2, from: 30, to: 90, service: 'pay' }, 1],
    ['one host', { no: 1, from: 0, to: 60, host: 'a' }, { no: 2, from: 30, to: 90, host: 'a' }, 1],
    ['a dependency', { no: 1, from: 0, to: 60 }, { no: 2, from: 30, to: 90, dependsOn: ['m1'] }, 1],
    ['a dependency the other way', { no: 1, from: 0, to: 60, dependsOn: ['m2'] }, { no: 2, from: 30, to: 90 }, 1],
    ['nothing in common', { no: 1, from: 0, to: 60 }, { no: 2, from: 30, to: 90 }, 2],
    [
      'one service, 120 s after the span',
      { no: 1, from: 0, to: 60, service: 'p' },
      { no: 2, from: 180, to: 190, service: 'p' },
      1,
    ],
    [
      'one service, 121 s after the span',
      { no: 1, from: 0, to: 60, service: 'p' },
      { no: 2, from: 181, to: 190, service: 'p' },
      2,
    ],
    [
      'one service, still open',
      { no: 1, from: 0, to: null, service: 'p' },
      { no: 2, from: 5000, to: 5010, service: 'p' },
      1,
    ],
    ['one monitor back within 300 s of its resolution', { no: 1, from: 0, to: 60 }, { no: 1, from: 360, to: 400 }, 1],
    ['one monitor back after more than 300 s', { no: 1, from: 0, to: 60 }, { no: 1, from: 367, to: 400 }, 2],
  ])('%s', (_, a, b, groups) => {
    expect(sizes(a, b)).toHaveLength(groups);
  });

  it('does not depend on the order in which windows arrive', () => {
    const sketch = fc.record({
      no: fc.integer({ min: 1, max: 6 }),
      from: fc.integer({ min: 0, max: 3000 }),
      length: fc.integer({ min: 10, max: 600 }),
      service: fc.constantFrom('a', 'b'),
    });
    fc.assert(
      fc.property(fc.uniqueArray(sketch, { selector: (s) => `${s.no}/${s.from}` }), fc.nat(), (list, seed) => {
        const members = list.map((s) => member({ ...s, to: s.from + s.length }));
        const shuffled = members
          .map((m, i) => [Math.imul(i + 1, seed | 1) >>> 0, m] as const)
          .sort((x, y) => x[0] - y[0]);
        expect(groupWindows(shuffled.map(([, m]) => m))).toEqual(groupWindows(members));
      }),
    );
  });
});
