import { expect, it } from 'vitest';
import { createDrafter, type ToVerify } from '#src/draft/drafter.ts';
import { touchIncident } from '#src/store/incidents.ts';
import { readPostmortem, readStaleDrafts } from '#src/store/postmortems.ts';
import { flapping, type Scene, scene, shortOutage, stillOpen } from './scenes.ts';

function drafterOf(s: Scene, verify = (_: ToVerify) => ({ total: 2, verified: 2, failed: [] as never[] })) {
  const logger = { info: () => undefined, error: () => undefined } as unknown as Parameters<
    typeof createDrafter
  >[0]['logger'];
  return createDrafter({ store: s.store, clock: s.clock, verify, logger });
}

it('stores a draft of every incident in one pass, and then has nothing to do', async () => {
  using s = shortOutage();
  const drafter = drafterOf(s);
  expect(await drafter.pass()).toEqual({ wakeAt: null });
  const stored = readPostmortem(s.store.reader, s.incidentId());
  expect(stored).toMatchObject({ revision: 1, status: 'draft', claims: { total: 2, verified: 2 } });
  expect(stored?.dueAt).toBe(Date.parse('2026-03-05T14:41:15.000Z'));
  expect(readStaleDrafts(s.store.reader, 10)).toEqual([]);
});

it('adds no revision when the incident was touched and the draft is the same', async () => {
  using s = shortOutage();
  const drafter = drafterOf(s);
  await drafter.pass();
  s.store.transact((tx) => touchIncident(tx, s.incidentId()));
  await drafter.pass();
  expect(readPostmortem(s.store.reader, s.incidentId())?.revision).toBe(1);
  expect(readStaleDrafts(s.store.reader, 10)).toEqual([]);
});

it('adds a revision for a late note, and the earlier one stays as it was', async () => {
  using s = shortOutage();
  const drafter = drafterOf(s);
  await drafter.pass();
  const before = s.store.reader.sql<{ document: string }>('SELECT document FROM postmortems WHERE revision = 1').get();
  s.entry('note', 600, 'Also seen in the logs', { recordedAt: 9000 });
  await drafter.pass();
  const stored = readPostmortem(s.store.reader, s.incidentId());
  expect(stored?.revision).toBe(2);
  expect(JSON.stringify(stored?.document)).toContain('Also seen in the logs');
  expect(s.store.reader.sql<{ document: string }>('SELECT document FROM postmortems WHERE revision = 1').get()).toEqual(
    before,
  );
});

it('draws an open incident for each read, and stores it as live', async () => {
  using s = stillOpen();
  const drafter = drafterOf(s);
  await drafter.pass();
  expect(readPostmortem(s.store.reader, s.incidentId())?.status).toBe('live');
  s.clock.advance(60_000);
  const current = drafter.current(s.incidentId());
  expect(current).toMatchObject({ status: 'live', revision: 1, dueAt: null });
  const span = current?.ledger.find(({ name }) => name === 'spanSeconds');
  expect(span?.value).toBe((s.clock.now() - Date.UTC(2026, 2, 3, 14, 26, 40)) / 1000);
});

it('draws now when the stored draft is older than the incident', async () => {
  using s = flapping();
  const drafter = drafterOf(s);
  expect(drafter.current(s.incidentId())?.revision).toBe(1);
  s.entry('acknowledged', 200, 'On it');
  const current = drafter.current(s.incidentId());
  expect(current?.revision).toBe(2);
  expect(current?.ledger.find(({ name }) => name === 'acknowledgedAt')?.value).toBe('2026-03-03T14:30:00.000Z');
});

it('goes on with the others when one draft cannot be drawn, and reports it', async () => {
  using s = shortOutage();
  const drafter = drafterOf(s, () => {
    throw new Error('checker broke');
  });
  await expect(drafter.pass()).rejects.toThrow('checker broke');
  expect(readPostmortem(s.store.reader, s.incidentId())).toBeNull();
});

it('has no postmortem for an incident that does not exist', () => {
  using s = scene();
  expect(drafterOf(s).current('inc_none')).toBeNull();
});

it('draws an incident of 100,000 checks', () => {
  using s = scene({ key: 'long', name: 'Long', intervalSeconds: 5 });
  s.run(1, -600, 0, 5);
  s.run(1, 0, 20, 5, { verdict: 'down', status: 503 });
  s.flush();
  s.store.transact((tx) => {
    const { first } = tx.sql<{ first: number }>('SELECT max(at) AS first FROM checks').get() as { first: number };
    tx.sql(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
       INSERT INTO checks (monitor_no, at, location_no, late_ms, duration_us, verdict, failure, status, origin)
       SELECT 1, ? + i * 5000, 1, 0, 5000, 2, 19, 500 + i % 4, 0 FROM n`,
    ).run(first);
  });
  s.clock.advance(100_001 * 5000);
  const drawn = drafterOf(s).current(s.incidentId());
  expect(drawn?.ledger.find(({ name }) => name === 'monitorFailed')).toMatchObject({
    value: 100_004,
    rowCount: 100_004,
  });
});
