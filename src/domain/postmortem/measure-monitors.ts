import { describeFailure, LAYERS } from '../check.ts';
import { retryMs } from '../monitor.ts';
import { type DowntimeWindow, downtimeSeconds, endBounds, startBounds } from '../window.ts';
import { captured } from './captured.ts';
import type { Ledger } from './ledger.ts';
import { type Frame, rowsOf } from './measure-incident.ts';
import { MAX_RUNS, type Tally, type WindowObservation } from './observe.ts';
import type { DraftMonitor, DraftRows } from './rows.ts';
import { median, roundTenth } from './statistics.ts';

const MIN_BASELINE = 5;

/** Who was affected, how, and who was not. */
export function measureMonitors(ledger: Ledger, rows: DraftRows, frame: Frame): void {
  const own = [rows.record.id];
  const ids = rows.monitors.map(({ id }) => id);
  const fineIds = rows.notAffected.first.map(({ id }) => id);
  const fine = { count: rows.notAffected.count, ids: fineIds.length > 0 ? fineIds : own };
  ledger.add('affectedCount', ids.length, { rows: ids.length > 0 ? ids : own });
  ledger.add('notAffectedCount', fine.count, { rows: fine });
  ledger.add('watchedCount', ids.length + fine.count, {
    rows: { count: Math.max(1, ids.length + fine.count), ids: [...ids, ...fine.ids].slice(0, 20) },
  });
  ledger.add('channelCount', rows.humanChannels, { rows: ids.length > 0 ? ids : own });
  for (const monitor of rows.monitors) measureMonitor(ledger, monitor, frame, rows.locations);
  for (const { id, name } of rows.notAffected.first)
    ledger.add('monitorName', captured(name), { about: id, rows: [id] });
}

