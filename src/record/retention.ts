import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { intervalAt } from '#src/domain/monitor.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#src/domain/rollup.ts';
import type { Store, Tx } from '#src/store/database.ts';
import { readHorizon, writeHorizon } from '#src/store/horizon.ts';
import { readRevisions } from '#src/store/monitors.ts';
import { readPinned } from '#src/store/pinned.ts';
import { hourOf, putRollup, rollRows } from '#src/store/rollups.ts';

const EVERY_MS = 600_000;
/** Monitor-hours of one transaction. */
const AT_ONCE = 20;

export interface RetentionOptions {
  store: Store;
  clock: Clock;
  /** Days that rows of checks are kept; null: for ever. */
  rawDays: number | null;
}

/**
 * Deletes rows of checks that are older than the policy, an hour of a monitor at a time: minutes are rolled up in their
 * place, hours and days are already. Rows around incidents and near-misses stay: a draft must be provable for as long as
 * it stands. Hours that are not rolled up yet wait.
 */
export function createRetention({ store, clock, rawDays }: RetentionOptions) {
  return {
    async pass(): Promise<{ wakeAt: EpochMs | null }> {
      if (rawDays === null) return { wakeAt: null };
      const horizon = hourOf(clock.now() - rawDays * DAY_MS);
      const before = readHorizon(store.reader);
      if (before === null || horizon > before) store.transact((tx) => writeHorizon(tx, horizon));
      const monitors = store.reader.sql<{ no: number }>('SELECT no FROM monitors ORDER BY no').all();
      for (const { no } of monitors) {
        for (let from: EpochMs | null = 0; from !== null; await nextTurn()) {
          const start: EpochMs = from;
          from = store.transact((tx) => forgetHours(tx, no, start, horizon));
        }
      }
      return { wakeAt: clock.now() + EVERY_MS };
    },
  };
}

/** Forgets some hours from `from` on; answers where to go on, or null when there is nothing left before the horizon. */
function forgetHours(tx: Tx, monitorNo: number, from: EpochMs, horizon: EpochMs): EpochMs | null {
  const interval = intervalAt(readRevisions(tx, monitorNo));
  let next = from;
  for (let i = 0; i < AT_ONCE; i++) {
    const row = tx
      .sql<{ at: number }>('SELECT at FROM checks WHERE monitor_no = ? AND at >= ? AND at < ? ORDER BY at LIMIT 1')
      .get(monitorNo, next, horizon);
    if (!row) return null;
    const hour = hourOf(row.at);
    next = hour + HOUR_MS;
    const waits = tx.sql('SELECT 1 FROM unrolled_hours WHERE monitor_no = ? AND at = ?').get(monitorNo, hour);
    const pinned = readPinned(tx, monitorNo, hour, next);
    if (waits || pinned.some(([pinFrom, pinTo]) => pinFrom <= hour && pinTo >= next)) continue;
    for (let minute = hour; minute < next; minute += MINUTE_MS) {
      const rollup = rollRows(tx, monitorNo, minute, MINUTE_MS, interval);
      if (rollup.up + rollup.degraded + rollup.down + rollup.unknown > 0) putRollup(tx, monitorNo, rollup);
    }
    const kept = pinned.map(() => 'AND at NOT BETWEEN ? AND ?').join(' ');
    for (const table of ['checks', 'check_evidence'])
      tx.sql(`DELETE FROM ${table} WHERE monitor_no = ? AND at >= ? AND at < ? ${kept}`).run(
        monitorNo,
        hour,
        next,
        ...pinned.flat(),
      );
  }
  return next;
}
