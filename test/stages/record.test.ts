import { describe, expect, it } from 'vitest';
import { createBlindWatch } from '#src/detect/blind.ts';
import { createDetector } from '#src/detect/detector.ts';
import { intervalAt } from '#src/domain/monitor.ts';
import { DAY_MS, HOUR_MS } from '#src/domain/rollup.ts';
import { createDrafter } from '#src/draft/drafter.ts';
import { createRecorder } from '#src/record/recorder.ts';
import { createRetention } from '#src/record/retention.ts';
import { createRoller } from '#src/record/roller.ts';
import { readIncidents } from '#src/store/incidents.ts';
import { readFirstCheckAt, readGaps, readLatency } from '#src/store/measures.ts';
import { insertMonitor, readRevisions } from '#src/store/monitors.ts';
import { readRollups } from '#src/store/rollups.ts';
import { readWindowsOfMonitor } from '#src/store/windows.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { checkResult, monitorConfig } from '../support/fixtures.ts';
import { generator } from '../support/outages.ts';
import { handClock, tempStore } from '../support/temp-store.ts';

const START = Date.UTC(2026, 0, 5);
const EVERY_MS = 10_000;

/** A monitor at 10 s for some days, with a stretch nobody watched, an outage and a near-miss. */
function rig(days: number) {
  const end = START + days * DAY_MS;
  const clock = handClock(end + 2 * HOUR_MS);
  const store = tempStore(clock);
  store.transact((tx) => insertMonitor(tx, 'mon_1', monitorConfig({ key: 'm1', intervalSeconds: 10 })));
  const detector = createDetector({ store, publicUrl: () => '' });
  const recorder = createRecorder({ store, detector, blind: createBlindWatch({ publicUrl: () => '' }) });
  const random = generator(1);
  const rows = [];
  for (let at = START; at < end; at += EVERY_MS) {
    const hour = (at - START) / HOUR_MS;
    if (hour >= 5.2 && hour < 7.9) continue;
    const isDown = (hour >= 30 && hour < 30.2) || at === START + 40 * HOUR_MS;
    const latencyMs = 40 + random() * 200;
    rows.push({
      location: 'default',
      result: { ...checkResult({ at, verdict: isDown ? 'down' : 'up' }), startedAt: at, latencyMs },
    });
  }
  recorder.importRows(1, rows);
  const interval = intervalAt(readRevisions(store.reader, 1));
  const roller = createRoller({ store, clock });
  return { clock, store, recorder, roller, interval, end, [Symbol.dispose]: () => store[Symbol.dispose]() };
}
type Rig = ReturnType<typeof rig>;

const gaps = ({ store, interval, end }: Rig) => readGaps(store.reader, 1, [START, end], interval);
const daily = ({ store, end }: Rig) => readLatency(store.reader, 1, START, end, DAY_MS);
const rowsLeft = ({ store }: Rig) => store.reader.sql<{ n: number }>('SELECT count(*) AS n FROM checks').get()?.n ?? 0;

