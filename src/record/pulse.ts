import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { Store } from '#src/store/database.ts';
import { addUnobserved, beat, readPulse } from '#src/store/pulse.ts';

export interface PulseOptions {
  store: Store;
  clock: Clock;
  onError(error: unknown): void;
}

export interface Pulse {
  lastBeatAt(): EpochMs;
  /** Why the last one was not written; null when it was. */
  lastFault(): unknown;
  /** The wall clock was set, or the machine slept: what lies between was not watched. */
  clockJumped(from: EpochMs, to: EpochMs): void;
  stop(): void;
}

const BEAT_MS = 2_000;
/** The loops see one jump each, a little apart: it is recorded once. */
const SAME_JUMP_MS = 30_000;

/**
 * Dates the life of this process in the database, so that the time in which it was dead can be told from the time in
 * which nothing failed. At start the gap since the last sign of life becomes unobserved time of all monitors.
 */
export function keepPulse({ store, clock, onError }: PulseOptions): Pulse {
  let lastBeatAt = clock.now();
  let lastJumpTo = 0;
  let lastFault: unknown = null;
  store.transact((tx) => {
    const last = readPulse(tx);
    if (last !== null && last < tx.now)
      addUnobserved(tx, { monitorNo: null, from: last, to: tx.now, reason: 'process-down' });
    beat(tx);
  });
  const write = () => {
    try {
      store.transact((tx) => beat(tx));
      lastBeatAt = clock.now();
      lastFault = null;
    } catch (error) {
      lastFault = error;
      onError(error);
    }
  };
  const timer = setInterval(write, BEAT_MS);
  return {
    lastBeatAt: () => lastBeatAt,
    lastFault: () => lastFault,
    clockJumped(from, to) {
      if (to <= from || Math.abs(to - lastJumpTo) < SAME_JUMP_MS) return;
      lastJumpTo = to;
      try {
        store.transact((tx) => addUnobserved(tx, { monitorNo: null, from, to, reason: 'clock-jump' }));
      } catch (error) {
        onError(error);
      }
    },
    stop() {
      clearInterval(timer);
      store.transact((tx) => beat(tx, true));
    },
  };
}
