import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startLoop } from '#workers/loop.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };

describe('a loop', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function start(pass: () => Promise<{ wakeAt: number | null } | undefined>) {
    const errors: unknown[] = [];
    const jumps: [number, number][] = [];
    const loop = startLoop({
      name: 'test',
      pass,
      clock,
      onError: (e) => errors.push(e),
      onClockJump: (a, b) => jumps.push([a, b]),
    });
    return { loop, errors, jumps };
  }

  it('makes a pass at once, and then when the pass asked for it', async () => {
    let passes = 0;
    const { loop } = start(async () => {
      passes++;
      return { wakeAt: Date.now() + 5_000 };
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(passes).toBe(1);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(passes).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(passes).toBe(2);
    await loop.stop();
  });

  it('sleeps 30 s at most', async () => {
    let passes = 0;
    const { loop } = start(async () => {
      passes++;
      return { wakeAt: null };
    });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(passes).toBe(2);
    await loop.stop();
  });

  it('makes one more pass for any number of nudges during a pass, and never two at once', async () => {
    let passes = 0;
    let running = 0;
    let most = 0;
    const { loop } = start(async () => {
      passes++;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running--;
      return { wakeAt: null };
    });
    await vi.advanceTimersByTimeAsync(50);
    for (let i = 0; i < 5; i++) loop.nudge();
    await vi.advanceTimersByTimeAsync(250);
    expect(passes).toBe(2);
    expect(most).toBe(1);
    await loop.stop();
  });

  it('reports a pass that throws and goes on, more slowly each time', async () => {
    let passes = 0;
    const { loop, errors } = start(async () => {
      passes++;
      throw new Error('no');
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(errors.length).toBe(passes);
    expect(passes).toBeGreaterThan(2);
    expect(passes).toBeLessThan(6);
    await loop.stop();
  });

  it('is not hurried by nudges while it pauses after an error', async () => {
    let passes = 0;
    const { loop } = start(async () => {
      passes++;
      throw new Error('no');
    });
    for (let i = 0; i < 100; i++) {
      loop.nudge();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(passes).toBeGreaterThan(2);
    expect(passes).toBeLessThan(6);
    await loop.stop();
  });

  it('makes no pass after it was stopped, and waits for the one under way', async () => {
    let passes = 0;
    let ended = false;
    const { loop } = start(async () => {
      passes++;
      await new Promise((resolve) => setTimeout(resolve, 100));
      ended = true;
      return { wakeAt: Date.now() };
    });
    await vi.advanceTimersByTimeAsync(10);
    const stopped = loop.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    await stopped;
    expect(ended).toBe(true);
    loop.nudge();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(passes).toBe(1);
  });

  it('reports a step of the wall clock of more than two seconds', async () => {
    const { loop, jumps } = start(async () => ({ wakeAt: null }));
    await vi.advanceTimersByTimeAsync(0);
    vi.setSystemTime(Date.now() + 3_600_000);
    loop.nudge();
    await vi.advanceTimersByTimeAsync(0);
    expect(jumps).toHaveLength(1);
    expect((jumps[0]?.[1] ?? 0) - (jumps[0]?.[0] ?? 0)).toBeCloseTo(3_600_000, -2);
    await loop.stop();
  });
});