describe('what is rolled up', () => {
  it('tells the same as the rows: gaps exactly, percentiles within 1 %, counts and maximum exactly', async () => {
    using t = rig(3);
    // Three days are more rows than are read one by one, once they are rolled up.
    const [exactGaps, exact] = [gaps(t), daily(t)];
    await t.roller.pass();
    expect(readRollups(t.store.reader, 1, HOUR_MS, 0, t.end)).toHaveLength(71);
    expect(readRollups(t.store.reader, 1, DAY_MS, 0, t.end).map(({ up, down }) => up + down)).toEqual([
      7668, 8640, 8640,
    ]);
    expect(gaps(t)).toEqual(exactGaps);
    const rolled = daily(t);
    expect(rolled.map(({ from, count, max }) => [from, count, max])).toEqual(
      exact.map(({ from, count, max }) => [from, count, max]),
    );
    for (const [i, day] of rolled.entries())
      for (const p of ['p50', 'p95', 'p99'] as const) {
        expect(Math.abs(day[p] / (exact[i]?.[p] ?? 0) - 1)).toBeLessThanOrEqual(0.01);
        expect(day[p], 'made from a sketch').not.toBe(exact[i]?.[p]);
      }
  });

  it('takes a row that comes late, and is right before it is rolled up again', async () => {
    using t = rig(3);
    await t.roller.pass();
    const at = START + 6.5 * HOUR_MS;
    t.recorder.importRows(1, [
      { location: 'default', result: { ...checkResult({ at, verdict: 'up' }), startedAt: at, latencyMs: 900 } },
    ]);
    const before = { gaps: gaps(t), daily: daily(t) };
    expect(before.gaps).toHaveLength(2);
    expect(before.daily[0]?.max).toBe(900);
    await t.roller.pass();
    expect({ gaps: gaps(t), daily: daily(t) }).toEqual(before);
  });

  it('waits for an hour to be over', async () => {
    using t = rig(1);
    t.clock.set(t.end);
    await t.roller.pass();
    expect(readRollups(t.store.reader, 1, HOUR_MS, t.end - HOUR_MS, t.end)).toHaveLength(0);
    t.clock.set(t.end + 61_000);
    await t.roller.pass();
    expect(readRollups(t.store.reader, 1, HOUR_MS, t.end - HOUR_MS, t.end)).toHaveLength(1);
  });
});

describe('retention', () => {
  it('deletes old rows in their rolled-up hours and keeps those that a draft cites', async () => {
    using t = rig(3);
    const drafter = createDrafter({
      store: t.store,
      clock: t.clock,
      verify: (postmortem) => verifyPostmortem(t.store.reader, postmortem),
      logger: { info() {}, error() {} },
    });
    const [incident] = readIncidents(t.store.reader, { status: null, service: null, before: null, limit: 1 }, t.end);
    const draft = drafter.current(incident?.id ?? '');
    const retention = createRetention({ store: t.store, clock: t.clock, rawDays: 1 });
    const all = rowsLeft(t);
    await retention.pass();
    expect(rowsLeft(t), 'nothing goes before it is rolled up').toBe(all);
    await t.roller.pass();
    const told = { gaps: gaps(t), daily: daily(t), first: readFirstCheckAt(t.store.reader, 1) };
    const windows = readWindowsOfMonitor(t.store.reader, 1);
    await retention.pass();
    // Left: the last 26 hours, an hour around the incident on both sides, the near-miss with its hour.
    expect(rowsLeft(t)).toBeLessThan(all * 0.55);
    expect(rowsLeft(t)).toBeGreaterThan(24 * 360);
    expect({ gaps: gaps(t), daily: daily(t), first: readFirstCheckAt(t.store.reader, 1) }).toEqual(told);
    expect(readWindowsOfMonitor(t.store.reader, 1)).toEqual(windows);
    const verified = verifyPostmortem(t.store.reader, draft as NonNullable<typeof draft>);
    expect(verified.failed).toEqual([]);
    const again = t.store.transact((tx) => drafter.revise(tx, incident?.id ?? '', { reason: 'drawn', by: null }));
    expect(again?.snapshot).toBe(draft?.snapshot);
  });

  it('answers minutes from what is rolled up when the rows are gone', async () => {
    using t = rig(3);
    const hour = [START + 10 * HOUR_MS, START + 11 * HOUR_MS] as const;
    const exact = readLatency(t.store.reader, 1, ...hour, 60_000);
    await t.roller.pass();
    await createRetention({ store: t.store, clock: t.clock, rawDays: 1 }).pass();
    const rolled = readLatency(t.store.reader, 1, ...hour, 60_000);
    expect(rolled.map(({ from, count, max }) => [from, count, max])).toEqual(
      exact.map(({ from, count, max }) => [from, count, max]),
    );
  });

  it('keeps everything when no policy says otherwise', async () => {
    using t = rig(1);
    await t.roller.pass();
    const before = rowsLeft(t);
    expect(await createRetention({ store: t.store, clock: t.clock, rawDays: null }).pass()).toEqual({ wakeAt: null });
    expect(rowsLeft(t)).toBe(before);
  });
});
