import { describe, expect, it } from 'vitest';
import type { MonitorConfig } from '#src/domain/monitor.ts';
import { INITIAL_STATE, type MonitorStatus } from '#src/domain/status.ts';
import type { ProbeBatch } from '#src/queue/messages.ts';
import type { Queue } from '#src/queue/port.ts';
import { createScheduler } from '#src/schedule/scheduler.ts';
import { putState } from '#src/store/monitor-states.ts';
import { deleteMonitor, insertMonitor, readMonitor, updateMonitor } from '#src/store/monitors.ts';
import { monitorConfig, T0 } from '../../support/fixtures.ts';
import { handClock, tempStore } from '../../support/temp-store.ts';

function rig(...configs: Partial<MonitorConfig>[]) {
  const clock = handClock(T0);
  const store = tempStore(clock);
  const published: { at: number; monitorNo: number; location: string }[] = [];
  const missed: [number, number, number][] = [];
  let answer: 'queued' | 'full' = 'queued';
  const queue: Queue<ProbeBatch> = {
    async publish({ jobs, location }) {
      if (answer === 'queued') published.push(...jobs.map(({ at, monitorNo }) => ({ at, monitorNo, location })));
      return answer;
    },
    consume() {},
    depth: async () => 0,
    close: async () => {},
  };
  const scheduler = createScheduler({
    sentinels: [],
    tickMs: 20,
    store,
    clock,
    queueFor: () => queue,
    onMissed: (...span) => missed.push(span),
    onError: (error) => {
      throw error;
    },
  });
  store.transact((tx) => {
    configs.forEach((config, i) => {
      insertMonitor(tx, `mon_${i + 1}`, monitorConfig({ key: `m${i + 1}`, ...config }));
    });
  });
  return {
    clock,
    store,
    scheduler,
    published,
    missed,
    refuse: (refusing: boolean) => {
      answer = refusing ? 'full' : 'queued';
    },
    /** Lets the loop turn until `ms` have gone by; each check is settled `tookMs` after it was published. */
    async run(ms: number, tookMs: number | null = 10) {
      const end = clock.now() + ms;
      while (clock.now() < end) {
        const before = published.length;
        const { wakeAt } = await scheduler.pass();
        const started = published.slice(before);
        clock.set(Math.min(end, Math.max(clock.now() + 1, Math.min(wakeAt ?? end, clock.now() + 100))));
        if (tookMs === null) continue;
        for (const { monitorNo, location, at } of started) scheduler.settle(monitorNo, location, at);
      }
    },
    status(monitorNo: number, status: MonitorStatus) {
      store.transact((tx) => putState(tx, monitorNo, { ...INITIAL_STATE, status, since: clock.now() }, true));
    },
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

const gaps = (times: number[]) => times.slice(1).map((time, i) => time - (times[i] ?? 0));

describe('the schedule', () => {
  it('publishes each slot of the grid once, one interval apart', async () => {
    using t = rig({ intervalSeconds: 10 });
    await t.run(100_000);
    expect(t.published).toHaveLength(10);
    expect(new Set(gaps(t.published.map((job) => job.at)))).toEqual(new Set([10_000]));
    expect(t.missed).toEqual([]);
  });

  it('takes a monitor once although it stands in the plan twice', async () => {
    using t = rig({ intervalSeconds: 1, confirm: { failures: 2, recoveries: 2, retrySeconds: 1, locations: 1 } });
    await t.run(3_000);
    t.status(1, 'suspect');
    await t.run(1_000);
    t.status(1, 'down');
    await t.run(10_000);
    expect(t.missed).toEqual([]);
    const slots = t.published.map((job) => job.at);
    expect(new Set(slots).size).toBe(slots.length);
    expect(Math.max(...gaps(slots))).toBeLessThanOrEqual(1_100);
  });

  it('checks every retrySeconds while a status is being confirmed, and on the grid again afterwards', async () => {
    using t = rig({ intervalSeconds: 60 });
    await t.run(60_000);
    t.status(1, 'down');
    const before = t.published.length;
    await t.run(30_000);
    expect(t.published.length - before).toBeGreaterThanOrEqual(5);
    t.status(1, 'up');
    const slot = t.published[0]?.at ?? 0;
    const from = t.published.length;
    await t.run(180_000);
    expect(t.published.slice(from).map((job) => (job.at - slot) % 60_000)).toEqual([0, 0, 0]);
  });

  it('has one check of a monitor under way at a time, and takes it for lost in the end', async () => {
    using t = rig({ intervalSeconds: 5, timeoutSeconds: 5 });
    await t.run(9_900, null);
    expect(t.published).toHaveLength(1);
    await t.run(10_000, null);
    expect(t.published.length).toBeGreaterThan(1);
  });

  it('starts a slot that waited as soon as the check before it is recorded', async () => {
    using t = rig({ intervalSeconds: 5, timeoutSeconds: 5 });
    await t.run(5_000, null);
    const first = t.published[0];
    await t.run((first?.at ?? 0) + 5_100 - t.clock.now(), null);
    expect(t.published).toHaveLength(1);
    expect(t.scheduler.settle(1, 'default', first?.at ?? 0)).toBe(true);
    await t.scheduler.pass();
    expect(t.published.map((job) => job.at)).toEqual([first?.at, (first?.at ?? 0) + 5_000]);
  });

  it('records what it slept through as missed and does not catch up', async () => {
    using t = rig({ intervalSeconds: 10 });
    await t.run(20_000);
    const before = t.published.length;
    t.clock.advance(3_600_000);
    await t.run(20_000);
    expect(t.published.length - before).toBeLessThanOrEqual(3);
    expect(t.missed).toHaveLength(1);
    expect((t.missed[0]?.[2] ?? 0) - (t.missed[0]?.[1] ?? 0)).toBeGreaterThan(3_580_000);
  });

  it('records a slot that the queue had no room for as missed', async () => {
    using t = rig({ intervalSeconds: 10 });
    t.refuse(true);
    await t.run(20_000);
    expect(t.missed).toHaveLength(2);
    t.refuse(false);
    await t.run(20_000);
    expect(t.published).toHaveLength(2);
  });

  it('follows what is paused, resumed, changed and deleted', async () => {
    using t = rig({ intervalSeconds: 10 });
    const change = (config: Partial<MonitorConfig>) =>
      t.store.transact((tx) => {
        const monitor = readMonitor(tx, 'm1');
        if (monitor) updateMonitor(tx, monitor, { ...monitor.config, ...config });
      });
    await t.run(20_000);
    change({ paused: true });
    await t.run(30_000);
    expect(t.published).toHaveLength(2);
    change({ paused: false, intervalSeconds: 5 });
    await t.run(20_000);
    expect(t.published).toHaveLength(6);
    t.store.transact((tx) => {
      const monitor = readMonitor(tx, 'm1');
      if (monitor) deleteMonitor(tx, monitor);
    });
    await t.run(30_000);
    expect(t.published).toHaveLength(6);
  });

  it('spreads many monitors over the interval instead of starting them together', async () => {
    using t = rig(...Array.from({ length: 200 }, () => ({ intervalSeconds: 10 })));
    await t.run(10_000);
    expect(t.published).toHaveLength(200);
    const perSecond = new Array(10).fill(0);
    for (const { at } of t.published) perSecond[Math.min(9, Math.floor((at - T0) / 1000))]++;
    expect(Math.max(...perSecond)).toBeLessThan(45);
  });
});
