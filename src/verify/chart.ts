import type { PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';
import { inArrays } from '#src/store/database.ts';
import { type Case, median, type Window } from './case.ts';
import { iso } from './expected.ts';
import type { TextFinding } from './text.ts';

const PHASES = ['dns', 'connect', 'tls', 'firstByte', 'download'] as const;
const MOMENTS: Record<string, FactName> = {
  started: 'start',
  detected: 'detectedAt',
  alerted: 'alertedAt',
  acknowledged: 'acknowledgedAt',
  cause: 'causeIdentifiedAt',
  fix: 'fixAppliedAt',
  restored: 'end',
};
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
const HOUR_MS = 3_600_000;

type Report = (reason: string) => void;

/** Computes the chart's series again from the rows, and holds its stretches and marks against rows and facts. */
export function checkChart(
  of: Case,
  { chart }: PostmortemDocument,
  ledger: readonly Fact[],
): { total: number; findings: TextFinding[] } {
  const findings: TextFinding[] = [];
  const report: Report = (reason) => findings.push({ blockId: 'chart', text: '', reason });
  const [first, ...others] = of.monitors;
  const points = first ? pointsOf(of, first.no) : [];
  // A document of an earlier version has none.
  if (!chart) return { total: 0, findings };
  if (!first || points.length === 0) {
    report('there is nothing to draw');
    return { total: 1, findings };
  }
  const { from, to, step } = rangeOf(of);
  const name = (id: string) => ledger.find((fact) => fact.name === 'monitorName' && fact.about === id)?.value;
  if (chart.monitorId !== first.id || chart.monitor !== name(first.id)) report('it is of another monitor');
  if (chart.from !== iso(from) || chart.to !== iso(to) || chart.stepSeconds !== step / 1000)
    report(`it goes from ${iso(from)} to ${iso(to)} in steps of ${step / 1000} s`);
  const odd = points.findIndex((point, i) => !isPoint(point, chart.points[i]));
  if (odd >= 0 || chart.points.length !== points.length)
    report(`the step at ${iso(points[odd]?.at ?? to)} is not what the rows give`);
  if (JSON.stringify(chart.windows) !== JSON.stringify(first.windows.map(stretch))) report('its windows are others');
  checkOthers(chart.others, others.slice(0, 4), name, report);
  if (JSON.stringify(chart.unobserved) !== JSON.stringify(unobservedOf(of, first.no, from, to)))
    report('its unobserved time is another');
  const marks = Object.entries(MOMENTS).flatMap(([moment, fact]) => {
    const at = ledger.find((one) => one.name === fact)?.value;
    const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    return time >= from && time <= to ? [{ moment, at }] : [];
  });
  if (JSON.stringify(chart.marks) !== JSON.stringify(marks)) report('its marks are not the moments');
  return { total: 6, findings };
}

function rangeOf({ start, until }: Case): { from: number; to: number; step: number } {
  const before = Math.max(HOUR_MS / 6, Math.min(HOUR_MS, until - start.value));
  const from = start.value - before;
  const wanted = (until - from) / 180;
  const seconds = STEPS.find((each) => each * 1000 >= wanted) ?? 86_400 * Math.ceil(wanted / 86_400_000);
  return { from, to: until, step: seconds * 1000 };
}

interface Point {
  at: number;
  passed: number;
  failed: number;
  /** Medians in microseconds: of the whole, then of each phase. */
  us: (number | null)[];
}

type Row = [number, number, ...(number | null)[]];

function pointsOf(of: Case, monitorNo: number): Point[] {
  const { from, to, step } = rangeOf(of);
  const rows = of.reader.sql(
    `SELECT at, verdict, CASE WHEN duration_us >= 0 THEN duration_us END, dns_us, connect_us, tls_us, first_byte_us, download_us
     FROM checks WHERE monitor_no = ? AND at BETWEEN ? AND ? AND verdict <> 3 ORDER BY at`,
  );
  const points: Point[] = [];
  let values: number[][] = [];
  const close = () => {
    const last = points.at(-1);
    if (last) last.us = values.map((each) => median(each));
  };
  let point = null as Point | null;
  for (const row of inArrays<Row>(rows, [monitorNo, from, to])) {
    const at = row[0] - (row[0] % step);
    if (point?.at !== at) {
      close();
      point = { at, passed: 0, failed: 0, us: [] };
      points.push(point);
      values = row.slice(2).map(() => []);
    }
    if (row[1] === 2) point.failed += 1;
    else {
      point.passed += 1;
      for (const [i, into] of values.entries()) if (row[i + 2] !== null) into.push(row[i + 2] as number);
    }
  }
  close();
  return points;
}

function isPoint(
  point: Point,
  stated: NonNullable<PostmortemDocument['chart']>['points'][number] | undefined,
): boolean {
  if (!stated || stated.at !== iso(point.at) || stated.passed !== point.passed || stated.failed !== point.failed)
    return false;
  const figures = [stated.ms, ...PHASES.map((phase) => stated.phases[phase])];
  return point.us.every((us, i) => {
    const ms = figures[i] ?? null;
    // Stated to a tenth of a millisecond.
    return us === null || ms === null ? us === ms : Math.abs(us / 1000 - ms) <= 0.0501;
  });
}

const stretch = ({ firstBad, firstGood }: Window) => ({
  from: iso(firstBad.startedAt),
  to: iso(firstGood?.startedAt ?? null),
});

function checkOthers(
  stated: NonNullable<PostmortemDocument['chart']>['others'],
  others: Case['monitors'],
  name: (id: string) => unknown,
  report: Report,
): void {
  const rows = others.map(({ id, windows }) => ({ monitorId: id, monitor: name(id), windows: windows.map(stretch) }));
  if (JSON.stringify(stated) !== JSON.stringify(rows)) report('the other monitors failed at other times');
}

function unobservedOf(
  of: Case,
  monitorNo: number,
  from: number,
  to: number,
): { from: string | null; to: string | null }[] {
  const over = of.end?.value ?? of.until;
  return of.reader
    .sql<{ from_at: number; to_at: number | null }>(
      `SELECT from_at, to_at FROM unobserved WHERE (monitor_no IS NULL OR monitor_no = ?) AND from_at < ? AND coalesce(to_at, ?) > ?
       ORDER BY from_at, coalesce(to_at, ?), monitor_no, id`,
    )
    .all(monitorNo, Math.min(to, over), to, from, Number.MAX_SAFE_INTEGER)
    .map((row) => ({ from: iso(row.from_at), to: iso(row.to_at) }));
}
