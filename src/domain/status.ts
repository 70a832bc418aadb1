import type { CheckRow, Failure } from './check.ts';
import type { EpochMs } from './clock.ts';
import type { ConfirmPolicy } from './monitor.ts';
import type { CheckRef, DowntimeWindow, NearMiss } from './window.ts';

/**
 * The status fold: one check in, the next state and what changed out. Pure, and by event time only, so that live
 * checks, imported history and replays give the same states from the same rows.
 */

export const MONITOR_STATUSES = ['pending', 'up', 'degraded', 'suspect', 'down', 'recovering'] as const;
export type MonitorStatus = (typeof MONITOR_STATUSES)[number];
/** A run of failures at one location, from its first bad check on. */
export interface FailureRun {
  lastGood: CheckRef | null;
  firstBad: CheckRef;
  confirmed: CheckRef | null;
  lastBad: CheckRef;
  firstGood: CheckRef | null;
  failure: Failure;
  /** Bad checks in all, and good checks since `firstGood`. */
  failed: number;
  recovered: number;
}

export interface LocationState {
  status: MonitorStatus;
  lastGood: CheckRef | null;
  run: FailureRun | null;
}

export interface MonitorState {
  status: MonitorStatus;
  since: EpochMs;
  /** By location number. */
  locations: Record<number, LocationState>;
  /** The open downtime window, if there is one. */
  window: DowntimeWindow | null;
}

export type Transition =
  | {
      kind: 'status';
      /** Key of the check that made it, and when that started. */
      checkAt: EpochMs;
      locationNo: number;
      at: EpochMs;
      from: MonitorStatus;
      to: MonitorStatus;
      reason: string;
    }
  | { kind: 'window-opened'; window: DowntimeWindow }
  | { kind: 'window-closed'; window: DowntimeWindow }
  | { kind: 'near-miss'; nearMiss: NearMiss };

export interface FoldStep {
  state: MonitorState;
  transitions: Transition[];
  /** A location that is lost was taken out of what is held against the monitor. */
  dropped: boolean;
}

const NONE_LOST: ReadonlySet<number> = new Set();

export const INITIAL_STATE: MonitorState = { status: 'pending', since: 0, locations: {}, window: null };

/**
 * Folds one check; never mutates its input. `unknown` changes nothing: it is neither up nor down. `lost` are the numbers
 * of locations that nobody makes checks at: once another location sees the monitor up, what they had seen failing is
 * unobserved there, and no longer counts.
 */
export function foldCheck(
  from: MonitorState,
  check: CheckRow,
  confirm: ConfirmPolicy,
  lost: ReadonlySet<number> = NONE_LOST,
): FoldStep {
  if (check.verdict === 'unknown') return { state: from, transitions: [], dropped: false };
  const state = check.verdict === 'down' ? from : withoutLost(from, check.locationNo, lost);
  const dropped = state !== from;
  const before = state.locations[check.locationNo] ?? { status: 'pending', lastGood: null, run: null };
  const after = check.verdict === 'down' ? foldBad(before, check, confirm) : foldGood(before, check, confirm);
  const locations = { ...state.locations, [check.locationNo]: after };
  const ended = before.run && !after.run ? before.run : null;

  const transitions: Transition[] = [];
  if (ended && !ended.confirmed) transitions.push({ kind: 'near-miss', nearMiss: nearMissOf(ended, check) });
  const { window, change } = foldWindow(state.window, locations, check, confirm, ended);
  if (change) transitions.push(change);
  const status = overallStatus(locations, window);
  if (status === state.status) return { state: { ...state, locations, window }, transitions, dropped };
  const reason = reasonFor(status, check, after, confirm);
  const { at: checkAt, locationNo, startedAt: at } = check;
  transitions.unshift({ kind: 'status', checkAt, locationNo, at, from: state.status, to: status, reason });
  return { state: { status, since: check.startedAt, locations, window }, transitions, dropped };
}

/** Without the failures of lost locations other than `own`; the same state when there are none. */
function withoutLost(state: MonitorState, own: number, lost: ReadonlySet<number>): MonitorState {
  if (lost.size === 0) return state;
  const failing = Object.entries(state.locations).filter(
    ([no, { run }]) => run && Number(no) !== own && lost.has(Number(no)),
  );
  if (failing.length === 0) return state;
  const calm = failing.map(([no, { lastGood }]): [string, LocationState] => [
    no,
    { status: lastGood ? 'up' : 'pending', lastGood, run: null },
  ]);
  return { ...state, locations: { ...state.locations, ...Object.fromEntries(calm) } };
}

/** Up or degraded at every location: the rows alone tell the rest of the state. */
export function isQuiet(status: MonitorStatus): boolean {
  return status === 'up' || status === 'degraded';
}

/** What people are shown: a pause, then maintenance, come before what the checks say. */
export function statusNow(parts: {
  pausedSince: EpochMs | null;
  maintenanceSince: EpochMs | null;
  folded: { status: MonitorStatus; since: EpochMs };
}): { status: MonitorStatus | 'paused' | 'maintenance'; since: EpochMs } {
  if (parts.pausedSince !== null) return { status: 'paused', since: parts.pausedSince };
  if (parts.maintenanceSince !== null) return { status: 'maintenance', since: parts.maintenanceSince };
  return parts.folded;
}

