import { describe, expect, it } from 'vitest';
import { createDigests } from '#src/detect/digest.ts';
import { addStatusChange } from '#src/store/monitor-states.ts';
import { T0 } from '../../support/fixtures.ts';
import { policyRig } from './policy-rig.ts';

const HOUR = 3600;

/** T0 is 03:00 UTC. */
function rig(...digests: string[]) {
  const t = policyRig({ channels: ['on-call', 'boss'] }, { channels: ['on-call'] });
  ['on-call', 'boss', 'cto'].forEach((key, i) => {
    t.store.transact((tx) => tx.sql('UPDATE channels SET digest = ? WHERE key = ?').run(digests[i] ?? 'off', key));
  });
  let digest = createDigests(t);
  const status = (seconds: number, monitorNo: number, from: 'up' | 'degraded', to: 'up' | 'degraded') => {
    const at = T0 + seconds * 1000;
    t.store.transact((tx) => {
      addStatusChange(tx, monitorNo, { checkAt: at, locationNo: 1, at, from, to, reason: 'slow' });
    });
  };
  const pass = async (seconds: number) => {
    t.clock.set(T0 + seconds * 1000);
    return digest.pass();
  };
  return Object.assign(t, {
    status,
    pass,
    /** Degraded from a moment on, for so long. */
    slow(seconds: number, monitorNo: number, lasts: number) {
      status(seconds, monitorNo, 'up', 'degraded');
      status(seconds + lasts, monitorNo, 'degraded', 'up');
    },
    again: () => {
      digest = createDigests(t);
    },
  });
}

describe('a digest', () => {
  it('tells a channel once an hour of its monitors that were degraded, and says nothing when none was', async () => {
    using t = rig('hourly');
    await t.pass(10);
    t.slow(60, 1, 120);
    t.slow(600, 1, 60);
    t.slow(700, 2, 30);
    await t.pass(HOUR - 1);
    expect(t.lines()).toEqual([]);
    expect(await t.pass(HOUR + 5)).toEqual({ wakeAt: T0 + 2 * HOUR * 1000 });
    await t.pass(2 * HOUR + 5);
    expect(t.lines()).toEqual([`${HOUR + 5} on-call monitors.degraded (pending)`]);
    const [digest] = t.told();
    expect(digest?.payload?.data.summary).toBe('Degraded: Monitor 1 (2 times, 3 min), Monitor 2 (once, 30 s)');
    expect(digest?.payload?.data.degraded?.monitors[0]).toMatchObject({ key: 'm1', times: 2, seconds: 180 });
  });

  it('comes at 08:00 UTC to a channel that wants it daily, never to one that wants none', async () => {
    using t = rig('daily', 'off');
    await t.pass(10);
    t.slow(60, 1, 120);
    await t.pass(5 * HOUR - 1);
    expect(t.lines()).toEqual([]);
    await t.pass(5 * HOUR);
    expect(t.lines()).toEqual([`${5 * HOUR} on-call monitors.degraded (pending)`]);
  });

  it('is one after a time in which no server ran, and says when it is of', async () => {
    using t = rig('hourly');
    await t.pass(10);
    t.slow(60, 1, 120);
    t.slow(2 * HOUR + 60, 1, 120);
    t.again();
    await t.pass(10 * HOUR + 1);
    await t.pass(10 * HOUR + 2);
    expect(t.lines()).toHaveLength(1);
    expect(t.told()[0]?.payload?.data.degraded).toMatchObject({
      from: '2026-03-01T03:00:10.000Z',
      to: '2026-03-01T13:00:00.000Z',
      monitors: [{ times: 2 }],
    });
  });
});
