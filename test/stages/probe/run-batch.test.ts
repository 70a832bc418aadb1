import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CheckResult } from '#src/domain/check.ts';
import { unknownResult } from '#src/domain/check.ts';
import type { ProbeTarget } from '#src/domain/monitor.ts';
import { CannotProbe } from '#src/probe/cannot-probe.ts';
import { createBatchRunner } from '#src/probe/run-batch.ts';
import { checkResult, monitorConfig, T0 } from '../../support/fixtures.ts';
import { eventually } from '../../support/server.ts';
import { handClock } from '../../support/temp-store.ts';

type Answer = (target: ProbeTarget, signal?: AbortSignal) => Promise<CheckResult>;
const up = () => checkResult({ at: T0 });
const down = () => checkResult({ at: T0, verdict: 'down' });
const never = new AbortController().signal;

/** A runner whose prober answers by the number of the monitor, and what it sent on. */
function rig(answers: Record<number, Answer>, concurrency = 100) {
  const clock = handClock(T0);
  const sent: { monitorNo: number; result: CheckResult | null }[][] = [];
  const errors: unknown[] = [];
  let running = 0;
  let most = 0;
  const runner = createBatchRunner({
    prober: {
      async probe(target, signal) {
        most = Math.max(most, ++running);
        try {
          return await (answers[Number(target.monitorId)] ?? (async () => up()))(target, signal);
        } finally {
          running--;
        }
      },
      async reach() {},
      async close() {},
    },
    clock,
    concurrency,
    onError: (error) => errors.push(error),
    async publish(_location, outcomes) {
      sent.push(outcomes);
    },
  });
  const batch = (...numbers: number[]) => ({
    location: 'default',
    jobs: numbers.map((monitorNo) => ({
      monitorNo,
      at: T0,
      startBefore: T0 + 1_000,
      target: { ...monitorConfig(), monitorId: String(monitorNo) } as ProbeTarget,
    })),
  });
  return { clock, sent, errors, runner, batch, most: () => most, all: () => sent.flat() };
}

function gate<T>() {
  return Promise.withResolvers<T>();
}

describe('a batch of checks', () => {
  it('sends results on while a slow target of the same batch is still under way', async () => {
    const slow = gate<CheckResult>();
    const { runner, batch, all } = rig({ 2: () => slow.promise });
    let done = false;
    const run = runner.run(batch(1, 2, 3), never).then(() => {
      done = true;
    });
    await eventually('the other results', () => (all().length === 2 ? true : null));
    expect(done).toBe(false);
    slow.resolve(up());
    await run;
    expect(
      all()
        .map(({ monitorNo }) => monitorNo)
        .sort(),
    ).toEqual([1, 2, 3]);
  });

  it('makes no more checks at once than it was told, over all batches', async () => {
    const { runner, batch, most, all } = rig({}, 3);
    await Promise.all([runner.run(batch(1, 2, 3, 4, 5), never), runner.run(batch(6, 7, 8), never)]);
    expect(most()).toBe(3);
    expect(all()).toHaveLength(8);
  });

  it('starts no check whose time is over, and says that it was missed', async () => {
    const { runner, batch, clock, all, most } = rig({});
    clock.advance(1_000);
    await runner.run(batch(1), never);
    expect(all()).toEqual([{ monitorNo: 1, at: T0, result: null }]);
    expect(most()).toBe(0);
  });

  it('sends what is not up without waiting for company', async () => {
    const slow = gate<CheckResult>();
    const { runner, batch, sent } = rig({ 1: async () => down(), 2: () => slow.promise });
    const run = runner.run(batch(1, 2), never);
    for (let i = 0; i < 5; i++) await turn();
    expect(sent).toHaveLength(1);
    slow.resolve(up());
    await run;
  });

  it('sends failures that come together in one message, so that an outage of all is no storm of messages', async () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    const { runner, batch, sent, all } = rig(Object.fromEntries(numbers.map((n) => [n, async () => down()])));
    await runner.run(batch(...numbers), never);
    expect(all()).toHaveLength(40);
    expect(sent.length).toBeLessThanOrEqual(2);
  });

  it('records what cannot be tried as unknown, and a refused address by its name', async () => {
    const { runner, batch, all } = rig({
      1: async () => {
        throw new CannotProbe('target-refused', 'url', 'the address is refused');
      },
      2: async () => {
        throw new CannotProbe('secret-unreadable', 'auth', 'sealed with another key');
      },
    });
    await runner.run(batch(1, 2), never);
    const results = all().map(({ result }) => result);
    expect(results).toEqual([
      { ...unknownResult(T0, T0, 'the address is refused'), failure: 'target-refused' },
      unknownResult(T0, T0, 'sealed with another key'),
    ]);
  });

  it('reports a fault of the prober as its own, and keeps it from the other checks of the batch', async () => {
    const { runner, batch, all, errors } = rig({
      1: async () => {
        throw new TypeError('a bug');
      },
    });
    await runner.run(batch(1, 2), never);
    const verdicts = Object.fromEntries(all().map(({ monitorNo, result }) => [monitorNo, result?.verdict]));
    expect(verdicts).toEqual({ 1: 'unknown', 2: 'up' });
    expect(errors.map(String)).toEqual(['TypeError: a bug']);
  });

  it('fails when results could not be sent on, so that the queue hands it out again', async () => {
    const clock = handClock(T0);
    const runner = createBatchRunner({
      prober: { probe: async () => up(), async reach() {}, async close() {} },
      clock,
      concurrency: 1,
      onError: () => {},
      publish: async () => {
        throw new Error('Redis is away');
      },
    });
    await expect(runner.run(rig({}).batch(1), never)).rejects.toThrow('Redis is away');
  });

  it('hands the signal to the probes, whose unknown results are sent on as well', async () => {
    const stop = new AbortController();
    const { runner, batch, all } = rig({
      1: (_target, signal) =>
        new Promise((resolve) =>
          signal?.addEventListener('abort', () => resolve(unknownResult(T0, T0, 'shutdown')), { once: true }),
        ),
    });
    const run = runner.run(batch(1), stop.signal);
    await turn();
    stop.abort();
    await run;
    expect(all().map(({ result }) => result?.detail)).toEqual(['shutdown']);
  });
});
