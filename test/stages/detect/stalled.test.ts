import { describe, expect, it } from 'vitest';
import { openTrouble } from '#src/detect/own-trouble.ts';
import { createStalledWatch } from '#src/detect/stalled.ts';
import { readIncidents } from '#src/store/incidents.ts';
import { readMonitor, updateMonitor } from '#src/store/monitors.ts';
import { monitorConfig, T0 } from '../../support/fixtures.ts';
import { policyRig } from './policy-rig.ts';

const all = { status: null, service: null, before: null, limit: 50 };

function rig(monitors = 2) {
  const t = policyRig(...Array.from({ length: monitors }, () => ({ intervalSeconds: 10, timeoutSeconds: 5 })));
  const watch = createStalledWatch({ store: t.store, clock: t.clock, publicUrl: () => 'http://hindcast.test' });
  /** A look every 5 s; monitors that are named have a result at each. */
  async function pass(from: number, to: number, ...alive: number[]) {
    for (let at = from; at <= to; at += 5) {
      t.check(at, 'up', ...alive);
      await watch.pass();
    }
  }
  return { ...t, watch, pass, incidents: () => readIncidents(t.store.reader, all, t.clock.now()) };
}

describe('monitors without results', () => {
  it('for three intervals and the time of a check are one alarm to everyone, over when the last one is back', async () => {
    using t = rig(3);
    await t.pass(0, 35, 1);
    expect(t.incidents()).toEqual([]);
    await t.pass(40, 45, 1);
    expect(t.incidents()).toMatchObject([
      {
        kind: 'blind',
        status: 'open',
        title: 'Monitoring is stalled: no result of Monitor 2 and 1 more for three intervals',
      },
    ]);
    expect(t.lines()).toHaveLength(3);
    await t.pass(50, 60, 1, 2);
    expect(t.incidents()).toMatchObject([{ status: 'open' }]);
    await t.pass(65, 65, 1, 2, 3);
    expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
    await t.until(70);
    expect(t.lines().filter((line) => line.includes('resolved'))).toHaveLength(3);
  });

  it('are none that are paused, nor any after a sleep of the machine', async () => {
    using t = rig(1);
    await t.pass(0, 20, 1);
    t.clock.set(T0 + 4_000_000);
    await t.watch.pass();
    expect(t.incidents()).toEqual([]);
    const monitor = readMonitor(t.store.reader, 'm1');
    if (!monitor) throw new Error('there is no monitor');
    t.store.transact((tx) => updateMonitor(tx, monitor, monitorConfig({ ...monitor.config, paused: true })));
    await t.pass(4000, 4200);
    expect(t.incidents()).toEqual([]);
  });

  it('are not told again where another trouble says why', async () => {
    using t = rig(1);
    await t.pass(0, 10, 1);
    const blind = { name: 'blind:default', title: 'Monitoring is blind', startedAt: T0, detectedAt: T0 };
    t.store.transact((tx) => openTrouble(tx, blind, 'http://hindcast.test'));
    await t.pass(15, 100);
    expect(t.incidents()).toHaveLength(1);
  });
});
