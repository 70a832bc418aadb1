import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#src/domain/clock.ts';
import { openStore, type Store } from '#src/store/database.ts';

/** A clock that tests set by hand. */
export interface HandClock extends Clock {
  set(at: number): void;
  advance(ms: number): void;
}

export function handClock(start: number): HandClock {
  let at = start;
  return {
    now: () => at,
    monotonic: () => at,
    set: (next) => {
      at = next;
    },
    advance: (ms) => {
      at += ms;
    },
  };
}

export const systemTestClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

export interface TempStore extends Store, Disposable {
  readonly dir: string;
}

/** A real database in a folder of its own that goes when the test ends: `using store = tempStore()`. */
export function tempStore(clock: Clock = systemTestClock): TempStore {
  const dir = mkdtempSync(join(tmpdir(), 'hindcast-test-'));
  const store = openStore(dir, clock);
  let closed = false;
  const close = () => {
    if (!closed) store.close();
    closed = true;
  };
  return {
    ...store,
    dir,
    close,
    [Symbol.dispose]() {
      close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
