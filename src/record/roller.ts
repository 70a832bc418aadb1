import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { intervalAt } from '#src/domain/monitor.ts';
import { DAY_MS } from '#src/domain/rollup.ts';
import type { Store } from '#src/store/database.ts';
import { readRevisions } from '#src/store/monitors.ts';
import { readUnrolled, rollDay, rollHour } from '#src/store/rollups.ts';

/** An hour is left alone this long after its end, so that its last results are in. */
const SETTLED_MS = 60_000;
const EVERY_MS = 60_000;
/** Hours of one transaction: some milliseconds, between which results are recorded. */
const AT_ONCE = 20;

/** Rolls hours up once they are over, again when rows came late, and the days they belong to. */
export function createRoller({ store, clock }: { store: Store; clock: Clock }) {
  return {
    async pass(): Promise<{ wakeAt: EpochMs }> {
      for (;;) {
        const hours = readUnrolled(store.reader, clock.now() - SETTLED_MS, AT_ONCE);
        if (hours.length === 0) break;
        store.transact((tx) => {
          const days = new Map<string, { monitorNo: number; at: EpochMs }>();
          for (const { monitorNo, at } of hours) {
            rollHour(tx, monitorNo, at, intervalAt(readRevisions(tx, monitorNo)));
            const day = Math.floor(at / DAY_MS) * DAY_MS;
            days.set(`${monitorNo}/${day}`, { monitorNo, at: day });
          }
          for (const { monitorNo, at } of days.values())
            rollDay(tx, monitorNo, at, intervalAt(readRevisions(tx, monitorNo)));
        });
        await nextTurn();
      }
      return { wakeAt: clock.now() + EVERY_MS };
    },
  };
}
