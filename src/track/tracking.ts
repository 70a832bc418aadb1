import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { Sealed } from '#src/domain/monitor.ts';
import { type StoredAction, type TrackedIssue, wordsOfAction } from '#src/domain/postmortem/action.ts';
import { judgeClosing } from '#src/domain/postmortem/closing.ts';
import {
  type IssueNow,
  type IssueText,
  type Tracker,
  type TrackerAnswer,
  trackerSecretContext,
} from '#src/domain/tracker.ts';
import { putAction, readAction, readTrackedActions } from '#src/store/actions.ts';
import { readClosingRows } from '#src/store/closing.ts';
import type { Store } from '#src/store/database.ts';
import { readIncidentRecord } from '#src/store/incidents.ts';
import { readTracker } from '#src/store/trackers.ts';
import type { TrackContext } from './kind.ts';
import { TRACKERS } from './registry.ts';

export interface TrackingOptions {
  store: Store;
  clock: Clock;
  agent: Dispatcher;
  open(value: Sealed, context: string): string;
  /** Base of links, without a slash at its end. */
  publicUrl: () => string;
  logger: Pick<Logger, 'info' | 'warn'>;
}

const ATTEMPT_MS = 15_000;
const READ_EVERY_MS = 5 * 60_000;
const REFUSED_AGAIN_MS = 3_600_000;
const LONGEST_WAIT_MS = 3_600_000;
const SHORTEST_WAIT_MS = 5_000;

/**
 * Puts actions into the trackers they are meant for, and reads their state back. Before the first request an action is
 * marked as begun; an attempt of which no answer came is looked for there, so that it is never put there twice.
 */
