import { describe, expect, it } from 'vitest';
import { Breaker } from '#src/alert/breaker.ts';
import { nextStep } from '#src/alert/retry.ts';
import { parseRetryAfter } from '#src/alert/retry-after.ts';
import type { SendOutcome } from '#src/domain/channel.ts';
import { T0 } from '../../support/fixtures.ts';

const outcome = (kind: SendOutcome['outcome'], retryAfterMs: number | null = null): SendOutcome => ({
  outcome: kind,
  statusCode: null,
  detail: 'why',
  retryAfterMs,
});
const step = (attempts: number, random: number, of = outcome('retry'), age = 0, rejections = 0) =>
  nextStep({ attempts, rejections, createdAt: T0 - age, outcome: of, now: T0, random });

describe('what follows from an attempt', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [10, 512_000],
    [30, 3_600_000],
  ])('retries after attempt %i under a ceiling of %i ms', (attempts, ceiling) => {
    expect(step(attempts, 0)).toMatchObject({ kind: 'retry', at: T0 });
    expect(step(attempts, 0.5)).toMatchObject({ kind: 'retry', at: T0 + ceiling / 2 });
    const longest = step(attempts, 0.999999);
    expect(longest.kind === 'retry' && longest.at).toBeLessThanOrEqual(T0 + ceiling);
  });

  it('keeps within 10 s of what Retry-After asked for, and never before it', () => {
    for (const random of [0, 0.5, 0.999]) {
      const next = step(1, random, outcome('retry', 60_000));
      const at = next.kind === 'retry' ? next.at : 0;
      expect(at).toBeGreaterThanOrEqual(T0 + 60_000);
      expect(at).toBeLessThanOrEqual(T0 + 70_000);
    }
  });

  it('gives up after 72 h, not before', () => {
    const hours = (n: number) => n * 3_600_000;
    expect(step(200, 0, outcome('retry'), hours(71)).kind).toBe('retry');
    expect(step(200, 0, outcome('retry'), hours(72)).kind).toBe('undeliverable');
  });

  it('asks a receiver that says no three times', () => {
    expect(step(9, 0, outcome('rejected'), 0, 2).kind).toBe('retry');
    expect(step(9, 0, outcome('rejected'), 0, 3)).toMatchObject({ kind: 'undeliverable', disableChannel: false });
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [new Date(T0 + 30_000).toUTCString(), 30_000],
    ['-5', null],
    ['soon', null],
    [undefined, null],
    [new Date(T0 - 30_000).toUTCString(), null],
  ])('%s → %s ms', (header, ms) => {
    expect(parseRetryAfter(header, T0)).toBe(ms);
  });
});

describe('the breaker', () => {
  it('stays closed for three failures, opens on the fourth, and lets one alert try', () => {
    const breaker = new Breaker();
    for (let i = 0; i < 3; i++) breaker.failed(T0, null);
    expect(breaker.opensAt()).toBe(0);
    breaker.failed(T0, null);
    expect(breaker.opensAt()).toBe(T0 + 5_000);
    breaker.begin();
    expect(breaker.opensAt()).toBeNull();
    breaker.succeeded();
    expect(breaker.opensAt()).toBe(0);
  });

  it('waits longer each time its one alert fails, at most a minute', () => {
    const breaker = new Breaker();
    let now = T0;
    const pauses: number[] = [];
    for (let i = 0; i < 10; i++) {
      breaker.failed(now, null);
      const next = Math.max(now, breaker.opensAt() ?? 0);
      pauses.push(next - now);
      now = next;
    }
    expect(pauses).toEqual([0, 0, 0, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  it('takes what failed at the same moment for one failure more, and keeps to what the receiver asked for', () => {
    const breaker = new Breaker();
    for (let i = 0; i < 20; i++) breaker.failed(T0, null);
    expect(breaker.opensAt()).toBe(T0 + 5_000);
    breaker.failed(T0 + 5_000, 2_000);
    expect(breaker.opensAt()).toBe(T0 + 7_000);
    breaker.failed(T0 + 7_000, 3_600_000);
    expect(breaker.opensAt()).toBe(T0 + 67_000);
  });
});
