import { CANARY_NO, foldCanary } from '#src/domain/canary.ts';
import type { CheckRow, Verdict } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import { foldCheck, INITIAL_STATE, isQuiet, isSteady, type MonitorState, type Transition } from '#src/domain/status.ts';
import type { Span } from '#src/domain/uptime.ts';
import type { DowntimeWindow } from '#src/domain/window.ts';
import { iterateChecks, readChecksBetween } from '#src/store/checks.ts';
import type { Reader, Store, Tx } from '#src/store/database.ts';
import { touchIncidentsAround } from '#src/store/incidents.ts';
import {
  addStatusChange,
  deleteStatusChanges,
  hasStatusChangeAfter,
  putState,
  readQuietState,
  readStatusChangeAt,
  statusChangesBefore,
} from '#src/store/monitor-states.ts';
import { deleteNearMisses, deleteWindow, putNearMiss, putWindow, readWindowsOfMonitor } from '#src/store/windows.ts';
import { regroup, type WindowChanges } from './incidents.ts';
import { comesAfter, type Folded, MonitorCache } from './monitor-cache.ts';
import { formPatterns } from './patterns.ts';

export interface DetectorOptions {
  store: Store;
  /** Base of the links in alerts, without a slash at its end; known once the server listens. */
  publicUrl: () => string;
}

export interface Detector {
  /** Folds checks that were just inserted, inside their transaction. `alerts: false` for imported history. */
  apply(tx: Tx, checks: readonly CheckRow[], options: { alerts: boolean }): void;
  /** Stored checks in these spans count no more, or count again: detects anew what follows from it. No alerts. */
  recount(tx: Tx, monitorNo: number, spans: readonly Span[]): void;
  /** Windows of maintenance were written or taken away: they are read again. */
  forgetMaintenance(): void;
  /** A location was lost or came back: what is lost is read again. */
  forgetLocations(): void;
  /** The transaction of these monitors failed: forget what was folded in it. */
  rollback(monitorNos: Iterable<number>): void;
  /**
   * Would this verdict change the status? Then its row should be committed at once. Asked before the row is written, so
   * that the first check after a start finds what was folded before it.
   */
  matters(reader: Reader, monitorNo: number, verdict: Verdict): boolean;
}

/** A check may start this long after the slot it is for, and more for slow intervals. */
const LATE_MS = 86_400_000;

export function createDetector({ store, publicUrl }: DetectorOptions): Detector {
  const cache = new MonitorCache();
  store.on('monitors', () => cache.forgetConfigs());

  return {
    apply(tx, checks, options) {
      const changes: WindowChanges = { changed: [], orphaned: [] };
      for (const [monitorNo, own] of byMonitor(checks)) {
        if (monitorNo === CANARY_NO) {
          if (!own.every(foldCanary)) throw new Error('detection does not see the canary as what it is');
          continue;
        }
        const before = cache.folded(tx, monitorNo);
        const inOrder = own.every((check) => comesAfter(check, before.last));
        const windowsBefore = changes.changed.length;
        const misses = inOrder
          ? foldOn(tx, cache, monitorNo, before, own, changes)
          : refold(tx, cache, monitorNo, own, changes);
        if (misses || changes.changed.length > windowsBefore) formPatterns(tx, cache, monitorNo);
        if (!inOrder || !options.alerts) touchIncidentsAround(tx, monitorNo, ...spanOf(own));
      }
      if (changes.changed.length > 0) regroup(tx, cache, changes, { ...options, publicUrl: publicUrl() });
    },
    recount(tx, monitorNo, spans) {
      cache.forgetConfigs();
      const own = spans.flatMap(([from, to]) => [...readChecksBetween(tx, monitorNo, from - LATE_MS, to)]);
      if (own.length === 0) return;
      const changes: WindowChanges = { changed: [], orphaned: [] };
      refold(tx, cache, monitorNo, own, changes, true);
      formPatterns(tx, cache, monitorNo);
      touchIncidentsAround(tx, monitorNo, ...spanOf(own));
      if (changes.changed.length > 0) regroup(tx, cache, changes, { alerts: false, publicUrl: publicUrl() });
    },
    forgetMaintenance: () => cache.forgetConfigs(),
    forgetLocations: () => cache.forgetOutages(),
    rollback(monitorNos) {
      cache.forget(monitorNos);
      cache.forgetOutages();
    },
    matters(reader, monitorNo, verdict) {
      if (monitorNo === CANARY_NO) return true;
      const { state } = cache.remember(reader, monitorNo);
      if (verdict === 'unknown') return false;
      return verdict === 'down' ? state.status !== 'down' : state.status !== verdict;
    },
  };
}

