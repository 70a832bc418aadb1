import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDetector } from '#src/detect/detector.ts';
import type { CheckRow } from '#src/domain/check.ts';
import type { MonitorConfig } from '#src/domain/monitor.ts';
import { insertCheck } from '#src/store/checks.ts';
import type { Reader } from '#src/store/database.ts';
import { readIncident, readIncidents } from '#src/store/incidents.ts';
import { readCurrentState, statusChangesBefore } from '#src/store/monitor-states.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { readNearMisses, readWindowsOfMonitor } from '#src/store/windows.ts';
import { type CheckSketch, checkResult, checkRow, monitorConfig, T0 } from '../../support/fixtures.ts';
import { handClock, type TempStore, tempStore } from '../../support/temp-store.ts';

const ALL = { status: null, service: null, before: null, limit: 50 };

function rig(...configs: Partial<MonitorConfig>[]) {
  const clock = handClock(T0);
  const store = tempStore(clock);
  store.transact((tx) => {
    tx.sql("INSERT INTO locations (name) VALUES ('default'), ('far'), ('farther')").run();
    tx.sql(
      "INSERT INTO channels (id, key, type, config, human, created_at, updated_at) VALUES ('chn_1', 'on-call', 'webhook', '{}', 1, 0, 0)",
    ).run();
    configs.forEach((config, i) => {
      insertMonitor(tx, `mon_${i + 1}`, monitorConfig({ key: `m${i + 1}`, name: `Monitor ${i + 1}`, ...config }));
    });
  });
  const feed = feeder(store);
  return { clock, store, feed, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

function feeder(store: TempStore) {
  let detector = createDetector({ store, publicUrl: () => 'http://hindcast.test' });
  const feed = (sketches: CheckSketch[], alerts = true) =>
    store.transact((tx) => {
      const rows: CheckRow[] = [];
      for (const sketch of sketches) {
        const row = checkRow(sketch);
        if (insertCheck(tx, row, checkResult(sketch), 'scheduled')) rows.push(row);
      }
      detector.apply(tx, rows, { alerts });
    });
  const restart = () => {
    detector = createDetector({ store, publicUrl: () => 'http://hindcast.test' });
  };
  return Object.assign(feed, { restart });
}

/** `u` up, `d` down, one check each 10 s from `start` seconds after T0. */
const stream = (letters: string, monitorNo = 1, start = 0): CheckSketch[] =>
  [...letters].map((letter, i) => ({
    at: T0 + (start + i * 10) * 1000,
    verdict: letter === 'd' ? ('down' as const) : letter === '?' ? ('unknown' as const) : ('up' as const),
    monitorNo,
  }));

const alertsOf = (reader: Reader) =>
  reader
    .sql<{ event: string; sequence: number; next_at: number }>(
      'SELECT event, sequence, next_at FROM alerts ORDER BY created_at, sequence',
    )
    .all();

describe('detection', () => {
  it('opens one incident when the failure is confirmed, and resolves it when the recovery is', () => {
    using t = rig({});
    t.feed(stream('uudd'));
    const open = readIncident(t.store.reader, '1', T0 + 60_000);
    expect(open).toMatchObject({ number: 1, status: 'open', kind: 'outage', title: 'Monitor 1 is down: HTTP 503' });
    t.feed(stream('uu', 1, 40));
    const over = readIncident(t.store.reader, '1', T0 + 120_000);
    expect(over?.status).toBe('resolved');
    expect(over?.downSeconds).toEqual({ min: 9.96, best: 20, max: 30.04 });
    expect(over?.affected[0]?.windows[0]).toMatchObject({ checks: 2, failed: 2, failures: { status: 2 } });
  });

  it('writes the alert in the transaction of the transition, and only once', () => {
    using t = rig({ channels: ['on-call'] });
    t.feed(stream('uudddd'));
    expect(alertsOf(t.store.reader)).toEqual([{ event: 'incident.opened', sequence: 1, next_at: T0 }]);
    t.feed(stream('uu', 1, 60));
    expect(alertsOf(t.store.reader).map((a) => a.event)).toEqual(['incident.opened', 'incident.resolved']);
  });

  it('writes neither incident nor alert when the transaction fails', () => {
    using t = rig({ channels: ['on-call'] });
    const detector = createDetector({ store: t.store, publicUrl: () => 'http://hindcast.test' });
    const rows = stream('udd').map(checkRow);
    expect(() =>
      t.store.transact((tx) => {
        detector.apply(tx, rows, { alerts: true });
        throw new Error('the disk is full');
      }),
    ).toThrow('the disk is full');
    detector.rollback([1]);
    expect(readIncidents(t.store.reader, ALL, T0)).toEqual([]);
    expect(alertsOf(t.store.reader)).toEqual([]);
    t.feed(stream('udd'));
    expect(readIncidents(t.store.reader, ALL, T0)).toHaveLength(1);
  });

  it('tells of monitors that join within the group wait in one update', () => {
    using t = rig(
      { service: 's', channels: ['on-call'] },
      { service: 's', channels: ['on-call'] },
      { service: 's', channels: ['on-call'] },
    );
    t.feed([...stream('uudd', 1), ...stream('uu', 2), ...stream('uu', 3)]);
    t.feed(stream('dd', 2, 20));
    t.feed(stream('dd', 3, 21));
    expect(alertsOf(t.store.reader)).toEqual([
      { event: 'incident.opened', sequence: 1, next_at: T0 },
      { event: 'incident.updated', sequence: 2, next_at: T0 + 10_000 },
    ]);
    expect(readIncidents(t.store.reader, ALL, T0 + 60_000)[0]?.affected).toHaveLength(3);
  });

  it('reopens the incident when the monitor fails again within 300 s, and counts the flap', () => {
    using t = rig({});
    t.feed(stream('udduu'));
    t.feed(stream('dduu', 1, 120));
    const incidents = readIncidents(t.store.reader, ALL, T0 + 600_000);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ flaps: 1, status: 'resolved' });
    expect(incidents[0]?.downSeconds.best).toBe(40);
    expect(incidents[0]?.spanSeconds.best).toBe(130);
  });

  it('names what was watched and not affected, and leaves out what was not watched', () => {
    using t = rig({ url: 'http://a.test/' }, { url: 'http://b.test/' }, { url: 'http://c.test/' });
    t.feed([...stream('uudduu', 1), ...stream('uuuuuu', 2), ...stream('??????', 3)]);
    const incident = readIncident(t.store.reader, '1', T0 + 120_000);
    expect(incident?.notAffected.map((m) => m.key)).toEqual(['m2']);
  });

  it('keeps a near-miss without an incident', () => {
    using t = rig({});
    t.feed(stream('uudu'));
    expect(readIncidents(t.store.reader, ALL, T0)).toEqual([]);
    expect(readNearMisses(t.store.reader, T0 * 2, 10)).toMatchObject([{ failed: 1, failure: 'status' }]);
  });

  it('opens no incident and sends nothing for what is unknown', () => {
    using t = rig({ channels: ['on-call'] });
    t.feed(stream('uu????????'));
    expect(readIncidents(t.store.reader, ALL, T0)).toEqual([]);
  });

  it('stores a check of one slot and location once', () => {
    using t = rig({});
    t.feed(stream('uudd'));
    t.feed(stream('uudd'));
    expect(t.store.reader.sql<{ n: number }>('SELECT count(*) AS n FROM checks').get()?.n).toBe(4);
    expect(readIncidents(t.store.reader, ALL, T0)).toHaveLength(1);
  });

  // Both runs end in one state, whatever way the rows took; three locations, a policy that changes, degraded too.
  const letter = fc.constantFrom('u', 'u', 'u', 'g', 'd', 'd', '?');
  const row = fc.record({ letter, slot: fc.nat(60), monitorNo: fc.constantFrom(1, 2), locationNo: fc.nat(2) });
  const policy = fc.record({ failures: fc.integer({ min: 1, max: 3 }), recoveries: fc.integer({ min: 1, max: 3 }) });
  const place = fc.record({ key: fc.nat(1000), cut: fc.nat(3) });

  it('ends with the same windows, incidents and state in whatever order and batches the rows come, restarts included', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(row, {
          selector: (r) => `${r.slot}/${r.monitorNo}/${r.locationNo}`,
          minLength: 1,
          maxLength: 120,
        }),
        policy,
        fc.integer({ min: 1, max: 2 }),
        fc.array(place, { minLength: 120, maxLength: 120 }),
        fc.nat(7),
        (rows, confirm, locations, places, restartAt) => {
          const config = { service: 's', confirm: { retrySeconds: 5, locations, ...confirm } };
          using inOrder = rig(config, config);
          using mixed = rig(config, config);
          const all = rows
            .map(({ letter: verdict, slot, monitorNo, locationNo }) => ({
              ...(stream(verdict, monitorNo, slot * 10)[0] as CheckSketch),
              ...(verdict === 'g' && { verdict: 'degraded' as const }),
              locationNo: locationNo + 1,
            }))
            .sort((x, y) => x.at - y.at || (x.locationNo ?? 0) - (y.locationNo ?? 0));
          inOrder.feed(all);
          const order = all.map((check, i) => ({ check, ...(places[i] as { key: number; cut: number }) }));
          order.sort((x, y) => x.key - y.key);
          let batch: CheckSketch[] = [];
          for (const [i, { check, cut }] of order.entries()) {
            batch.push(check);
            if (cut > 0 && i < order.length - 1) continue;
            if (i % 8 === restartAt) mixed.feed.restart();
            mixed.feed(batch);
            batch = [];
          }
          expect(picture(mixed.store)).toEqual(picture(inOrder.store));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('folds a row that comes late over a part of the history only, and forgets nothing of the rest', () => {
    using t = rig({});
    using whole = rig({});
    const year = [...stream('uudduu'), ...stream('u'.repeat(500), 1, 60), ...stream('udduuuuu', 1, 6000)];
    const late = stream('dd', 1, 3001);
    t.feed(year);
    t.feed(late);
    whole.feed([...year, ...late].sort((a, b) => a.at - b.at));
    expect(picture(t.store)).toEqual(picture(whole.store));
    expect(readWindowsOfMonitor(t.store.reader, 1)).toHaveLength(2);
    expect(readNearMisses(t.store.reader, T0 * 2, 10)).toHaveLength(2);
  });
});

/** All that detection says, without what depends on when it was first written (ids and numbers of incidents). */
function picture({ reader }: TempStore) {
  const incidents = readIncidents(reader, ALL, T0 + 3_600_000)
    .map(({ id, number, recordedAt, ...rest }) => rest)
    .sort((x, y) => x.start.best - y.start.best || x.title.localeCompare(y.title));
  const monitors = [1, 2].map((no) => ({
    changes: [...statusChangesBefore(reader, no, T0 * 2)],
    state: readCurrentState(reader, no),
    windows: readWindowsOfMonitor(reader, no).map(({ window }) => window),
  }));
  return { incidents, monitors, nearMisses: readNearMisses(reader, T0 * 2, 100) };
}
