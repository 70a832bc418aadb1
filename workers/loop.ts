import type { Clock, EpochMs } from '#src/domain/clock.ts';

export interface LoopOptions {
  name: string;
  /** Looks at the state and does what is due; takes no input, so that restart, lost wake-up and first boot are one path. */
  pass(): Promise<{ wakeAt: EpochMs | null } | undefined>;
  clock: Clock;
  /** Longest sleep in ms; at most 30 s. */
  maxSleepMs?: number;
  onError(error: unknown): void;
  /** The wall clock moved by more than 2 s against the monotonic one. */
  onClockJump?(from: EpochMs, to: EpochMs): void;
}

export interface Loop {
  /** Makes a pass soon; a nudge during a pass makes another one follow it. */
  nudge(): void;
  /** Resolves when the pass under way has ended; no other follows. */
  stop(): Promise<void>;
  /** When the last pass that did not fail ended; when the loop was started, before the first. */
  lastPassAt(): EpochMs;
}

const MAX_SLEEP_MS = 30_000;
const MAX_BACK_OFF_MS = 10_000;
const CLOCK_JUMP_MS = 2_000;

/** One pass at a time; a timer or a nudge wakes it. A pass that throws is reported and tried again after a pause. */
export function startLoop({ pass, clock, maxSleepMs = MAX_SLEEP_MS, onError, onClockJump }: LoopOptions): Loop {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let nudged = false;
  let stopped = false;
  let failures = 0;
  let lastPassAt = clock.now();
  let pausing = false;
  let wall = clock.now();
  let monotonic = clock.monotonic();

  function compareClocks(): void {
    const expected = wall + (clock.monotonic() - monotonic);
    wall = clock.now();
    monotonic = clock.monotonic();
    if (Math.abs(wall - expected) > CLOCK_JUMP_MS) onClockJump?.(Math.round(expected), wall);
  }

  async function once(): Promise<void> {
    compareClocks();
    let sleepMs = maxSleepMs;
    try {
      const wakeAt = (await pass())?.wakeAt ?? null;
      failures = 0;
      lastPassAt = clock.now();
      pausing = false;
      if (wakeAt !== null) sleepMs = Math.min(maxSleepMs, Math.max(0, wakeAt - clock.now()));
    } catch (error) {
      onError(error);
      sleepMs = Math.min(MAX_BACK_OFF_MS, 100 * 2 ** failures++);
      pausing = true;
    }
    running = null;
    if (!stopped) timer = setTimeout(wake, nudged && !pausing ? 0 : sleepMs);
  }

  function wake(): void {
    timer = null;
    nudged = false;
    running = once();
  }

  timer = setTimeout(wake, 0);
  return {
    nudge() {
      if (nudged || stopped) return;
      nudged = true;
      // What just failed is not tried again sooner because somebody asks for it.
      if (running || pausing || !timer) return;
      clearTimeout(timer);
      timer = setTimeout(wake, 0);
    },
    lastPassAt: () => lastPassAt,
    async stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}
