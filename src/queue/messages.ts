import type { Channel, SendOutcome, Thread } from '#src/domain/channel.ts';
import type { CheckResult } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { ProbeTarget } from '#src/domain/monitor.ts';

/** One check to make. Secrets in `target` are sealed. */
export interface ProbeJob {
  monitorNo: number;
  /** The slot this check is for, and the id of its row. */
  at: EpochMs;
  /** Not started by then: the slot is missed. */
  startBefore: EpochMs;
  target: ProbeTarget;
}

/** Checks due in one tick at one location, at most 100. */
export interface ProbeBatch {
  v: 1;
  location: string;
  /** `host:port` of places that answer while our own network works; asked when a check fails on the network. */
  sentinels?: string[];
  jobs: ProbeJob[];
}

export interface ProbeOutcome {
  monitorNo: number;
  at: EpochMs;
  /** Null: the slot was missed, no probe was started. */
  result: CheckResult | null;
}

/** Results as they come, in small batches. */
export interface ResultBatch {
  v: 1;
  location: string;
  outcomes: ProbeOutcome[];
}

/** One attempt to deliver an alert, made by a worker. Secrets in `channel` are sealed. */
export interface Errand {
  v: 1;
  id: string;
  /** Not started by then: the server has given it up, and tries again itself. */
  startBefore: EpochMs;
  channel: Channel;
  delivery: { alertId: string; payload: string; createdAt: EpochMs; thread: Thread | null; before: string | null };
}

/** What came of it. */
export interface ErrandDone {
  v: 1;
  id: string;
  outcome: SendOutcome;
}
