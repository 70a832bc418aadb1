import { checkId } from '#src/domain/ids.ts';
import { AFTER_MS, LEAD_UP_MS, type LeadUp, leadUpOf, type TimedCheck, TRIALS } from '#src/domain/lead-up.ts';
import type { DowntimeWindow } from '#src/domain/window.ts';
import { toCheckRow } from './checks.ts';
import { inArrays, type Reader } from './database.ts';

/** What response times did before a window, at the location where it began; null when they did nothing. */
export function readLeadUp(reader: Reader, { monitorNo, firstBad }: DowntimeWindow): LeadUp | null {
  const { at: failedAt, locationNo } = firstBad;
  const series = reader
    .sql<Parameters<typeof toCheckRow>[0]>(
      `SELECT * FROM checks WHERE monitor_no = ? AND location_no = ? AND at >= ? AND at < ? AND verdict <= 1 AND duration_us >= 0 ORDER BY at`,
    )
    .all(monitorNo, locationNo, failedAt - LEAD_UP_MS, failedAt)
    .map(toCheckRow)
    .map((row): TimedCheck => {
      const { at, startedAt, latencyMs, phases } = row;
      return { id: checkId(row), at, startedAt, total: latencyMs ?? 0, phases };
    });
  return leadUpOf(series, () => readQuiet(reader, monitorNo, locationNo, failedAt));
}

/** Durations (ms) of stretches as long as a series, back from before it, in which and after which nothing failed. */
function* readQuiet(reader: Reader, monitorNo: number, locationNo: number, failedAt: number): Generator<number[]> {
  const earliest = failedAt - (TRIALS + 1) * LEAD_UP_MS;
  const failures = reader
    .sql<{ at: number }>(
      `SELECT first_bad_at AS at FROM windows WHERE monitor_no = ? AND first_bad_at >= ?
       UNION SELECT first_bad_at FROM near_misses WHERE monitor_no = ? AND first_bad_at >= ?`,
    )
    .all(monitorNo, earliest, monitorNo, earliest)
    .map(({ at }) => at);
  const rows = reader.sql(
    `SELECT at, duration_us FROM checks
     WHERE monitor_no = ? AND location_no = ? AND at >= ? AND at < ? AND verdict <= 1 AND duration_us >= 0 ORDER BY at`,
  );
  const stretches: number[][] = Array.from({ length: TRIALS }, () => []);
  for (const [at, us] of inArrays<[number, number]>(rows, [monitorNo, locationNo, earliest, failedAt - LEAD_UP_MS]))
    stretches[Math.floor((at - earliest) / LEAD_UP_MS)]?.push(us / 1000);
  for (const [index, values] of stretches.entries()) {
    const from = earliest + index * LEAD_UP_MS;
    if (!failures.some((at) => at >= from && at < from + LEAD_UP_MS + AFTER_MS)) yield values;
  }
}