function byMonitor(checks: readonly CheckRow[]): Map<number, CheckRow[]> {
  const groups = new Map<number, CheckRow[]>();
  for (const check of checks) {
    const group = groups.get(check.monitorNo);
    if (group) group.push(check);
    else groups.set(check.monitorNo, [check]);
  }
  for (const group of groups.values()) group.sort((a, b) => a.at - b.at || a.locationNo - b.locationNo);
  return groups;
}

/** Continues the fold with checks that come after all that is folded; true when there is another near-miss. */
function foldOn(
  tx: Tx,
  cache: MonitorCache,
  monitorNo: number,
  before: Folded,
  checks: CheckRow[],
  { changed }: WindowChanges,
): boolean {
  let misses = false;
  let state = before.state;
  let last = before.last;
  let steady = true;
  for (const check of checks) {
    last = { at: check.at, locationNo: check.locationNo };
    const config = cache.configAt(tx, monitorNo, check.startedAt);
    if (!config || cache.isMaintained(tx, monitorNo, check.startedAt)) continue;
    const step = foldCheck(state, check, config.confirm, cache.lostAt(tx, check.startedAt));
    misses ||= step.transitions.some(({ kind }) => kind === 'near-miss');
    steady &&= isSteady(state, step, check);
    writeTransitions(tx, monitorNo, step.transitions, changed);
    state = step.state;
  }
  if (!steady) {
    putState(tx, monitorNo, state, state.status !== before.state.status || state.since !== before.state.since);
    if (state.window && !changed.includes(state.window)) putWindow(tx, state.window);
  }
  cache.put(monitorNo, { state, last });
  return misses;
}

function writeTransitions(tx: Tx, monitorNo: number, transitions: Transition[], changed: DowntimeWindow[]): void {
  for (const transition of transitions) {
    if (transition.kind === 'status') addStatusChange(tx, monitorNo, transition);
    else if (transition.kind === 'near-miss') putNearMiss(tx, transition.nearMiss);
    else {
      putWindow(tx, transition.window);
      changed.push(transition.window);
    }
  }
}

/**
 * Rows arrived that belong before rows that are folded. Folds again from the last moment before them at which nothing
 * was wrong, up to a moment after them at which what was folded before and what is folded now agree again. What stands
 * afterwards is a function of the rows, whatever order they came in. True when near-misses may have changed.
 */
