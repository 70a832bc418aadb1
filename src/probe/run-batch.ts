import { type CheckResult, unknownResult } from '#src/domain/check.ts';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { ProbeTarget } from '#src/domain/monitor.ts';
import { CannotProbe } from './cannot-probe.ts';
import { createOwnNetwork } from './own-network.ts';
import type { Prober } from './prober.ts';

interface Job {
  monitorNo: number;
  at: EpochMs;
  startBefore: EpochMs;
  target: ProbeTarget;
}

interface Outcome {
  monitorNo: number;
  at: EpochMs;
  /** Null: no probe was started in time. */
  result: CheckResult | null;
}

export interface BatchRunnerOptions {
  prober: Prober;
  clock: Clock;
  /** Probes under way at once, over all batches: bounds sockets. */
  concurrency: number;
  /** Sends results on; a rejection makes the whole batch be redelivered. */
  publish(location: string, outcomes: Outcome[]): Promise<void>;
  /** A fault of the prober itself: the check is `unknown`, the others go on. */
  onError(error: unknown): void;
}

/** Results wait this long for company, or until there are this many; one that is not up goes at once. */
const MAX_DELAY_MS = 100;
const MAX_BATCH = 100;

export interface BatchRunner {
  /** Resolves when all results of the batch were sent on. Aborting makes the rest `unknown`. */
  run(batch: { location: string; sentinels?: string[]; jobs: readonly Job[] }, signal: AbortSignal): Promise<void>;
}

/**
 * Runs the probes of batches concurrently. Batches are taken as fast as they come and share one limit on probes, so
 * that a slow target holds up neither its own batch nor those behind it.
 */
export function createBatchRunner({ prober, clock, concurrency, publish, onError }: BatchRunnerOptions): BatchRunner {
  let free = concurrency;
  const queue: (() => void)[] = [];

  async function slot(): Promise<void> {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
  }

  function release(): void {
    const next = queue.shift();
    if (next) next();
    else free++;
  }

  const ownNetwork = createOwnNetwork({ now: () => clock.monotonic(), connect: (address) => prober.reach(address) });

  async function probe(job: Job, sentinels: readonly string[], signal: AbortSignal): Promise<Outcome> {
    await slot();
    try {
      const { monitorNo, at } = job;
      if (clock.now() >= job.startBefore) return { monitorNo, at, result: null };
      const result = await check(prober, clock, job.target, signal, onError);
      return { monitorNo, at, result: await ownNetwork.judge(monitorNo, result, sentinels) };
    } finally {
      release();
    }
  }

  return {
    async run({ location, sentinels = [], jobs }, signal) {
      const sending: Promise<void>[] = [];
      let ready: Outcome[] = [];
      let timer: NodeJS.Timeout | null = null;
      let soon: NodeJS.Immediate | null = null;
      const send = () => {
        if (timer) clearTimeout(timer);
        if (soon) clearImmediate(soon);
        timer = soon = null;
        if (ready.length === 0) return;
        const outcomes = ready;
        ready = [];
        const sent = publish(location, outcomes);
        sent.catch(() => {});
        sending.push(sent);
      };
      const each = jobs.map(async (job) => {
        const outcome = await probe(job, sentinels, signal);
        ready.push(outcome);
        if (ready.length >= MAX_BATCH) send();
        // What is not up does not wait, but what fails in the same moment goes with it.
        else if (outcome.result?.verdict !== 'up') soon ??= setImmediate(send);
        else timer ??= setTimeout(send, MAX_DELAY_MS);
      });
      await Promise.all(each);
      send();
      await Promise.all(sending);
    },
  };
}

/** A probe whose configuration cannot be tried is `unknown` with the reason: it says nothing about the target. */
async function check(
  prober: Prober,
  clock: Clock,
  target: ProbeTarget,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<CheckResult> {
  const startedAt = clock.now();
  try {
    return await prober.probe(target, signal);
  } catch (error) {
    const isKnown = error instanceof CannotProbe;
    const result = unknownResult(startedAt, clock.now(), isKnown ? error.publicMessage : 'the probe failed in itself');
    if (!isKnown) {
      onError(error);
      return result;
    }
    return error.code === 'target-refused' ? { ...result, failure: 'target-refused' } : result;
  }
}
