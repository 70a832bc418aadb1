import { type CheckRow, type Failure, LAYERS, type Layer, layerOf } from '../check.ts';
import type { EpochMs } from '../clock.ts';
import { checkId } from '../ids.ts';
import type { DowntimeWindow } from '../window.ts';

/** A count with the rows behind it: the first 19 ids and the last. */
export interface Tally {
  count: number;
  ids: string[];
}

export const MAX_IDS = 20;

/** A tally that grows. The id of the last row is made when no other comes: an incident may have 100,000 of them. */
class Counter implements Tally {
  count = 0;
  ids: string[] = [];
  #last: CheckRow | null = null;

  add(check: CheckRow): void {
    this.count += 1;
    if (this.ids.length < MAX_IDS - 1) this.ids.push(checkId(check));
    else this.#last = check;
  }

  close(): void {
    if (this.#last) this.ids.push(checkId(this.#last));
    this.#last = null;
  }
}

export interface SymptomRun<T = Tally> {
  /** The failure; for failure `status` with the HTTP status: `status:503`. */
  symptom: string;
  failure: Failure;
  status: number | null;
  from: EpochMs;
  to: EpochMs;
  failed: T;
  /** Checks from its first to its last bad one, good ones included. */
  checks: number;
}

export interface SymptomCount<T = Tally> {
  failure: Failure;
  status: number | null;
  tally: T;
}

export interface WindowObservation<T = Tally> {
  checks: T;
  failed: T;
  symptoms: Map<string, SymptomCount<T>>;
  runs: SymptomRun<T>[];
  runCount: number;
}

export interface CheckGap {
  from: EpochMs;
  to: EpochMs;
  ids: string[];
}

export interface HourCheck {
  id: string;
  startedAt: EpochMs;
  durationMs: number;
  verdict: CheckRow['verdict'];
}

/** What the checks of one affected monitor add up to, from an hour before the incident to its resolution. */
export interface MonitorObservation<T = Tally> {
  windows: WindowObservation<T>[];
  symptoms: Map<string, SymptomCount<T>>;
  layers: Map<Layer, T>;
  /** Bad checks that had got past a phase. */
  past: Record<PastPhase, T>;
  locations: number[];
  locationsFailed: number[];
  unknown: T;
  hourBefore: HourCheck[];
  gaps: CheckGap[];
  slowAfter: T;
  slowAfterUntil: { at: EpochMs; id: string } | null;
}

export type PastPhase = 'dns' | 'connect' | 'tls';
/** A symptom changes more often than this: the window is described by its counts, not by its runs. */
export const MAX_RUNS = 6;
const HOUR_MS = 3_600_000;

export interface ObserveParts {
  windows: readonly DowntimeWindow[];
  intervalMs: number;
  /** Start of the incident, and where open windows end. */
  start: EpochMs;
  until: EpochMs;
}

/** Where in `at` the checks lie that `observe` needs. */
export function rangeToObserve({ windows, start, until }: Omit<ObserveParts, 'intervalMs'>): [EpochMs, EpochMs] {
  const from = Math.min(start - HOUR_MS, ...windows.map((window) => (window.lastGood ?? window.firstBad).at));
  const to = Math.max(...windows.map((window) => Math.max(until, (window.firstGood ?? window.lastBad).at)));
  return [from, to];
}

/** Folds checks in the order of `at`, then location. One pass, memory bounded by the hour before. */
export function observe(parts: ObserveParts, checks: Iterable<CheckRow>): MonitorObservation {
  const counters: Counter[] = [];
  const none = () => {
    const counter = new Counter();
    counters.push(counter);
    return counter;
  };
  const seen: MonitorObservation<Counter> = {
    windows: parts.windows.map(() => ({ checks: none(), failed: none(), symptoms: new Map(), runs: [], runCount: 0 })),
    symptoms: new Map(),
    layers: new Map(),
    past: { dns: none(), connect: none(), tls: none() },
    locations: [],
    locationsFailed: [],
    unknown: none(),
    hourBefore: [],
    gaps: [],
    slowAfter: none(),
    slowAfterUntil: null,
  };
  const first = parts.windows[0];
  const last = parts.windows.at(-1);
  if (!first || !last) return seen;
  const reach = (window: DowntimeWindow) => (isOpen(window) ? parts.until : window.lastBad.at);
  const places = { all: new Set<number>(), failed: new Set<number>() };
  const previous: (CheckRow | null)[] = parts.windows.map(() => null);
  const openRuns: OpenRun[] = [];
  let slowOver = false;

  for (const check of checks) {
    const during = check.at >= first.firstBad.at && check.at <= reach(last);
    if (check.verdict === 'unknown') {
      if (during) seen.unknown.add(check);
      continue;
    }
    const timed = check.latencyMs !== null || check.verdict === 'down';
    if (timed && check.at >= parts.start - HOUR_MS && check.at < first.firstBad.at) {
      seen.hourBefore.push({
        id: checkId(check),
        startedAt: check.startedAt,
        durationMs: check.latencyMs ?? 0,
        verdict: check.verdict,
      });
    }
    if (during) {
      places.all.add(check.locationNo);
      if (check.verdict === 'down') places.failed.add(check.locationNo);
    }
    for (const [index, window] of parts.windows.entries()) {
      if (!window.locations.includes(check.locationNo)) continue;
      const from = (window.lastGood ?? window.firstBad).at;
      const to = window.firstGood?.at ?? reach(window);
      if (check.at >= from && check.at <= to) {
        const before = previous[index];
        if (before && check.startedAt - before.startedAt > 2 * parts.intervalMs) {
          seen.gaps.push({ from: before.startedAt, to: check.startedAt, ids: [checkId(before), checkId(check)] });
        }
        previous[index] = check;
      }
      if (check.at < window.firstBad.at || check.at > reach(window)) continue;
      const into = seen.windows[index] as WindowObservation<Counter>;
      into.checks.add(check);
      if (check.verdict === 'down') openRuns[index] = countBad(seen, into, check, openRuns[index], none);
    }
    if (
      !slowOver &&
      last.firstGood &&
      check.at >= last.firstGood.at &&
      check.at <= parts.until &&
      last.locations.includes(check.locationNo)
    ) {
      const isFirst = seen.slowAfter.count > 0 || isAt(check, last.firstGood);
      if (isFirst && check.verdict === 'degraded') seen.slowAfter.add(check);
      else if (isFirst) {
        slowOver = true;
        if (seen.slowAfter.count > 0) seen.slowAfterUntil = { at: check.startedAt, id: checkId(check) };
      }
    }
  }
  seen.locations = [...places.all].sort((a, b) => a - b);
  seen.locationsFailed = [...places.failed].sort((a, b) => a - b);
  seen.gaps.sort((a, b) => a.from - b.from || a.to - b.to);
  for (const counter of counters) counter.close();
  return seen;
}

export function isOpen(window: DowntimeWindow): boolean {
  return window.firstGood === null && (window.abandonedAt ?? null) === null;
}

function isAt(check: CheckRow, ref: { at: EpochMs; locationNo: number }): boolean {
  return check.at === ref.at && check.locationNo === ref.locationNo;
}

export function symptomOf(failure: Failure, status: number | null): string {
  return failure === 'status' && status !== null ? `status:${status}` : failure;
}

type OpenRun = SymptomRun<Counter> & { since: number };

/** Counts a bad check, and answers the run it belongs to; `since` is the window's check count before the run. */
function countBad(
  seen: MonitorObservation<Counter>,
  window: WindowObservation<Counter>,
  check: CheckRow,
  open: OpenRun | undefined,
  none: () => Counter,
): OpenRun {
  const failure = check.failure ?? 'http-malformed';
  const symptom = symptomOf(failure, check.status);
  const layer = layerOf(failure);
  window.failed.add(check);
  for (const counts of [window.symptoms, seen.symptoms]) {
    const entry = counts.get(symptom) ?? { failure, status: check.status, tally: none() };
    entry.tally.add(check);
    counts.set(symptom, entry);
  }
  const atLayer = seen.layers.get(layer) ?? none();
  atLayer.add(check);
  seen.layers.set(layer, atLayer);
  const depth = LAYERS.indexOf(layer);
  for (const phase of ['dns', 'connect', 'tls'] as const) {
    if (depth > LAYERS.indexOf(phase) && check.phases[phase] !== null) seen.past[phase].add(check);
  }
  let run = open;
  if (run?.symptom !== symptom) {
    window.runCount += 1;
    const { status, startedAt } = check;
    const since = window.checks.count - 1;
    run = { symptom, failure, status, from: startedAt, to: startedAt, failed: none(), checks: 0, since };
    if (window.runs.length < MAX_RUNS) window.runs.push(run);
  }
  run.to = check.startedAt;
  run.checks = window.checks.count - run.since;
  run.failed.add(check);
  return run;
}
