import type { EpochMs } from '../clock.ts';
import { checkId } from '../ids.ts';
import { statusOf } from '../incident.ts';
import {
  type Bounds,
  type CheckRef,
  type DowntimeWindow,
  downtimeSeconds,
  durationSeconds,
  endBounds,
  startBounds,
} from '../window.ts';
import { captured } from './captured.ts';
import type { Ledger } from './ledger.ts';
import type { DraftEntry, DraftRows, EntryKind } from './rows.ts';

const HOUR_SECONDS = 3_600;

/** The times that everything else is measured from. */
export interface Frame {
  windows: DowntimeWindow[];
  start: Bounds;
  /** Null while open, or when the end was not observed. */
  end: Bounds | null;
  /** Where what has no end ends. */
  until: EpochMs;
  open: boolean;
}

export function frameOf({ record, monitors, now }: DraftRows): Frame {
  const windows = monitors
    .flatMap((monitor) => monitor.windows)
    .sort((a, b) => a.firstBad.startedAt - b.firstBad.startedAt || a.monitorNo - b.monitorNo);
  const open = record.resolvedAt === null;
  const point = (at: EpochMs): Bounds => ({ earliest: at, best: at, latest: at });
  const start = windows.length > 0 ? across(windows.map(startBounds), Math.min) : point(record.startedAt);
  const ends = windows.map(endBounds);
  const observedEnd = ends.every((end): end is Bounds => end !== null);
  let end: Bounds | null = null;
  if (windows.length === 0) end = record.endedAt === null ? null : point(record.endedAt);
  else if (!open && observedEnd) end = across(ends, Math.max);
  return { windows, start, end, until: record.resolvedAt ?? now, open };
}

function across(bounds: Bounds[], pick: (...times: number[]) => number): Bounds {
  return {
    earliest: pick(...bounds.map((b) => b.earliest)),
    best: pick(...bounds.map((b) => b.best)),
    latest: pick(...bounds.map((b) => b.latest)),
  };
}