function refold(
  tx: Tx,
  cache: MonitorCache,
  monitorNo: number,
  own: CheckRow[],
  changes: WindowChanges,
  recounted = false,
): boolean {
  const start = startingPoint(tx, monitorNo, own[0]?.at ?? 0);
  const lastFresh = own.at(-1)?.at ?? 0;
  // A check that counted before may be what the old fold remembers: only later ones are sure to be the same in both.
  const unsure = { fresh: new Set(own.map(keyOf)), after: recounted ? lastFresh : 0 };
  const windows = new Map<string, DowntimeWindow>();
  const transitions: Transition[] = [];
  let { state } = start;
  let end = Number.MAX_SAFE_INTEGER;
  let last: Folded['last'] = null;
  for (const check of iterateChecks(tx, monitorNo, start.from)) {
    // All rows of one moment belong together.
    if (last && check.at > last.at && last.at > lastFresh && agrees(tx, monitorNo, state, unsure, last.at)) {
      end = last.at;
      break;
    }
    last = { at: check.at, locationNo: check.locationNo };
    const config = cache.configAt(tx, monitorNo, check.startedAt);
    if (!config || cache.isMaintained(tx, monitorNo, check.startedAt)) continue;
    const step = foldCheck(state, check, config.confirm, cache.lostAt(tx, check.startedAt));
    transitions.push(...step.transitions);
    state = step.state;
    const ended = step.transitions.find((transition) => transition.kind === 'window-closed');
    const window = ended?.window ?? state.window;
    if (window) windows.set(identity(window), window);
  }

  const before = readWindowsOfMonitor(tx, monitorNo).filter(
    ({ window }) => window.firstBad.at >= start.from && window.firstBad.at <= end,
  );
  const forgotten = deleteNearMisses(tx, monitorNo, start.from, end);
  const misses = forgotten > 0 || transitions.some(({ kind }) => kind === 'near-miss');
  deleteStatusChanges(tx, monitorNo, start.from, end);
  writeTransitions(
    tx,
    monitorNo,
    transitions.filter((t) => t.kind === 'status' || t.kind === 'near-miss'),
    [],
  );
  for (const window of windows.values()) putWindow(tx, window);
  for (const stored of before) {
    if (windows.has(identity(stored.window))) continue;
    deleteWindow(tx, stored.id);
    if (stored.incidentId) changes.orphaned.push(stored.incidentId);
  }
  changes.changed.push(...windows.values(), ...before.map((stored) => stored.window));
  if (end === Number.MAX_SAFE_INTEGER) {
    putState(tx, monitorNo, state, true);
    cache.put(monitorNo, { state, last });
    return misses;
  }
  // What came after stands; only the moment since when nothing has changed may have moved.
  const kept = cache.folded(tx, monitorNo);
  const { since } = hasStatusChangeAfter(tx, monitorNo, end) ? kept.state : state;
  putState(tx, monitorNo, { ...kept.state, since }, since !== kept.state.since);
  cache.put(monitorNo, { ...kept, state: { ...kept.state, since } });
  return misses;
}

/** Where a fold that must see a row at `at` can begin: as late as possible, with the state before it. */
function startingPoint(tx: Tx, monitorNo: number, at: EpochMs): { from: EpochMs; state: MonitorState } {
  let from = at;
  for (const change of statusChangesBefore(tx, monitorNo, at)) {
    if (isQuiet(change.to) && change.checkAt < from)
      return { from, state: readQuietState(tx, monitorNo, from, change) };
    from = change.checkAt;
  }
  return { from: 0, state: INITIAL_STATE };
}

/**
 * Whether the rest of what was folded before still stands after the rows up to `at`: nothing is wrong in either fold, and
 * the last good check of every location is one that both have seen.
 */
function agrees(
  tx: Tx,
  monitorNo: number,
  state: MonitorState,
  { fresh, after }: { fresh: Set<string>; after: EpochMs },
  at: EpochMs,
): boolean {
  if (!isQuiet(state.status) || state.window) return false;
  for (const { run, lastGood } of Object.values(state.locations))
    if (run || !lastGood || fresh.has(keyOf(lastGood)) || lastGood.at < after) return false;
  return readStatusChangeAt(tx, monitorNo, at)?.to === state.status;
}

const keyOf = ({ at, locationNo }: Pick<CheckRow, 'at' | 'locationNo'>) => `${at}/${locationNo}`;

function spanOf(checks: readonly CheckRow[]): [EpochMs, EpochMs] {
  return [checks[0]?.at ?? 0, checks.at(-1)?.at ?? 0];
}

function identity(window: DowntimeWindow): string {
  return `${window.firstBad.at}/${window.firstBad.locationNo}`;
}
