import { expect, it } from 'vitest';
import { createDetector } from '#src/detect/detector.ts';
import { createLocationWatch } from '#src/detect/lost-locations.ts';
import type { Verdict } from '#src/domain/check.ts';
import type { LocationHealth } from '#src/domain/location.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import { insertCheck } from '#src/store/checks.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { readIncidents } from '#src/store/incidents.ts';
import { readStatus } from '#src/store/monitor-states.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { countWindow, readWindowsOfMonitor } from '#src/store/windows.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { checkResult, checkRow, monitorConfig } from '../../support/fixtures.ts';
import { handClock, tempStore } from '../../support/temp-store.ts';

const START = Date.UTC(2026, 5, 1);

/** Three locations (1 eu, 2 us, 3 ap) of one monitor, with workers that come and go. */
function rig(quorum: number) {
  const clock = handClock(START);
  const store = tempStore(clock);
  const detector = createDetector({ store, publicUrl: () => '' });
  const names = ['eu', 'us', 'ap'];
  const healthy = new Set(names);
  let answers = true;
  store.transact((tx) => {
    for (const name of names) tx.sql('INSERT INTO locations (name) VALUES (?)').run(name);
    tx.sql(
      "INSERT INTO channels (id, key, type, config, human, created_at, updated_at) VALUES ('chn_1', 'ops', 'webhook', '{}', 1, 0, 0)",
    ).run();
    insertMonitor(
      tx,
      'mon_1',
      monitorConfig({
        key: 'm1',
        locations: names,
        confirm: { failures: 2, recoveries: 1, retrySeconds: 5, locations: quorum },
      }),
    );
  });
  const read = async (): Promise<LocationHealth[]> => {
    if (!answers) throw new Error('Redis is away');
    return names.map((name) => ({
      name,
      healthy: healthy.has(name),
      workers: healthy.has(name) ? 1 : 0,
      lagMs: 0,
      lastSeenAt: START,
    }));
  };
  const watch = createLocationWatch({ store, clock, detector, read, publicUrl: () => '' });
  return {
    store,
    detector,
    healthy,
    silence: (silent: boolean) => {
      answers = !silent;
    },
    /** Looks each second up to a time, in seconds from START. */
    async until(second: number) {
      for (let at = clock.now() + 1000; at <= START + second * 1000; at += 1000) {
        clock.set(at);
        await watch.pass();
      }
    },
    check(locationNo: number, verdict: Verdict) {
      const sketch = { at: clock.now(), locationNo, verdict };
      const row = checkRow(sketch);
      store.transact((tx) => {
        insertCheck(tx, row, checkResult(sketch), 'scheduled');
        detector.apply(tx, [row], { alerts: true });
      });
    },
    status: () => readStatus(store.reader, 1)?.status,
    incidents: () => readIncidents(store.reader, { status: null, service: null, before: null, limit: 9 }, clock.now()),
    windows: () => readWindowsOfMonitor(store.reader, 1).map(({ window }) => countWindow(store.reader, window)),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

/** All three places see it up; then the first sees it failing twice, and the second goes on seeing it up. */
async function failingAt1(t: ReturnType<typeof rig>): Promise<void> {
  await t.until(20);
  for (const place of [1, 2, 3]) t.check(place, 'up');
  for (const second of [25, 30]) {
    await t.until(second);
    t.check(1, 'down');
    t.check(2, 'up');
  }
}

it('what a lost location had seen failing is held against nobody once another location sees it up', async () => {
  using t = rig(1);
  await failingAt1(t);
  expect(t.status()).toBe('down');
  t.healthy.delete('eu');
  await t.until(36);
  t.check(2, 'up');
  expect(t.status(), 'a worker that is started anew is no loss').toBe('down');
  await t.until(45);
  t.check(2, 'up');
  expect(t.status()).toBe('up');
  expect(t.windows()).toMatchObject([{ seenFrom: { failed: ['eu'], passed: ['us'], lost: ['eu'] } }]);

  t.healthy.add('eu');
  await t.until(60);
  for (const second of [62, 67]) {
    await t.until(second);
    t.check(1, 'down');
  }
  expect(t.status(), 'it is back, and sees it failing again').toBe('down');
  expect(t.windows()).toHaveLength(2);
  const [first, second] = t.windows();
  expect(second?.firstBad.startedAt).toBeGreaterThan(first?.firstGood?.startedAt ?? 0);
});

it('a window stays open while the others see it failing too, or nobody looks', async () => {
  using t = rig(1);
  await t.until(20);
  t.check(1, 'up');
  for (const second of [25, 30]) {
    await t.until(second);
    t.check(1, 'down');
  }
  t.healthy.delete('eu');
  await t.until(60);
  expect(t.status()).toBe('down');
  t.check(2, 'down');
  expect(t.status()).toBe('down');
  expect(t.windows()).toMatchObject([{ firstGood: null }]);
});

it('folds the same from the rows again, with what was lost', async () => {
  using t = rig(2);
  await t.until(20);
  for (const place of [1, 2, 3]) t.check(place, 'up');
  for (const second of [25, 30, 35]) {
    await t.until(second);
    t.check(1, 'down');
    t.check(2, 'down');
  }
  t.healthy.delete('us');
  await t.until(50);
  t.check(3, 'up');
  await t.until(55);
  t.check(1, 'down');
  const live = t.windows();
  expect(live).toMatchObject([{ firstGood: { locationNo: 3 } }]);
  t.store.transact((tx) => t.detector.recount(tx, 1, [[START, START + 100_000]]));
  expect(t.windows()).toEqual(live);
});

it('tells everyone once when fewer locations are left than must agree, and when they are back', async () => {
  using t = rig(2);
  await t.until(20);
  t.healthy.delete('eu');
  await t.until(60);
  expect(t.incidents(), 'two of three are enough').toEqual([]);
  t.healthy.delete('us');
  await t.until(120);
  const open = t.incidents();
  expect(open.map(({ kind, status }) => [kind, status])).toEqual([
    ['blind', 'open'],
    ['blind', 'open'],
  ]);
  expect(open[0]?.title).toMatch(/^No worker makes the checks at (?:eu|us): 1 monitor has fewer locations/);
  t.silence(true);
  t.healthy.add('us');
  await t.until(150);
  expect(
    t.incidents().filter(({ status }) => status === 'open'),
    'who does not answer, says nothing',
  ).toHaveLength(2);
  t.silence(false);
  await t.until(160);
  expect(t.incidents().filter(({ status }) => status === 'open')).toEqual([]);
  const alerts = t.store.reader.sql<{ event: string }>('SELECT event FROM alerts ORDER BY created_at, event').all();
  expect(alerts.map(({ event }) => event)).toEqual([
    'monitoring.blind',
    'monitoring.blind',
    'incident.resolved',
    'incident.resolved',
  ]);
});

it('says nothing of a location that never had a worker, nor right after a start', async () => {
  using t = rig(3);
  t.healthy.delete('eu');
  await t.until(14);
  expect(t.incidents()).toEqual([]);
});

it('stands in the draft as time in which nothing was seen from there, and the checker knows it too', async () => {
  using t = rig(1);
  await failingAt1(t);
  t.healthy.delete('eu');
  await t.until(45);
  t.check(2, 'up');
  await t.until(60);
  const { id } = t.incidents().find(({ kind }) => kind === 'outage') ?? { id: '' };
  const rows = readDraftRows(t.store.reader, id, START + 60_000);
  if (!rows) throw new Error('no incident');
  const { ledger, document } = drawPostmortem(rows);
  const words = document.sections.flatMap(({ blocks }) => blocks.flatMap(({ spans }) => spans.map(({ text }) => text)));
  expect(words.join(' ')).toContain('Unobserved time: no worker was at eu, and nothing was seen from there, still so.');
  expect(verifyPostmortem(t.store.reader, { incidentId: id, ledger, document }).failed).toEqual([]);
  const lie = structuredClone(ledger).map((fact) => (fact.name === 'placeLostName' ? { ...fact, value: 'us' } : fact));
  expect(verifyPostmortem(t.store.reader, { incidentId: id, ledger: lie, document }).failed).not.toEqual([]);
  const silent = structuredClone(document);
  for (const section of silent.sections)
    section.blocks = section.blocks.filter((block) => !block.id.includes('unobserved.l1'));
  expect(verifyPostmortem(t.store.reader, { incidentId: id, ledger, document: silent }).failed).not.toEqual([]);
});
