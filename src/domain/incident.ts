import type { Failure } from './check.ts';
import { type EpochMs, toRfc3339 } from './clock.ts';
import type { Severity } from './monitor.ts';
import {
  type Bounds,
  type DowntimeWindow,
  downtimeSeconds,
  durationSeconds,
  endBounds,
  type Seconds,
  startBounds,
} from './window.ts';

export type IncidentKind = 'outage' | 'pattern' | 'declared' | 'blind';
export type IncidentStatus = 'open' | 'acknowledged' | 'resolved';

/** What the incident row itself says. */
export interface IncidentRecord {
  id: string;
  number: number;
  kind: IncidentKind;
  title: string;
  severity: Severity;
  service: string | null;
  startedAt: EpochMs;
  endedAt: EpochMs | null;
  detectedAt: EpochMs;
  resolvedAt: EpochMs | null;
  acknowledgedAt: EpochMs | null;
  acknowledgedBy: string | null;
  resolvedReason: string | null;
  recordedAt: EpochMs;
}

/** A window with what its check rows add up to, from the first to the last bad check at the locations that saw it. */
export interface CountedWindow extends DowntimeWindow {
  checks: number;
  failed: number;
  failures: Partial<Record<Failure, number>>;
  /** Names of the locations that saw it fail, of those whose checks passed, and of those that were lost meanwhile. */
  seenFrom: { failed: string[]; passed: string[]; lost: string[] };
}

export interface MonitorName {
  no: number;
  id: string;
  key: string;
  name: string;
}

export interface Incident extends IncidentRecord {
  status: IncidentStatus;
  start: Bounds;
  end: Bounds | null;
  /** First delivery to a channel that reaches a person. */
  alertedAt: EpochMs | null;
  downSeconds: Seconds;
  spanSeconds: Seconds;
  /** Comebacks within the incident: windows of a monitor beyond its first. */
  flaps: number;
  affected: (MonitorName & { windows: CountedWindow[] })[];
  /** Monitors that were checked during the span and had no window in this incident. */
  notAffected: MonitorName[];
  /** The latest check that failed, for alerts. */
  lastFailure?: FailedCheck | null;
}

/** A failing check as an alert carries it; the detail is scrubbed of secrets. */
export interface FailedCheck {
  checkId: string;
  monitor: { id: string; key: string; name: string };
  at: string;
  location: string;
  failure: Failure;
  status: number | null;
  detail: string | null;
  latencyMs: number | null;
}

export interface IncidentParts {
  record: IncidentRecord;
  windows: CountedWindow[];
  /** Names of the monitors of the windows, by number. */
  monitors: ReadonlyMap<number, MonitorName>;
  notAffected: MonitorName[];
  alertedAt: EpochMs | null;
  lastFailure?: FailedCheck | null;
  /** Where an open incident ends for now. */
  now: EpochMs;
}

export function statusOf(record: Pick<IncidentRecord, 'resolvedAt' | 'acknowledgedAt'>): IncidentStatus {
  if (record.resolvedAt !== null) return 'resolved';
  return record.acknowledgedAt === null ? 'open' : 'acknowledged';
}

/** The whole incident from its rows. Pure: the same rows and `now` give the same incident. */
export function assembleIncident({
  record,
  windows,
  monitors,
  notAffected,
  alertedAt,
  lastFailure,
  now,
}: IncidentParts): Incident {
  const ordered = [...windows].sort(byStart);
  const until = record.resolvedAt === null ? now : Math.min(now, record.resolvedAt);
  const start = ordered[0] ? spanStart(ordered) : point(record.startedAt);
  const end = ordered[0] ? spanEnd(ordered) : record.endedAt === null ? null : point(record.endedAt);
  const affected = new Map<number, MonitorName & { windows: CountedWindow[] }>();
  for (const window of ordered) {
    const name = monitors.get(window.monitorNo);
    if (!name) continue;
    const entry = affected.get(window.monitorNo) ?? { ...name, windows: [] };
    entry.windows.push(window);
    affected.set(window.monitorNo, entry);
  }
  return {
    ...record,
    status: statusOf(record),
    start,
    end,
    alertedAt,
    downSeconds: ordered[0] ? downtimeSeconds(ordered, until) : { min: 0, best: 0, max: 0 },
    spanSeconds: durationSeconds(start, end, until),
    flaps: ordered.length - affected.size,
    affected: [...affected.values()],
    notAffected,
    lastFailure: lastFailure ?? null,
  };
}

/** The order of windows everywhere: by best start, then monitor. */
export function byStart(a: DowntimeWindow, b: DowntimeWindow): number {
  return a.firstBad.startedAt - b.firstBad.startedAt || a.monitorNo - b.monitorNo;
}

function spanStart(windows: DowntimeWindow[]): Bounds {
  return windows.map(startBounds).reduce((a, b) => ({
    earliest: Math.min(a.earliest, b.earliest),
    best: Math.min(a.best, b.best),
    latest: Math.min(a.latest, b.latest),
  }));
}

function spanEnd(windows: DowntimeWindow[]): Bounds | null {
  const ends: Bounds[] = [];
  for (const window of windows) {
    const end = endBounds(window);
    if (!end) return null;
    ends.push(end);
  }
  return ends.reduce((a, b) => ({
    earliest: Math.max(a.earliest, b.earliest),
    best: Math.max(a.best, b.best),
    latest: Math.max(a.latest, b.latest),
  }));
}

function point(at: EpochMs): Bounds {
  return { earliest: at, best: at, latest: at };
}

function boundsJson(bounds: Bounds) {
  return { earliest: toRfc3339(bounds.earliest), best: toRfc3339(bounds.best), latest: toRfc3339(bounds.latest) };
}

const timeJson = (at: EpochMs | null) => (at === null ? null : toRfc3339(at));

/** The incident as the API answers it and as alerts carry it. */
export function incidentJson(incident: Incident) {
  return {
    id: incident.id,
    number: incident.number,
    title: incident.title,
    kind: incident.kind,
    status: incident.status,
    severity: incident.severity,
    service: incident.service,
    start: boundsJson(incident.start),
    end: incident.end && boundsJson(incident.end),
    detectedAt: toRfc3339(incident.detectedAt),
    alertedAt: timeJson(incident.alertedAt),
    acknowledgedAt: timeJson(incident.acknowledgedAt),
    acknowledgedBy: incident.acknowledgedBy,
    resolvedAt: timeJson(incident.resolvedAt),
    downSeconds: incident.downSeconds,
    spanSeconds: incident.spanSeconds,
    flaps: incident.flaps,
    affected: incident.affected.map(({ id, key, name, windows }) => ({
      id,
      key,
      name,
      windows: windows.map((window) => {
        const end = endBounds(window);
        return {
          start: boundsJson(startBounds(window)),
          end: end && boundsJson(end),
          checks: window.checks,
          failed: window.failed,
          failures: window.failures,
          locations: window.seenFrom,
        };
      }),
    })),
    notAffected: incident.notAffected.map(({ id, key, name }) => ({ id, key, name })),
  };
}
