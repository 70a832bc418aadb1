import { expect, it } from 'vitest';
import { createDetector } from '#src/detect/detector.ts';
import { createMaintenancePlanner } from '#src/detect/maintenance.ts';
import { insertCheck } from '#src/store/checks.ts';
import { endMaintenance, insertMaintenance, readMaintenanceSpans } from '#src/store/maintenances.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { readWindowsOfMonitor } from '#src/store/windows.ts';
import { checkResult, checkRow, monitorConfig } from '../../support/fixtures.ts';
import { handClock, tempStore } from '../../support/temp-store.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1);

function rig() {
  const clock = handClock(START);
  const store = tempStore(clock);
  const detector = createDetector({ store, publicUrl: () => '' });
  const planner = createMaintenancePlanner({ store, clock, detector });
  store.transact((tx) => {
    tx.sql("INSERT INTO locations (name) VALUES ('default')").run();
    insertMonitor(tx, 'mon_1', monitorConfig({ key: 'm1' }));
    insertMaintenance(tx, {
      id: 'mnt_1',
      title: 'Backups',
      monitors: [],
      services: [],
      tags: [],
      startsAt: START,
      endsAt: null,
      repeat: {
        timeZone: 'UTC',
        at: '02:00',
        durationMinutes: 60,
        weekdays: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
        daysOfMonth: [],
      },
      uptime: 'excluded',
      createdAt: START,
    });
  });
  /** Each minute from hour to hour of a day, all failing. */
  const fail = (day: number, from: number, to: number) =>
    store.transact((tx) => {
      for (let at = START + day * DAY + from * 3_600_000; at < START + day * DAY + to * 3_600_000; at += 60_000) {
        const row = checkRow({ at, verdict: 'down' });
        insertCheck(tx, row, checkResult({ at, verdict: 'down' }), 'scheduled');
        detector.apply(tx, [row], { alerts: true });
      }
    });
  return { clock, store, planner, fail, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

it('what repeats is planned day by day, and detection knows of it though it had looked before', async () => {
  using t = rig();
  for (let day = 0; day < 6; day++) {
    t.clock.set(START + day * DAY + 600_000);
    await t.planner.pass();
    t.fail(day, 2, 3);
  }
  expect(readMaintenanceSpans(t.store.reader, 1)).toHaveLength(7);
  expect(readWindowsOfMonitor(t.store.reader, 1)).toEqual([]);
  t.fail(5, 3, 4);
  expect(readWindowsOfMonitor(t.store.reader, 1)).toHaveLength(1);
});

it('planning again changes nothing, and an end takes what is to come and cuts what runs', async () => {
  using t = rig();
  await t.planner.pass();
  const planned = readMaintenanceSpans(t.store.reader, 1);
  await t.planner.pass();
  expect(readMaintenanceSpans(t.store.reader, 1)).toEqual(planned);
  const during = START + 2.5 * 3_600_000;
  t.clock.set(during);
  t.store.transact((tx) => endMaintenance(tx, 'mnt_1'));
  await t.planner.pass();
  expect(readMaintenanceSpans(t.store.reader, 1)).toEqual([[START + 2 * 3_600_000, during]]);
});