export function createTracking({ store, clock, agent, open, publicUrl, logger }: TrackingOptions) {
  const stop = new AbortController();
  /** Trackers that did not answer, or asked to wait: none of their actions is tried before. By key. */
  const held = new Map<string, { failures: number; until: EpochMs }>();

  function hold(key: string, retryAfterMs: number | null): void {
    const failures = (held.get(key)?.failures ?? 0) + 1;
    const wait = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** Math.min(failures - 1, 20));
    held.set(key, { failures, until: clock.now() + (retryAfterMs ?? wait) });
  }

  function contextOf(tracker: Tracker): TrackContext | null {
    try {
      const secret = tracker.secret ? open(tracker.secret, trackerSecretContext(tracker.id)) : '';
      const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), stop.signal]);
      return { settings: tracker.settings, secret, agent, signal, now: clock.now() };
    } catch {
      return null;
    }
  }

  function textOf(action: StoredAction): IssueText {
    const incident = readIncidentRecord(store.reader, action.incidentId);
    const { owner, dueOn } = action;
    return {
      marker: `${action.incidentId}/${action.id}`,
      ...wordsOfAction(action),
      owner,
      dueOn,
      incidentNumber: incident?.number ?? 0,
      incidentTitle: incident?.title ?? '',
      link: `${publicUrl()}/api/v1/incidents/${action.incidentId}/postmortem.html`,
    };
  }

  /** Writes what came of an attempt into the action as it is by then. */
  function settle(action: StoredAction, change: (now: StoredAction, issue: TrackedIssue) => StoredAction): void {
    store.transact((tx) => {
      const now = readAction(tx, action.incidentId, action.id);
      // It was meant for another tracker meanwhile.
      if (!now?.tracker || now.tracker.tracker !== action.tracker?.tracker) return;
      const next = change(now, now.tracker);
      if (JSON.stringify(next) !== JSON.stringify(now)) putAction(tx, next);
    });
  }

  function failed(action: StoredAction, answer: Exclude<TrackerAnswer<unknown>, { kind: 'ok' }>): void {
    if (answer.kind === 'later' && action.tracker) hold(action.tracker.tracker, answer.retryAfterMs);
    settle(action, (now, issue) => {
      const failures = issue.failures + 1;
      const wait = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** Math.min(failures - 1, 20));
      const asked = answer.kind === 'later' ? answer.retryAfterMs : REFUSED_AGAIN_MS;
      const error = `${answer.detail}${answer.kind === 'refused' ? '; it is tried again each hour' : ''}`;
      return { ...now, tracker: { ...issue, failures, error, nextAt: clock.now() + (asked ?? wait) } };
    });
    logger.warn({
      event: 'action.tracker_failed',
      incidentId: action.incidentId,
      actionId: action.id,
      detail: answer.detail,
    });
  }

  async function push(
    action: StoredAction,
    tracker: Tracker,
    context: TrackContext,
    issue: TrackedIssue,
  ): Promise<void> {
    const kind = TRACKERS[tracker.type];
    const text = textOf(action);
    // The mark is written before the request: what a crash cuts off is looked for at the next attempt.
    const begunAt = issue.begunAt ?? null;
    if (begunAt !== null) {
      const found = await kind.find(context, text.marker, begunAt);
      if (found.kind !== 'ok') return failed(action, found);
      if (found.value) return accepted(action, found.value);
    } else settle(action, (now, own) => ({ ...now, tracker: { ...own, begunAt: clock.now() } }));
    const answer = await kind.create(context, text);
    if (answer.kind === 'ok') accepted(action, answer.value);
    else failed(action, answer);
  }

  function answered({ tracker }: StoredAction): void {
    if (tracker) held.delete(tracker.tracker);
  }

  function accepted(action: StoredAction, { ref, url }: { ref: string; url: string | null }): void {
    answered(action);
    settle(action, (now, issue) => ({
      ...now,
      tracker: { ...issue, ref, url, state: 'open', error: null, failures: 0, nextAt: clock.now() + READ_EVERY_MS },
    }));
    logger.info({ event: 'action.tracked', incidentId: action.incidentId, actionId: action.id, ref });
  }

  async function readBack(action: StoredAction, tracker: Tracker, context: TrackContext, ref: string): Promise<void> {
    const read = TRACKERS[tracker.type].read;
    if (!read) return;
    const answer = await read(context, ref);
    if (answer.kind !== 'ok') return failed(action, answer);
    answered(action);
    settle(action, (now, issue) => followIssue(now, issue, answer.value));
  }

  /** What is closed there is done here, unless the rows show that its end is not reached. */
  function followIssue(action: StoredAction, issue: TrackedIssue, now: IssueNow): StoredAction {
    const at = clock.now();
    const seen: TrackedIssue = {
      ...issue,
      ...{ state: now.state, assignee: now.assignee, url: now.url ?? issue.url, readAt: at, error: null, failures: 0 },
      nextAt: at + READ_EVERY_MS,
    };
    const same = { ...action, tracker: seen };
    if (now.state === 'open')
      return issue.state === 'closed' && action.state !== 'open'
        ? { ...same, state: 'open', note: null, doneAt: null, by: issue.tracker, updatedAt: at }
        : same;
    if (action.state === 'done' || action.state === 'dropped') return same;
    const by = { by: issue.tracker, updatedAt: at };
    if (now.dropped)
      return {
        ...same,
        ...by,
        state: 'dropped',
        note: `closed in ${issue.tracker} as ${issue.ref} without being done`,
      };
    if (action.closing && action.doneWhen === null) {
      const rows = readClosingRows(
        store.reader,
        action.incidentId,
        action.closing,
        action.openedAt ?? action.createdAt,
        at,
      );
      const { met, measured } = judgeClosing(action.closing, rows);
      if (!met) return { ...same, tracker: { ...seen, error: `closed there, and still open here: ${measured}` } };
      return { ...same, ...by, state: 'done', note: measured, doneAt: at };
    }
    return { ...same, ...by, state: 'done', note: `closed in ${issue.tracker} as ${issue.ref}`, doneAt: at };
  }

  async function visit(action: StoredAction, tracker: Tracker, issue: TrackedIssue): Promise<void> {
    const context = contextOf(tracker);
    if (!context)
      failed(action, { kind: 'refused', detail: 'the secret of the tracker cannot be opened; set it again' });
    else if (issue.ref === null) await push(action, tracker, context, issue);
    else await readBack(action, tracker, context, issue.ref);
  }

  /** The actions of one tracker, one after the other. @returns when the next of them is due. */
  async function visitAll(key: string, actions: readonly StoredAction[]): Promise<EpochMs | null> {
    const tracker = readTracker(store.reader, key);
    let wakeAt: EpochMs | null = null;
    if (!tracker) return wakeAt;
    const dueAt = (issue: TrackedIssue) => Math.max(issue.nextAt, held.get(key)?.until ?? 0);
    for (const { incidentId, id } of actions) {
      const action = readAction(store.reader, incidentId, id);
      if (action?.tracker?.tracker !== key || stop.signal.aborted) continue;
      if (action.tracker.ref !== null && !TRACKERS[tracker.type].read) continue;
      if (dueAt(action.tracker) <= clock.now()) await visit(action, tracker, action.tracker);
      const after = readAction(store.reader, incidentId, id)?.tracker;
      if (after && (after.ref === null || TRACKERS[tracker.type].read))
        wakeAt = Math.min(wakeAt ?? Number.POSITIVE_INFINITY, dueAt(after));
    }
    return wakeAt;
  }

  return {
    /** Trackers side by side: one that hangs holds up no other. */
    async pass(): Promise<{ wakeAt: EpochMs | null }> {
      const byTracker = Map.groupBy(readTrackedActions(store.reader), ({ tracker }) => tracker?.tracker ?? '');
      const next = await Promise.all([...byTracker].map(([key, actions]) => visitAll(key, actions)));
      const times = next.filter((at) => at !== null);
      return { wakeAt: times.length > 0 ? Math.min(...times) : null };
    },
    /** Whether a tracker's settings work. */
    async test(tracker: Tracker): Promise<TrackerAnswer<null>> {
      const context = contextOf(tracker);
      if (!context) return { kind: 'refused', detail: 'the secret of the tracker cannot be opened; set it again' };
      return TRACKERS[tracker.type].test(context);
    },
    stop: () => stop.abort(new Error('the server is stopping')),
  };
}
