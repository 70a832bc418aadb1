import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sketch } from '#src/domain/sketch.ts';

const values = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 300 });
const shares = [0.01, 0.5, 0.95, 0.99, 1];
const nearestRank = (sorted: number[], share: number) =>
  sorted[Math.max(1, Math.ceil(sorted.length * share - 1e-9)) - 1] ?? 0;
const sketchOf = (list: number[]) => {
  const sketch = new Sketch();
  for (const value of list) sketch.add(value);
  return sketch;
};

it('gives each quantile within 1 % of the value at its rank', () => {
  fc.assert(
    fc.property(values, (list) => {
      const sorted = [...list].sort((a, b) => a - b);
      const found = sketchOf(list).quantiles(shares) as number[];
      for (const [i, share] of shares.entries()) {
        const exact = nearestRank(sorted, share);
        expect(Math.abs((found[i] ?? 0) - exact)).toBeLessThanOrEqual(exact * 0.01 + 1e-6);
      }
    }),
  );
});

it('is the same merged from parts as made at once, and after it was written and read', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const merged = Sketch.decode(sketchOf(a).encode());
      merged.merge(sketchOf(b));
      const whole = sketchOf([...a, ...b]);
      expect(merged.encode()).toEqual(whole.encode());
      expect(merged.count).toBe(a.length + b.length);
      expect(Sketch.decode(whole.encode()).quantiles(shares)).toEqual(whole.quantiles(shares));
    }),
  );
});

it('of nothing has no quantiles', () => {
  expect(new Sketch().quantiles([0.5])).toBeNull();
});
