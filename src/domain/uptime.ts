import type { EpochMs } from './clock.ts';
import type { DowntimeWindow, Seconds } from './window.ts';
import { endBounds, mergedLengthMs, startBounds } from './window.ts';

export type Span = readonly [from: EpochMs, to: EpochMs];

/** The union of spans, in order, what touches joined. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: [EpochMs, EpochMs][] = [];
  for (const [from, to] of [...spans].filter((span) => span[1] > span[0]).sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function clipSpans(spans: readonly Span[], [from, to]: Span): Span[] {
  return spans
    .map((span): Span => [Math.max(span[0], from), Math.min(span[1], to)])
    .filter((span) => span[1] > span[0]);
}

/** `spans` without what `holes` (merged, in order) cover. */
export function subtractSpans(spans: readonly Span[], holes: readonly Span[]): Span[] {
  return spans.flatMap((span) => {
    const left: Span[] = [];
    let [from] = span;
    for (const hole of holes) {
      if (hole[1] <= from || hole[0] >= span[1]) continue;
      if (hole[0] > from) left.push([from, hole[0]]);
      from = Math.max(from, hole[1]);
    }
    if (from < span[1]) left.push([from, span[1]]);
    return left;
  });
}

/**
 * Stretches longer than two intervals without a check that counted, the last one up to `until`. A stretch is
 * unobserved from one check to the next.
 */
export function checkGaps(startedAts: readonly EpochMs[], intervalAt: (at: EpochMs) => number, until: EpochMs): Span[] {
  const gaps: Span[] = [];
  for (const [i, from] of startedAts.entries()) {
    const to = startedAts[i + 1] ?? until;
    if (to - from > 2 * intervalAt(from)) gaps.push([from, to]);
  }
  return gaps;
}

export interface UptimeParts {
  /** The range asked about, already begun at the monitor's first check. */
  range: Span;
  windows: readonly DowntimeWindow[];
  /** All that was not watched, from every cause. */
  unobserved: readonly Span[];
  /** Downtime that belongs to no window: what failed in maintenance whose time counts. */
  failing?: readonly Span[];
}

export interface Uptime {
  /** 100 × (1 − downSeconds.best / observed seconds); null when nothing was observed. */
  uptimePercent: number | null;
  observedPercent: number;
  downSeconds: Seconds;
  unobservedSeconds: number;
}

/**
 * Uptime of a range with its coverage. Downtime that was not watched counts in `max` only: time while nobody looked is
 * neither up nor down.
 */
export function uptimeOf({ range, windows, unobserved, failing = [] }: UptimeParts): Uptime {
  const [from, to] = range;
  const holes = mergeSpans(clipSpans(unobserved, range));
  const lengthMs = Math.max(0, to - from);
  const unobservedMs = mergedLengthMs(holes);
  const observedMs = lengthMs - unobservedMs;
  const bounds = windows.map((window) => ({
    start: startBounds(window),
    end: endBounds(window),
    open: window.abandonedAt ?? to,
  }));
  const down = (side: 'least' | 'best' | 'most', seen: boolean): number => {
    const spans = bounds.map(({ start, end, open }): Span => {
      if (side === 'best') return [start.best, end?.best ?? open];
      return side === 'least' ? [start.latest, end?.earliest ?? open] : [start.earliest, end?.latest ?? open];
    });
    const merged = mergeSpans(clipSpans([...spans, ...failing], range));
    return mergedLengthMs(seen ? subtractSpans(merged, holes) : merged) / 1000;
  };
  const best = down('best', true);
  return {
    uptimePercent: observedMs > 0 ? 100 * (1 - Math.min(1, best / (observedMs / 1000))) : null,
    observedPercent: lengthMs > 0 ? (100 * observedMs) / lengthMs : 0,
    downSeconds: { min: down('least', true), best, max: down('most', false) },
    unobservedSeconds: unobservedMs / 1000,
  };
}
