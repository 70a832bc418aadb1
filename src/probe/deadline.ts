import { OwnFault } from './failure-reasons.ts';

/** How long the loop was stalled, in ms, as a total that only grows; the difference of two reads is a window's share. */
export interface StallWatch {
  stalledMs(): number;
  /** Watches while at least one probe is running. */
  enter(): void;
  leave(): void;
  close(): void;
}

const TICK_MS = 50;
/** Lateness of a tick that counts as a stall rather than as a busy moment. */
const STALL_MS = 100;

export function createStallWatch(now: () => number): StallWatch {
  let running = 0;
  let total = 0;
  let lastTick = now();
  let timer: NodeJS.Timeout | null = null;
  const late = () => {
    const lateMs = now() - lastTick - TICK_MS;
    return lateMs >= STALL_MS ? lateMs : 0;
  };
  const stop = () => {
    if (timer) clearInterval(timer);
    timer = null;
  };
  return {
    stalledMs: () => (timer ? total + late() : total),
    enter() {
      running += 1;
      if (timer) return;
      lastTick = now();
      timer = setInterval(() => {
        total += late();
        lastTick = now();
        if (running === 0) stop();
      }, TICK_MS);
      timer.unref();
    },
    leave() {
      running -= 1;
    },
    close: stop,
  };
}

/** A share of the window this large was lost by ourselves: nothing can be said about the target. */
const LOST_SHARE = 0.25;

/**
 * One total deadline. When its timer fires late because the loop stalled, what is already waiting in the kernel is read
 * first (turns of the loop), and only then the deadline passes; if the stall took a good part of the window, it passes
 * as our own fault. `passed` is called at most once, and not after the returned function was called.
 */
export function startDeadline(
  timeoutMs: number,
  now: () => number,
  stalls: StallWatch,
  passed: (fault: OwnFault | null) => void,
): () => void {
  const dueAt = now() + timeoutMs;
  const stalledBefore = stalls.stalledMs();
  let over = false;
  const pass = () => {
    if (over) return;
    const stalledMs = Math.round(stalls.stalledMs() - stalledBefore);
    const lost = stalledMs >= Math.max(STALL_MS, timeoutMs * LOST_SHARE);
    passed(lost ? new OwnFault(`the probe's own event loop stalled for ${stalledMs} ms of ${timeoutMs} ms`) : null);
  };
  const turns = (left: number) => {
    if (over) return;
    if (left === 0) pass();
    else setImmediate(turns, left - 1);
  };
  const timer = setTimeout(() => {
    const lateMs = now() - dueAt;
    turns(lateMs > TICK_MS || stalls.stalledMs() > stalledBefore ? 2 : 1);
  }, timeoutMs);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
