import type { CheckRow } from '../check.ts';
import { type EpochMs, toRfc3339 } from '../clock.ts';
import { checkId } from '../ids.ts';
import type { FactName } from './facts.ts';
import type { Ledger } from './ledger.ts';
import type { DraftRows } from './rows.ts';
import { median } from './statistics.ts';

export const CHART_PHASES = ['dns', 'connect', 'tls', 'firstByte', 'download'] as const;
export type ChartPhase = (typeof CHART_PHASES)[number];

/** The checks of one step that counted: how many, and the medians of those that passed, in ms to one decimal. */
export interface ChartPoint {
  /** When the step begins. */
  at: string;
  passed: number;
  failed: number;
  ms: number | null;
  phases: Record<ChartPhase, number | null>;
}

interface Stretch {
  from: string;
  /** Null: not over. */
  to: string | null;
}

/** What the chart shows, with nothing left to compute but where on the paper it stands. */
export interface Chart {
  /** The affected monitor that failed first. */
  monitorId: string;
  monitor: string;
  from: string;
  to: string;
  stepSeconds: number;
  points: ChartPoint[];
  windows: Stretch[];
  unobserved: Stretch[];
  marks: { moment: Moment; at: string }[];
  /** Up to 4 others that were affected. */
  others: { monitorId: string; monitor: string; windows: Stretch[] }[];
  /** The first and the last check behind it, and how many they are. */
  rows: string[];
  rowCount: number;
}

const MOMENTS = {
  started: 'start',
  detected: 'detectedAt',
  alerted: 'alertedAt',
  acknowledged: 'acknowledgedAt',
  cause: 'causeIdentifiedAt',
  fix: 'fixAppliedAt',
  restored: 'end',
} as const satisfies Record<string, FactName>;
export type Moment = keyof typeof MOMENTS;

const MOST_POINTS = 180;
const MOST_OTHERS = 4;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];
const LEAST_BEFORE_MS = 600_000;
const MOST_BEFORE_MS = 3_600_000;

/** What is shown: from as long before the start as it lasted (10 min to 1 h) to the end, in at most 181 steps. */
export function chartRange(start: EpochMs, until: EpochMs): { from: EpochMs; to: EpochMs; stepMs: number } {
  const from = start - Math.min(MOST_BEFORE_MS, Math.max(LEAST_BEFORE_MS, until - start));
  const seconds = (until - from) / 1000;
  const step = STEPS.find((each) => seconds / each <= MOST_POINTS);
  return { from, to: until, stepMs: (step ?? Math.ceil(seconds / 86_400 / MOST_POINTS) * 86_400) * 1000 };
}

export interface Series {
  points: ChartPoint[];
  rows: string[];
  rowCount: number;
}

interface Step {
  passed: number;
  failed: number;
  ms: number[];
  phases: Record<ChartPhase, number[]>;
}

/** Folds the checks of the range into steps; `through` hands on what it sees, so that one reading serves more. */
export function plotting(range: ReturnType<typeof chartRange>): {
  through(checks: Iterable<CheckRow>): Generator<CheckRow>;
  series(): Series;
} {
  const steps = new Map<EpochMs, Step>();
  const seen: { first?: CheckRow; last?: CheckRow } = {};
  let rowCount = 0;
  function see(check: CheckRow): void {
    if (check.verdict === 'unknown' || check.at < range.from || check.at > range.to) return;
    const at = Math.floor(check.at / range.stepMs) * range.stepMs;
    const step = steps.get(at) ?? newStep();
    steps.set(at, step);
    seen.first ??= check;
    seen.last = check;
    rowCount++;
    if (check.verdict === 'down') step.failed++;
    else {
      step.passed++;
      if (check.latencyMs !== null) step.ms.push(check.latencyMs);
      for (const phase of CHART_PHASES) {
        const ms = check.phases[phase];
        if (ms !== null) step.phases[phase].push(ms);
      }
    }
  }
  return {
    *through(checks) {
      for (const check of checks) {
        see(check);
        yield check;
      }
    },
    series: () => ({
      points: [...steps].sort(([a], [b]) => a - b).map(([at, step]) => toPoint(at, step)),
      rows: [...new Set([seen.first, seen.last].flatMap((check) => (check ? checkId(check) : [])))],
      rowCount,
    }),
  };
}

const newStep = (): Step => ({
  passed: 0,
  failed: 0,
  ms: [],
  phases: { dns: [], connect: [], tls: [], firstByte: [], download: [] },
});

function toPoint(at: EpochMs, { passed, failed, ms, phases }: Step): ChartPoint {
  const { dns, connect, tls, firstByte, download } = phases;
  return {
    at: toRfc3339(at),
    passed,
    failed,
    ms: middle(ms),
    phases: {
      dns: middle(dns),
      connect: middle(connect),
      tls: middle(tls),
      firstByte: middle(firstByte),
      download: middle(download),
    },
  };
}

const middle = (values: number[]) => (values.length === 0 ? null : Math.round(median(values) * 10) / 10);

/** The chart of an incident; null when no monitor was down, or nothing was measured. */
export function drawChart(rows: DraftRows, ledger: Ledger): Chart | null {
  const [monitor, ...others] = rows.monitors;
  const { series } = rows;
  if (!monitor || !series || series.points.length === 0) return null;
  const start = Date.parse(String(ledger.get('start').value));
  const { from, to, stepMs } = chartRange(start, rows.record.resolvedAt ?? rows.now);
  const windowsOf = (id: string, count: number): Stretch[] =>
    Array.from({ length: count }, (_, i) => {
      const about = `${id}/w${i + 1}`;
      const end = ledger.known('windowEnd', about);
      return { from: String(ledger.get('windowStart', about).value), to: end && String(end.value) };
    });
  const marks = (Object.keys(MOMENTS) as Moment[]).flatMap((moment) => {
    const fact = ledger.known(MOMENTS[moment]);
    const at = fact && String(fact.value);
    return at && Date.parse(at) >= from && Date.parse(at) <= to ? [{ moment, at }] : [];
  });
  const unobserved = rows.unobserved
    .filter((row) => row.monitorNo === null || row.monitorNo === monitor.no)
    .filter((row) => row.from < to && (row.to ?? to) > from)
    .map((row) => ({ from: toRfc3339(row.from), to: row.to === null ? null : toRfc3339(row.to) }));
  const named = (id: string) => String(ledger.get('monitorName', id).value);
  return {
    monitorId: monitor.id,
    monitor: named(monitor.id),
    from: toRfc3339(from),
    to: toRfc3339(to),
    stepSeconds: stepMs / 1000,
    points: series.points,
    windows: windowsOf(monitor.id, monitor.windows.length),
    unobserved,
    marks,
    others: others
      .slice(0, MOST_OTHERS)
      .map(({ id, windows }) => ({ monitorId: id, monitor: named(id), windows: windowsOf(id, windows.length) })),
    rows: series.rows,
    rowCount: series.rowCount,
  };
}