/** True when nothing but the last good check moved, so that the check row alone holds all there is to know. */
export function isSteady(before: MonitorState, step: FoldStep, check: CheckRow): boolean {
  if (check.verdict === 'unknown') return true;
  if (step.dropped) return false;
  const was = before.locations[check.locationNo];
  const is = step.state.locations[check.locationNo];
  return step.transitions.length === 0 && was !== undefined && !was.run && !is?.run && was.status === is?.status;
}

function refOf(check: CheckRow): CheckRef {
  return { at: check.at, locationNo: check.locationNo, startedAt: check.startedAt, endedAt: check.endedAt };
}

function foldBad(before: LocationState, check: CheckRow, confirm: ConfirmPolicy): LocationState {
  const ref = refOf(check);
  const run: FailureRun = {
    lastGood: before.lastGood,
    firstBad: ref,
    confirmed: null,
    failure: check.failure ?? 'http-malformed',
    ...before.run,
    lastBad: ref,
    firstGood: null,
    failed: (before.run?.failed ?? 0) + 1,
    recovered: 0,
  };
  if (!run.confirmed && run.failed >= confirm.failures) run.confirmed = ref;
  return { status: run.confirmed ? 'down' : 'suspect', lastGood: before.lastGood, run };
}

function foldGood(before: LocationState, check: CheckRow, confirm: ConfirmPolicy): LocationState {
  const ref = refOf(check);
  const run = before.run;
  if (run?.confirmed && run.recovered + 1 < confirm.recoveries) {
    const recovering = { ...run, firstGood: run.firstGood ?? ref, recovered: run.recovered + 1 };
    return { status: 'recovering', lastGood: before.lastGood, run: recovering };
  }
  return { status: check.verdict === 'degraded' ? 'degraded' : 'up', lastGood: ref, run: null };
}

function nearMissOf(run: FailureRun, check: CheckRow): NearMiss {
  const { firstBad, lastBad, failed, failure } = run;
  return { monitorNo: check.monitorNo, firstBad, lastBad, firstGood: refOf(check), failed, failure };
}

/**
 * A monitor is down while at least `confirm.locations` of its locations are: its window starts with the run by which
 * that many were failing, and ends with the recovery by which fewer are.
 */
function foldWindow(
  open: DowntimeWindow | null,
  locations: Record<number, LocationState>,
  check: CheckRow,
  confirm: ConfirmPolicy,
  ended: FailureRun | null,
): { window: DowntimeWindow | null; change: Transition | null } {
  const runs = Object.values(locations)
    .map((location) => location.run)
    .filter((run): run is FailureRun => run?.confirmed != null)
    .sort((a, b) => a.firstBad.startedAt - b.firstBad.startedAt || a.firstBad.locationNo - b.firstBad.locationNo);
  const quorum = Math.max(1, confirm.locations);
  if (runs.length >= quorum) {
    const seenBy = [...new Set([...(open?.locations ?? []), ...runs.map((run) => run.firstBad.locationNo)])];
    const lastBad = runs.map((run) => run.lastBad).reduce((a, b) => (b.startedAt > a.startedAt ? b : a));
    if (open) return { window: { ...open, lastBad, locations: seenBy.sort((a, b) => a - b) }, change: null };
    const { lastGood, firstBad } = runs[quorum - 1] as FailureRun;
    const window: DowntimeWindow = {
      monitorNo: check.monitorNo,
      lastGood,
      firstBad,
      confirmed: refOf(check),
      lastBad,
      firstGood: null,
      resolved: null,
      locations: seenBy.sort((a, b) => a - b),
    };
    return { window, change: { kind: 'window-opened', window } };
  }
  if (!open) return { window: null, change: null };
  const resolved = refOf(check);
  const closed = {
    ...open,
    lastBad: ended?.lastBad ?? open.lastBad,
    firstGood: ended?.firstGood ?? resolved,
    resolved,
  };
  return { window: null, change: { kind: 'window-closed', window: closed } };
}

function overallStatus(locations: Record<number, LocationState>, window: DowntimeWindow | null): MonitorStatus {
  const seen = new Set(Object.values(locations).map((location) => location.status));
  if (window) return seen.has('down') ? 'down' : 'recovering';
  if (seen.has('down') || seen.has('suspect') || seen.has('recovering')) return 'suspect';
  if (seen.has('degraded')) return 'degraded';
  return seen.has('up') ? 'up' : 'pending';
}

function reasonFor(status: MonitorStatus, check: CheckRow, after: LocationState, confirm: ConfirmPolicy): string {
  switch (status) {
    case 'suspect':
      return `a check failed (${check.failure}); ${after.run?.failed ?? 0} of ${confirm.failures} needed to confirm`;
    case 'down':
      return `${confirm.failures} of ${confirm.failures} checks failed (${check.failure})`;
    case 'recovering':
      return `a check passed; ${after.run?.recovered ?? 0} of ${confirm.recoveries} needed to confirm the recovery`;
    case 'degraded':
      return 'a check passed beyond a soft limit';
    case 'up':
      return 'checks pass';
    case 'pending':
      return 'no check has counted yet';
  }
}
