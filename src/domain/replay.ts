import type { CheckRow } from './check.ts';
import type { EpochMs } from './clock.ts';
import { limitPassed } from './expect.ts';
import { groupWindows } from './grouping.ts';
import type { ConfirmPolicy, Limits } from './monitor.ts';
import { foldCheck, INITIAL_STATE, type MonitorState } from './status.ts';
import { type Bounds, type DowntimeWindow, downtimeSeconds, endBounds, type Seconds, startBounds } from './window.ts';

/** What to replay stored checks under. What is null is left as the rows have it. */
export interface ReplayPolicy {
  confirm: ConfirmPolicy;
  /** Numbers of the locations that take part; null: all. */
  locations: number[] | null;
  /** Rows of a location that come sooner than this after the one before are left out; null: none are. */
  intervalMs: number | null;
  /** Judges good and slow checks anew by their duration; null: as they were judged. */
  latencyMs: Limits | null;
}

export interface ReplayedIncident {
  start: Bounds;
  end: Bounds | null;
  /** When the confirming check ended, and how long after the best start that was. */
  detectedAt: EpochMs;
  detectSeconds: number;
  downSeconds: Seconds;
  flaps: number;
}

export interface Replayed {
  checks: number;
  incidents: ReplayedIncident[];
  nearMisses: number;
}

/**
 * What a policy would have made of stored checks of one monitor, taken in order: the same fold and the same grouping as
 * live detection. An incident is one alert. A retry is a row like any other: what a policy that confirms sooner or later
 * would have probed in between, no row knows.
 */
export class ReplayRun {
  readonly #policy: ReplayPolicy;
  readonly #windows: DowntimeWindow[] = [];
  readonly #kept = new Map<number, EpochMs>();
  #state: MonitorState = INITIAL_STATE;
  #nearMisses = 0;
  #checks = 0;

  constructor(policy: ReplayPolicy) {
    this.#policy = policy;
  }

  add(check: CheckRow): void {
    const { locationNo, startedAt } = check;
    const { locations, intervalMs, latencyMs, confirm } = this.#policy;
    if (locations && !locations.includes(locationNo)) return;
    const before = this.#kept.get(locationNo);
    // A slot is never exactly on time: what is nearly an interval later is the next one.
    if (intervalMs !== null && before !== undefined && startedAt - before < intervalMs * 0.95) return;
    this.#kept.set(locationNo, startedAt);
    this.#checks++;
    const step = foldCheck(this.#state, latencyMs ? judgedAnew(check, latencyMs) : check, confirm);
    for (const transition of step.transitions) {
      if (transition.kind === 'window-closed') this.#windows.push(transition.window);
      else if (transition.kind === 'near-miss') this.#nearMisses++;
    }
    this.#state = step.state;
  }

  /** An end that is open counts up to `until`. */
  finish(until: EpochMs): Replayed {
    const windows = [...this.#windows, ...(this.#state.window ? [this.#state.window] : [])];
    const members = windows.map((window) => ({ window, monitorKey: '', service: null, dependsOn: [], host: '' }));
    const incidents = groupWindows(members).map((group) =>
      incidentOf(
        group.map(({ window }) => window),
        until,
      ),
    );
    return { checks: this.#checks, incidents, nearMisses: this.#nearMisses };
  }
}

function judgedAnew(check: CheckRow, limits: Limits): CheckRow {
  const { latencyMs, failure, verdict } = check;
  const byLatency = verdict === 'up' || failure === 'latency';
  if (!byLatency || latencyMs === null) return check;
  const slow = limitPassed(limits, (limit) => latencyMs > limit);
  return { ...check, verdict: slow?.level ?? 'up', failure: slow ? 'latency' : null };
}

function incidentOf(windows: DowntimeWindow[], until: EpochMs): ReplayedIncident {
  const first = windows[0] as DowntimeWindow;
  const last = windows.at(-1) as DowntimeWindow;
  const start = startBounds(first);
  return {
    start,
    end: endBounds(last),
    detectedAt: first.confirmed.endedAt,
    detectSeconds: (first.confirmed.endedAt - start.best) / 1000,
    downSeconds: downtimeSeconds(windows, until),
    flaps: windows.length - 1,
  };
}
