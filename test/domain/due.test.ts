import { describe, expect, it } from 'vitest';
import { nextSlot, phaseMs } from '#src/domain/due.ts';
import { T0 } from '../support/fixtures.ts';

describe('the slot grid', () => {
  it('gives slots one interval apart, each after the time asked about', () => {
    const phase = phaseMs('mon_a', 30_000);
    const first = nextSlot(T0, 30_000, phase);
    expect(first).toBeGreaterThan(T0);
    expect(first - T0).toBeLessThanOrEqual(30_000);
    expect(nextSlot(first, 30_000, phase)).toBe(first + 30_000);
    expect(nextSlot(first - 1, 30_000, phase)).toBe(first);
  });

  it('depends on nothing but the id and the interval, so a restart moves no slot', () => {
    expect(phaseMs('mon_a', 60_000)).toBe(phaseMs('mon_a', 60_000));
    expect(nextSlot(T0 + 12_345, 60_000, 1_000)).toBe(nextSlot(T0 + 23_456, 60_000, 1_000));
  });

  it('spreads monitors with near ids evenly over the interval', () => {
    const tenths = new Array(10).fill(0);
    for (let i = 0; i < 10_000; i++) tenths[Math.floor(phaseMs(`mon_${i}`, 10_000) / 1000)]++;
    for (const count of tenths) expect(count).toBeGreaterThan(850);
  });
});
