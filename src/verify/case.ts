import type { Fact } from '#src/domain/postmortem/facts.ts';
import type { Reader } from '#src/store/database.ts';
import { type Policy, policyAt } from './policy.ts';

/** A reference to a check, as a window's JSON holds it. */
export interface Ref {
  at: number;
  locationNo: number;
  startedAt: number;
  endedAt: number;
}

export interface Window {
  id: number;
  monitorNo: number;
  lastGood: Ref | null;
  firstBad: Ref;
  confirmed: Ref;
  lastBad: Ref;
  firstGood: Ref | null;
  resolved: Ref | null;
  locations: number[];
  abandonedAt: number | null;
  /** `mon_…/w1` */
  about: string;
}

interface Config {
  name: string;
  service: string | null;
  owner: string | null;
  intervalSeconds: number;
  confirm: { failures: number; retrySeconds: number };
  impact: { summary: string | null; usersPerMinute: number | null } | null;
  targets: { detectSeconds: number | null; acknowledgeSeconds: number | null; statusUpdateSeconds: number | null };
  channels: string[];
  locations: string[];
}

export interface Affected {
  no: number;
  id: string;
  config: Config;
  windows: Window[];
}

export interface Entry {
  id: string;
  at: number;
  recorded_at: number;
  kind: string;
  text: string;
}

export interface IncidentRow {
  id: string;
  number: number;
  kind: string;
  severity: string;
  service: string | null;
  started_at: number;
  ended_at: number | null;
  detected_at: number;
  resolved_at: number | null;
  acknowledged_at: number | null;
  resolved_reason: string | null;
  recorded_at: number;
}

/** Value and bounds in ms, or in what the fact's unit says. */
export interface Bounded {
  value: number | null;
  min?: number;
  max?: number;
}

/** Alerts about a postmortem (it is due, an action is late) are no part of what happened in the incident. */
export const CALLS = "event NOT IN ('postmortem.due', 'action.overdue')";

/** What the rows say of an incident, read once; everything that is recomputed starts from here. */
export interface Case {
  reader: Reader;
  row: IncidentRow;
  open: boolean;
  asOf: number | null;
  until: number;
  policy: Policy;
  windows: Window[];
  monitors: Affected[];
  entries: Entry[];
  start: { value: number; min: number; max: number };
  end: { value: number; min: number; max: number } | null;
  detectedAt: number;
  alertedAt: number | null;
}

/** Null when there is no such incident, or an open one was drawn without saying when. */
export function readCase(reader: Reader, incidentId: string, ledger: readonly Fact[]): Case | null {
  const row = reader.sql<IncidentRow>('SELECT * FROM incidents WHERE id = ?').get(incidentId);
  if (!row) return null;
  const stated = ledger.find((fact) => fact.name === 'asOf')?.value;
  const asOf = typeof stated === 'string' ? Date.parse(stated) : null;
  const until = row.resolved_at ?? asOf;
  if (until === null) return null;
  const monitors = readAffected(reader, incidentId);
  const windows = monitors.flatMap((monitor) => monitor.windows).sort(inOrder);
  const start = startOf(row, windows);
  const entries = reader
    .sql<Entry>('SELECT id, at, recorded_at, kind, text FROM timeline_entries WHERE incident_id = ? ORDER BY at, id')
    .all(incidentId);
  const alerted = reader
    .sql<{ at: number | null }>(
      `SELECT min(a.delivered_at) AS at FROM alerts a JOIN channels c ON c.no = a.channel_no WHERE a.incident_id = ? AND c.human = 1 AND a.${CALLS}`,
    )
    .get(incidentId);
  return {
    reader,
    row,
    open: row.resolved_at === null,
    asOf,
    until,
    policy: policyAt(reader, Math.max(until, row.recorded_at)),
    windows,
    monitors,
    entries,
    start,
    end: endOf(row, windows),
    detectedAt: windows.length > 0 ? Math.min(...windows.map((w) => w.confirmed.endedAt)) : row.detected_at,
    alertedAt: alerted?.at ?? null,
  };
}

function inOrder(a: Window, b: Window): number {
  return a.firstBad.startedAt - b.firstBad.startedAt || a.monitorNo - b.monitorNo || a.id - b.id;
}