function measureMonitor(ledger: Ledger, monitor: DraftMonitor, frame: Frame, places: DraftRows['locations']): void {
  const { id, config, windows, seen } = monitor;
  const self = { about: id, rows: [id] };
  ledger.add('monitorName', captured(config.name), self);
  ledger.add('intervalSeconds', config.intervalSeconds, self);
  ledger.add('confirmFailures', config.confirm.failures, self);
  ledger.add('retrySeconds', retryMs(config) / 1000, self);
  const down = downtimeSeconds(windows, frame.until);
  const ends = [...rowsOf(windows, (w) => w.firstBad), ...rowsOf(windows, (w) => w.firstGood)];
  ledger.add('monitorDownSeconds', down.best, { about: id, rows: ends, min: down.min, max: down.max });
  if (config.impact?.summary) ledger.add('impactSummary', captured(config.impact.summary), self);
  const rate = config.impact?.usersPerMinute ?? null;
  if (rate !== null) {
    const users = (seconds: number) => Math.round((rate * seconds) / 60);
    ledger.add('usersPerMinute', rate, self);
    ledger.add('usersAffected', users(down.best), {
      about: id,
      rows: [id, ...ends],
      min: users(down.min),
      max: users(down.max),
    });
  }
  ledger.add(
    'monitorChecks',
    sum(seen.windows, (w) => w.checks.count),
    { about: id, rows: merged(seen.windows, (w) => w.checks) },
  );
  const failed = merged(seen.windows, (w) => w.failed);
  ledger.add('monitorFailed', failed.count, { about: id, rows: failed });
  for (const [symptom, { tally }] of seen.symptoms)
    ledger.add('failureCount', tally.count, { about: `${id}/${symptom}`, rows: tally });
  for (const layer of LAYERS) {
    const tally = seen.layers.get(layer);
    if (tally) ledger.add('layerFailed', tally.count, { about: `${id}/${layer}`, rows: tally });
  }
  for (const phase of ['dns', 'connect', 'tls'] as const) {
    const tally = seen.past[phase];
    if (tally.count > 0) ledger.add('phaseCompleted', tally.count, { about: `${id}/${phase}`, rows: tally });
  }
  ledger.add('locationCount', seen.locations.length, { about: id, rows: failed.ids });
  ledger.add('locationFailedCount', seen.locationsFailed.length, { about: id, rows: failed.ids });
  const named = (numbers: number[]) =>
    numbers
      .map((no) => places.get(no) ?? String(no))
      .sort()
      .join(', ') || null;
  ledger.add('locationsFailed', named(seen.locationsFailed), { about: id, rows: failed.ids });
  const fine = seen.locations.filter((no) => !seen.locationsFailed.includes(no));
  ledger.add('locationsFine', named(fine), { about: id, rows: failed.ids });
  if (seen.unknown.count > 0) ledger.add('unknownChecks', seen.unknown.count, { about: id, rows: seen.unknown });
  for (const [index, window] of windows.entries()) {
    const observation = seen.windows[index];
    if (observation) measureWindow(ledger, `${id}/w${index + 1}`, window, observation, frame);
  }
  measureBefore(ledger, monitor);
  measureCertificate(ledger, monitor);
  measureLeadUp(ledger, monitor);
  if (seen.slowAfter.count > 0) {
    ledger.add('slowAfterChecks', seen.slowAfter.count, { about: id, rows: seen.slowAfter });
    const until = seen.slowAfterUntil;
    ledger.time('slowAfterUntil', until?.at ?? null, {
      about: id,
      rows: until ? [until.id] : seen.slowAfter.ids.slice(-1),
    });
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** One tally over windows: the first rows, the last one, and the true number. */
function merged(windows: readonly WindowObservation[], of: (window: WindowObservation) => Tally): Tally {
  const ids = windows.flatMap((window) => of(window).ids);
  return { count: sum(windows, (window) => of(window).count), ids };
}

function measureWindow(
  ledger: Ledger,
  about: string,
  window: DowntimeWindow,
  seen: WindowObservation,
  frame: Frame,
): void {
  const at = (pick: Parameters<typeof rowsOf>[1]) => ({ about, rows: rowsOf([window], pick) });
  const start = startBounds(window);
  const end = endBounds(window);
  const down = downtimeSeconds([window], frame.until);
  const firstBad = at((w) => w.firstBad);
  ledger.time('lastGoodAt', window.lastGood?.startedAt ?? null, window.lastGood ? at((w) => w.lastGood) : firstBad);
  ledger.time('windowStart', start.best, {
    about,
    rows: [...at((w) => w.lastGood).rows, ...firstBad.rows],
    min: start.earliest,
    max: start.latest,
  });
  ledger.time(
    'windowConfirmedAt',
    window.confirmed.endedAt,
    at((w) => w.confirmed),
  );
  const endRows = [...at((w) => w.lastBad).rows, ...at((w) => w.firstGood).rows];
  ledger.time('windowEnd', end?.best ?? null, {
    about,
    rows: endRows,
    ...(end ? { min: end.earliest, max: end.latest } : {}),
  });
  ledger.time('windowResolvedAt', window.resolved?.endedAt ?? null, {
    about,
    rows: window.resolved ? at((w) => w.resolved).rows : endRows,
  });
  ledger.add('windowDownSeconds', down.best, {
    about,
    rows: [...firstBad.rows, ...endRows],
    min: down.min,
    max: down.max,
  });
  ledger.add('windowChecks', seen.checks.count, { about, rows: seen.checks });
  ledger.add('windowFailed', seen.failed.count, { about, rows: seen.failed });
  for (const [symptom, { tally }] of seen.symptoms)
    ledger.add('windowFailureCount', tally.count, { about: `${about}/${symptom}`, rows: tally });
  ledger.add('runCount', seen.runCount, { about, rows: seen.failed });
  if (seen.runCount > MAX_RUNS) return;
  for (const [index, run] of seen.runs.entries()) {
    const it = { about: `${about}/r${index + 1}`, rows: run.failed };
    ledger.add('symptomLabel', describeFailure(run.failure, run.status), it);
    ledger.time('symptomFrom', run.from, { ...it, rows: run.failed.ids.slice(0, 1) });
    ledger.time('symptomTo', run.to, { ...it, rows: run.failed.ids.slice(-1) });
    ledger.add('symptomFailed', run.failed.count, it);
    ledger.add('symptomChecks', run.checks, it);
  }
}

/** The monitor's own baseline in the hour before. */
function measureBefore(ledger: Ledger, { id, seen }: DraftMonitor): void {
  const up = seen.hourBefore.filter(({ verdict }) => verdict === 'up');
  if (up.length < MIN_BASELINE) return;
  const baseline = roundTenth(median(up.map(({ durationMs }) => durationMs)));
  ledger.add('baselineMs', baseline, { about: id, rows: up.map((check) => check.id) });
  ledger.add('baselineChecks', up.length, { about: id, rows: up.map((check) => check.id) });
}

const DAY_MS = 86_400_000;

function measureCertificate(ledger: Ledger, { id, windows, certificateEnd }: DraftMonitor): void {
  const failedAt = windows[0]?.firstBad.startedAt;
  if (certificateEnd === null || failedAt === undefined) return;
  ledger.add('certificateDays', Math.floor((certificateEnd - failedAt) / DAY_MS), { about: id, rows: [id] });
}

/** What response times did before the first failure, and how often the same test speaks when nothing follows. */
function measureLeadUp(ledger: Ledger, { id, windows, leadUp }: DraftMonitor): void {
  const [first] = leadUp?.checks ?? [];
  const failedAt = windows[0]?.firstBad.startedAt;
  if (!leadUp || !first || failedAt === undefined) return;
  const { checks, reference, phase, tried, spoke } = leadUp;
  const idsOf = (list: readonly { id: string }[]) => list.map((check) => check.id);
  const drift = { about: id, rows: idsOf(checks) };
  const start = { about: id, rows: [first.id] };
  const both = { about: id, rows: [...idsOf(reference), ...idsOf(checks)] };
  ledger.time('leadUpFrom', first.startedAt, start);
  ledger.add('leadUpChecks', checks.length, drift);
  ledger.add('leadUpSeconds', (failedAt - first.startedAt) / 1000, start);
  ledger.add('leadUpMedianMs', roundTenth(leadUp.median), drift);
  ledger.add('leadUpBaselineMs', roundTenth(leadUp.baseline), { about: id, rows: idsOf(reference) });
  if (phase) {
    ledger.add('leadUpPhase', phase.name, both);
    ledger.add('leadUpPhaseMs', roundTenth(phase.median), both);
    ledger.add('leadUpPhaseBaselineMs', roundTenth(phase.baseline), both);
  }
  ledger.add('leadUpTried', tried, { about: id, rows: [id] });
  ledger.add('leadUpSpoke', spoke, { about: id, rows: [id] });
}
