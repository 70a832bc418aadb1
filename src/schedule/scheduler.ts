import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { ProbeBatch, ProbeJob } from '#src/queue/messages.ts';
import type { Queue } from '#src/queue/port.ts';
import type { Store } from '#src/store/database.ts';
import { readStatus, readStatusChanges } from '#src/store/monitor-states.ts';
import { readMonitorChanges } from '#src/store/monitors.ts';
import { type Entry, Plan } from './plan.ts';

export interface SchedulerOptions {
  store: Store;
  clock: Clock;
  /** The queue of a location. */
  queueFor(location: string): Queue<ProbeBatch>;
  /** Go with every batch. */
  sentinels: string[];
  /** What falls due within this time goes out together, in ms. */
  tickMs: number;
  /** Slots from `from` up to (not including) `to` had no probe. */
  onMissed(monitorNo: number, from: EpochMs, to: EpochMs): void;
  /** A queue did not take a batch; its slots are missed. */
  onError(error: unknown): void;
}

export interface Scheduler {
  /** Publishes what is due; says when to look again. */
  pass(): Promise<{ wakeAt: EpochMs | null }>;
  /** A check is recorded; true when a slot of the same monitor waited for it, and another pass is wanted. */
  settle(monitorNo: number, location: string, at: EpochMs): boolean;
  /** How late the most overdue monitor is, in ms. */
  lagMs(): number;
}

/** Checks of one message at most. */
const BATCH = 100;

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { store, clock, queueFor, sentinels, tickMs, onMissed, onError } = options;
  const plan = new Plan();
  let monitorsSeen = 0;
  let statusesSeen = 0;

  function follow(now: EpochMs): void {
    for (const change of readMonitorChanges(store.reader, monitorsSeen)) {
      monitorsSeen = change.changeSeq;
      if (!change.monitor) {
        plan.remove(change.no);
        continue;
      }
      plan.put(change.monitor, now);
      const known = readStatus(store.reader, change.no);
      if (known) plan.setStatus(change.no, known.status, now);
    }
    for (const change of readStatusChanges(store.reader, statusesSeen)) {
      statusesSeen = change.changeSeq;
      plan.setStatus(change.monitorNo, change.status, now);
    }
  }

  /** Jobs that are due, by location. An entry moves on to its next slot as it is taken, so none is taken twice. */
  function takeJobs(now: EpochMs): Map<string, ProbeJob[]> {
    const due = new Map<string, ProbeJob[]>();
    for (const entry of plan.takeDue(now)) {
      if (entry.busyUntil > now) plan.held(entry);
      else if (now - entry.slot > entry.intervalMs) {
        onMissed(entry.monitorNo, entry.slot, now);
        plan.skipped(entry, now);
      } else {
        const job = jobOf(entry);
        plan.started(entry, now);
        const group = due.get(entry.location);
        if (group) group.push(job);
        else due.set(entry.location, [job]);
      }
    }
    return due;
  }

  async function publish(location: string, jobs: ProbeJob[]): Promise<void> {
    const first = jobs[0] as ProbeJob;
    if (
      await accepted(
        location,
        { v: 1, location, ...(sentinels.length > 0 && { sentinels }), jobs },
        `${location}-${first.monitorNo}-${first.at}`,
      )
    )
      return;
    for (const job of jobs) {
      plan.settle(job.monitorNo, location, job.at);
      onMissed(job.monitorNo, job.at, job.startBefore);
    }
  }

  async function accepted(location: string, batch: ProbeBatch, id: string): Promise<boolean> {
    try {
      return (await queueFor(location).publish(batch, { id })) === 'queued';
    } catch (error) {
      onError(error);
      return false;
    }
  }

  return {
    async pass() {
      const now = clock.now();
      follow(now);
      for (const [location, jobs] of takeJobs(now)) {
        for (let i = 0; i < jobs.length; i += BATCH) await publish(location, jobs.slice(i, i + BATCH));
      }
      const next = plan.nextDue();
      return { wakeAt: next === null ? null : Math.max(next, now + tickMs) };
    },
    settle: (monitorNo, location, at) => plan.settle(monitorNo, location, at),
    lagMs: () => Math.max(0, clock.now() - (plan.nextDue() ?? Number.POSITIVE_INFINITY)),
  };
}

function jobOf(entry: Entry): ProbeJob {
  return {
    monitorNo: entry.monitorNo,
    at: entry.slot,
    startBefore: entry.slot + entry.intervalMs,
    target: entry.target,
  };
}