function readAffected(reader: Reader, incidentId: string): Affected[] {
  const rows = reader
    .sql<{ id: number; monitor_no: number; refs: string; abandoned_at: number | null }>(
      'SELECT id, monitor_no, refs, abandoned_at FROM windows WHERE incident_id = ?',
    )
    .all(incidentId);
  const windows = rows
    .map((row) => {
      const refs = JSON.parse(row.refs) as Omit<Window, 'id' | 'about' | 'abandonedAt'>;
      return { ...refs, id: row.id, monitorNo: row.monitor_no, abandonedAt: row.abandoned_at, about: '' };
    })
    .sort(inOrder);
  const monitors = new Map<number, Affected>();
  for (const window of windows) {
    let monitor = monitors.get(window.monitorNo);
    if (!monitor) {
      const { id } = reader.sql<{ id: string }>('SELECT id FROM monitors WHERE no = ?').get(window.monitorNo) ?? {
        id: '',
      };
      monitor = {
        no: window.monitorNo,
        id,
        config: configAt(reader, window.monitorNo, window.firstBad.startedAt),
        windows: [],
      };
      monitors.set(window.monitorNo, monitor);
    }
    monitor.windows.push(window);
    window.about = `${monitor.id}/w${monitor.windows.length}`;
  }
  return [...monitors.values()];
}

/** The newest revision from that time or before it, else the oldest. */
export function configAt(reader: Reader, monitorNo: number, at: number): Config {
  const row = reader
    .sql<{ config: string }>(
      `SELECT config FROM monitor_revisions WHERE monitor_no = ?
       ORDER BY from_at <= ? DESC, CASE WHEN from_at <= ? THEN -from_at ELSE from_at END LIMIT 1`,
    )
    .get(monitorNo, at, at);
  return JSON.parse(row?.config ?? '{}') as Config;
}

const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b));

function startOf(row: IncidentRow, windows: Window[]): Case['start'] {
  if (windows.length === 0) return { value: row.started_at, min: row.started_at, max: row.started_at };
  return {
    value: least(windows.map((w) => w.firstBad.startedAt)),
    min: least(windows.map((w) => (w.lastGood ?? w.firstBad).startedAt)),
    max: least(windows.map((w) => w.firstBad.endedAt)),
  };
}

function endOf(row: IncidentRow, windows: Window[]): Case['end'] {
  if (windows.length === 0) {
    return row.ended_at === null ? null : { value: row.ended_at, min: row.ended_at, max: row.ended_at };
  }
  const goods = windows.map((w) => w.firstGood);
  if (row.resolved_at === null || goods.some((good) => good === null)) return null;
  const seen = goods.filter((good) => good !== null);
  return {
    value: most(seen.map((good) => good.startedAt)),
    min: most(windows.map((w) => w.lastBad.startedAt)),
    max: most(seen.map((good) => good.endedAt)),
  };
}

/** The end of a window for its three lengths; one that was not observed is the same time thrice. */
export function windowEnd(of: Case, window: Window): { value: number; min: number; max: number } {
  if (window.firstGood) {
    return { value: window.firstGood.startedAt, min: window.lastBad.startedAt, max: window.firstGood.endedAt };
  }
  const at = window.abandonedAt ?? of.until;
  return { value: at, min: at, max: at };
}

/** Total of the union of intervals, in seconds. */
export function unionSeconds(intervals: [number, number][]): number {
  let total = 0;
  let covered = Number.NEGATIVE_INFINITY;
  for (const [from, to] of intervals.filter(([a, b]) => b > a).sort((a, b) => a[0] - b[0])) {
    if (to <= covered) continue;
    total += to - Math.max(from, covered);
    covered = to;
  }
  return total / 1000;
}

/** Length of the union of windows: best, shortest and longest, in seconds. */
export function downtime(of: Case, windows: Window[]): Bounded {
  const union = (interval: (w: Window) => [number, number]) => unionSeconds(windows.map(interval));
  return {
    value: union((w) => [w.firstBad.startedAt, windowEnd(of, w).value]),
    min: union((w) => [w.firstBad.endedAt, windowEnd(of, w).min]),
    max: union((w) => [(w.lastGood ?? w.firstBad).startedAt, windowEnd(of, w).max]),
  };
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] as number) + upper) / 2;
}