/** The incident itself, when it was, and the moments in it. */
export function measureIncident(ledger: Ledger, rows: DraftRows, frame: Frame): void {
  const { record, monitors } = rows;
  const own = [record.id];
  const of = (pick: (window: DowntimeWindow) => CheckRef | null) => rowsOf(frame.windows, pick);
  const distinct = (values: (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].join(', ') || null;
  ledger.add('incidentNumber', record.number, { rows: own });
  ledger.add('severity', record.severity, { rows: own });
  ledger.add('status', statusOf(record), { rows: own });
  const services = monitors.length > 0 ? distinct(monitors.map(({ config }) => config.service)) : record.service;
  const ids = monitors.map(({ id }) => id);
  ledger.add('services', services, { rows: ids.length > 0 ? ids : own });
  const owners = distinct(monitors.map(({ config }) => (config.owner === null ? null : captured(config.owner))));
  ledger.add('owners', owners, { rows: ids.length > 0 ? ids : own });
  if (frame.open) ledger.time('asOf', rows.now, { rows: own });
  ledger.time('recordedAt', record.recordedAt, { rows: own });
  if (record.resolvedReason) ledger.add('resolvedReason', captured(record.resolvedReason), { rows: own });

  const { start, end } = frame;
  const startRows = [...of((w) => w.lastGood), ...of((w) => w.firstBad)];
  const endRows = [...of((w) => w.lastBad), ...of((w) => w.firstGood)];
  const bounds = (b: Bounds) => ({ min: b.earliest, max: b.latest });
  ledger.time('start', start.best, { ...bounds(start), rows: orOwn(startRows, own) });
  ledger.time('end', end?.best ?? null, { ...(end ? bounds(end) : {}), rows: orOwn(endRows, own) });
  const left = frame.windows.filter((window) => !window.firstGood).map((window) => window.abandonedAt ?? 0);
  if (!frame.open && left.length > 0 && Math.max(...left) > 0) {
    ledger.time('stoppedFollowingAt', Math.max(...left), { rows: own });
  }
  const both = { rows: orOwn([...startRows, ...endRows], own) };
  const down = downtimeSeconds(frame.windows, frame.until);
  const span = durationSeconds(start, end, frame.until);
  ledger.add('downSeconds', down.best, { min: down.min, max: down.max, ...both });
  ledger.add('spanSeconds', span.best, { min: span.min, max: span.max, ...both });
  ledger.add('windowCount', frame.windows.length, {
    rows: orOwn(
      of((w) => w.firstBad),
      own,
    ),
  });
  ledger.add('flapCount', frame.windows.length - monitors.length, {
    rows: orOwn(
      of((w) => w.firstBad),
      own,
    ),
  });
  const recovered = end?.best ?? record.resolvedAt;
  const dueSeconds = rows.policy.policy.deadlines.dueHours * HOUR_SECONDS;
  ledger.add('dueSeconds', dueSeconds, { rows: policyRows(rows) });
  const due = frame.open || recovered === null ? null : recovered + dueSeconds * 1000;
  ledger.time('dueAt', due, { rows: orOwn(end ? of((w) => w.firstGood) : [], own) });
  measureMoments(ledger, rows, frame);
}

function measureMoments(ledger: Ledger, rows: DraftRows, frame: Frame): void {
  const { record } = rows;
  const own = [record.id];
  const entries = rows.entries.filter(({ at }) => at >= frame.start.earliest);
  const first = (kind: EntryKind) => entries.find((entry) => entry.kind === kind) ?? null;
  const say = (name: Parameters<Ledger['time']>[0], entry: DraftEntry | null) =>
    ledger.time(name, entry?.at ?? null, { rows: entry ? [entry.id] : own });

  const confirmed = frame.windows.toSorted(
    (a, b) => a.confirmed.endedAt - b.confirmed.endedAt || a.monitorNo - b.monitorNo,
  )[0];
  const detected = confirmed?.confirmed.endedAt ?? record.detectedAt;
  ledger.time('detectedAt', detected, { rows: orOwn(confirmed ? rowsOf([confirmed], (w) => w.confirmed) : [], own) });
  const delivered = rows.alerts
    .filter(({ human, deliveredAt }) => human && deliveredAt !== null)
    .sort((a, b) => Number(a.deliveredAt) - Number(b.deliveredAt))[0];
  ledger.time('alertedAt', delivered?.deliveredAt ?? null, { rows: delivered ? [delivered.id] : own });
  const acknowledged = first('acknowledged');
  const times = [record.acknowledgedAt, acknowledged?.at ?? null].filter((at) => at !== null);
  ledger.time('acknowledgedAt', times.length > 0 ? Math.min(...times) : null, {
    rows: acknowledged ? [...own, acknowledged.id] : own,
  });
  say('diagnosticAt', first('diagnostic'));
  say('causeIdentifiedAt', first('cause_identified'));
  const fixes = entries.filter(({ kind }) => kind === 'fix_applied');
  say(
    'fixAppliedAt',
    fixes.findLast(({ at }) => at <= (frame.end?.latest ?? Number.POSITIVE_INFINITY)) ?? fixes[0] ?? null,
  );
  say('statusUpdateAt', first('status_update'));
  ledger.time('resolvedAt', record.resolvedAt, { rows: own });
}

/** Public ids of the checks that windows refer to. */
export function rowsOf(
  windows: readonly DowntimeWindow[],
  pick: (window: DowntimeWindow) => CheckRef | null,
): string[] {
  return windows.flatMap((window) => {
    const ref = pick(window);
    return ref ? [checkId({ monitorNo: window.monitorNo, at: ref.at, locationNo: ref.locationNo })] : [];
  });
}

/** The policy's row; the incident's where the defaults hold. */
export function policyRows({ policy, record }: Pick<DraftRows, 'policy' | 'record'>): string[] {
  return [policy.id ?? record.id];
}

function orOwn(rows: string[], own: string[]): string[] {
  return rows.length > 0 ? rows : own;
}
