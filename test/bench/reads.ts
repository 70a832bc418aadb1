import { statSync } from 'node:fs';
import { join } from 'node:path';
import { intervalAt } from '#src/domain/monitor.ts';
import { DAY_MS, HOUR_MS } from '#src/domain/rollup.ts';
import { createRoller } from '#src/record/roller.ts';
import { readGaps, readLatency } from '#src/store/measures.ts';
import { insertMonitor, readRevisions } from '#src/store/monitors.ts';
import { monitorConfig } from '#test/support/fixtures.ts';
import { handClock, tempStore } from '#test/support/temp-store.ts';

const DAYS = 90;
const INTERVAL_MS = 10_000;

/** Reads over 90 days of a 10 s monitor beside millions of rows of others: milliseconds, the median of nine. */
export async function measureReads(millions: number) {
  const start = Date.UTC(2026, 0, 1);
  const end = start + DAYS * DAY_MS;
  const clock = handClock(end + HOUR_MS);
  using store = tempStore(clock);
  const each = (DAYS * DAY_MS) / INTERVAL_MS;
  const monitors = Math.max(1, Math.round((millions * 1e6) / each));
  for (let no = 1; no <= monitors; no++)
    store.transact((tx) => {
      insertMonitor(tx, `mon_${no}`, monitorConfig({ key: `m${no}`, intervalSeconds: 10 }));
      tx.sql(
        `INSERT INTO checks (monitor_no, at, location_no, late_ms, duration_us, verdict, dns_us, connect_us, first_byte_us, download_us, origin)
         WITH RECURSIVE slot(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM slot WHERE i < ? - 1)
         SELECT ?, ? + i * ?, 1, 3, 40000 + (i * 7919) % 90000, 0, 800, 9000, 30000, 500, 2 FROM slot`,
      ).run(each, no, start, INTERVAL_MS);
    });
  store.transact((tx) =>
    tx
      .sql(
        'INSERT INTO unrolled_hours (monitor_no, at) SELECT DISTINCT 1, at / 3600000 * 3600000 FROM checks WHERE monitor_no = 1',
      )
      .run(),
  );
  const rolling = performance.now();
  await createRoller({ store, clock }).pass();
  const rolledMs = performance.now() - rolling;
  const { reader } = store;
  const interval = intervalAt(readRevisions(reader, 1));
  const timed = (read: () => unknown) => {
    const times = Array.from({ length: 9 }, () => {
      const since = performance.now();
      read();
      return performance.now() - since;
    });
    return times.sort((a, b) => a - b)[4] ?? 0;
  };
  return {
    rows: monitors * each,
    fileGiB: statSync(join(store.dir, 'hindcast.db')).size / 2 ** 30,
    rollMsPerHour: rolledMs / (DAYS * 24),
    uptimeMs: timed(() => readGaps(reader, 1, [start, end], interval)),
    latencyHourMs: timed(() => readLatency(reader, 1, start, end, HOUR_MS)),
    latencyDayMs: timed(() => readLatency(reader, 1, start, end, DAY_MS)),
  };
}
