import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { intervalMs } from '#src/domain/monitor.ts';
import { lastResultAt } from '#src/store/checks.ts';
import type { Store } from '#src/store/database.ts';
import { readMonitorByNo, readMonitorChanges } from '#src/store/monitors.ts';
import { closeTrouble, openTrouble, readTrouble, readTroubleNames } from './own-trouble.ts';

export interface StalledWatchOptions {
  store: Store;
  clock: Clock;
  publicUrl: () => string;
}

const EVERY_MS = 5_000;
/** However short the interval, a pause of so long may be a busy machine. */
const LEAST_MS = 15_000;
const ASLEEP_MS = 30_000;
const INTERVALS = 3;
const TROUBLE = 'stalled';

/**
 * A monitor that has had no result for three intervals is not watched, whatever the reason: an alarm of our own, one for
 * all of them. Where another trouble says why already (our own network, a location without workers), it says enough.
 */
export function createStalledWatch({ store, clock, publicUrl }: StalledWatchOptions) {
  /** By monitor: its patience, and the last result that is known. */
  const watched = new Map<number, { patienceMs: number; since: EpochMs }>();
  const stalled = new Map<number, EpochMs>();
  let monitorsSeen = 0;
  let lastPassAt = clock.now();

  function follow(now: EpochMs): void {
    for (const { no, monitor, changeSeq } of readMonitorChanges(store.reader, monitorsSeen)) {
      monitorsSeen = changeSeq;
      stalled.delete(no);
      if (!monitor || monitor.config.paused) watched.delete(no);
      else {
        const patienceMs =
          Math.max(LEAST_MS, INTERVALS * intervalMs(monitor.config)) + monitor.config.timeoutSeconds * 1000;
        watched.set(no, { patienceMs, since: now });
      }
    }
  }

  /** The rows are asked only about monitors whose last known result is old enough to matter. */
  function look(now: EpochMs): void {
    for (const [no, entry] of watched) {
      if (now - entry.since <= entry.patienceMs) continue;
      entry.since = lastResultAt(store.reader, no, entry.since) ?? entry.since;
      if (now - entry.since > entry.patienceMs) stalled.set(no, entry.since);
      else stalled.delete(no);
    }
  }

  return {
    async pass(): Promise<{ wakeAt: EpochMs }> {
      const now = clock.now();
      follow(now);
      const explained = [...readTroubleNames(store.reader, 'blind:'), ...readTroubleNames(store.reader, 'lost:')];
      // After a trouble that is known, or a sleep of the machine, everyone gets their time anew.
      if (explained.length > 0 || now - lastPassAt > ASLEEP_MS) {
        for (const entry of watched.values()) entry.since = now;
        stalled.clear();
      } else look(now);
      lastPassAt = now;
      const record = readTrouble(store.reader, TROUBLE);
      if (!record && stalled.size > 0) {
        const [first] = stalled.keys();
        const name = first === undefined ? '' : (readMonitorByNo(store.reader, first)?.config.name ?? 'a monitor');
        const others = stalled.size > 1 ? ` and ${stalled.size - 1} more` : '';
        const title = `Monitoring is stalled: no result of ${name}${others} for three intervals`;
        const startedAt = Math.min(...stalled.values());
        store.transact((tx) => openTrouble(tx, { name: TROUBLE, title, startedAt, detectedAt: now }, publicUrl()));
      } else if (record && stalled.size === 0) {
        store.transact((tx) => closeTrouble(tx, TROUBLE, record, { startedAt: now, endedAt: now }, publicUrl()));
      }
      return { wakeAt: now + EVERY_MS };
    },
  };
}
