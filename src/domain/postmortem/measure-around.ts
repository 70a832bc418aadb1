import type { AlertEvent } from '../alert.ts';
import { describeFailure } from '../check.ts';
import type { EpochMs } from '../clock.ts';
import { checkId } from '../ids.ts';
import { mergedLengthMs, type NearMiss } from '../window.ts';
import { captured } from './captured.ts';
import type { Ledger } from './ledger.ts';
import { measureEarlier } from './measure-earlier.ts';
import type { Frame } from './measure-incident.ts';
import type { DraftAlert, DraftRows } from './rows.ts';

const LATE_MS = 600_000;
const BASE_RATE_MIN = 5;

/** Alerts, what people said, changes, near-misses, what was not seen, and what happened before. */
export function measureAround(ledger: Ledger, rows: DraftRows, frame: Frame): void {
  measureAlerts(ledger, rows);
  measureEntries(ledger, rows, frame);
  measureChanges(ledger, rows, frame);
  measurePattern(ledger, rows);
  measureNearMisses(ledger, rows, frame);
  measureUnobserved(ledger, rows, frame);
  measureEarlier(ledger, rows);
}

function measureAlerts(ledger: Ledger, { record, alerts }: DraftRows): void {
  for (const alert of alerts) measureAlert(ledger, alert);
  const human = alerts.filter((alert) => alert.human);
  const delivered = human.filter(({ deliveredAt }) => deliveredAt !== null);
  const ids = (some: DraftAlert[]) => (some.length > 0 ? some.map(({ id }) => id) : [record.id]);
  ledger.add('deliveredCount', delivered.length, { rows: ids(delivered) });
  ledger.add('alertCount', human.length, { rows: ids(human) });
}

function measureAlert(ledger: Ledger, alert: DraftAlert): void {
  const self = { about: alert.id, rows: [alert.id] };
  ledger.add('alertChannel', alert.channelKey, self);
  ledger.add('alertEvent', alert.event satisfies AlertEvent, self);
  ledger.time('alertQueuedAt', alert.createdAt, self);
  ledger.time('alertDeliveredAt', alert.deliveredAt, self);
  ledger.add('alertAttempts', alert.attempts.length, self);
  const failed = alert.attempts.filter(({ outcome }) => outcome !== 'sent');
  ledger.add('alertFailedAttempts', failed.length, self);
  const last = failed.at(-1);
  if (last) {
    const ends = failed.map(({ endedAt }) => endedAt);
    ledger.time('alertFirstFailedAt', Math.min(...ends), self);
    ledger.time('alertLastFailedAt', Math.max(...ends), self);
    const words = last.statusCode === null ? captured(last.detail ?? '') || 'no answer' : `HTTP ${last.statusCode}`;
    ledger.add('alertFailure', words, self);
  }
  if (alert.state === 'undeliverable') {
    ledger.add('alertGivenUp', captured(alert.undeliverableReason ?? '') || 'undeliverable', self);
  }
}

function measureEntries(ledger: Ledger, { entries, monitors }: DraftRows, frame: Frame): void {
  const ends = (at: EpochMs | null | undefined) => at ?? (frame.open ? Number.POSITIVE_INFINITY : frame.until);
  for (const entry of entries) {
    const self = { about: entry.id, rows: [entry.id] };
    ledger.time('entryAt', entry.at, self);
    ledger.time('entryRecordedAt', entry.recordedAt, self);
    if (entry.recordedAt - entry.at > LATE_MS)
      ledger.add('entryLateSeconds', (entry.recordedAt - entry.at) / 1000, self);
    ledger.add('entryText', captured(entry.text), self);
    if (entry.kind !== 'status_update') continue;
    if (entry.at >= frame.start.best) ledger.add('entryDelaySeconds', (entry.at - frame.start.best) / 1000, self);
    const down = monitors.filter(({ windows }) =>
      windows.some((w) => w.firstBad.startedAt <= entry.at && entry.at < ends(w.firstGood?.startedAt ?? w.abandonedAt)),
    );
    ledger.add('downAtUpdate', down.length, { about: entry.id, rows: [entry.id, ...down.map(({ id }) => id)] });
  }
}

function measureChanges(ledger: Ledger, rows: DraftRows, { start, end }: Frame): void {
  const { record, changes, changeBase, monitors, notAffected } = rows;
  const { best } = start;
  const before = changes.filter(({ at }) => at <= best).map(({ id }) => id);
  const during = changes.filter(({ at }) => at > best).map(({ id }) => id);
  ledger.add('changesBeforeCount', before.length, { rows: before.length > 0 ? before : [record.id] });
  ledger.add('changesDuringCount', during.length, { rows: during.length > 0 ? during : [record.id] });
  for (const change of changes) {
    const self = { about: change.id, rows: [change.id] };
    ledger.time('changeAt', change.at, self);
    ledger.add('changeKind', change.kind, self);
    ledger.add('changeTitle', captured(change.title), self);
    ledger.add('changeService', change.service === null ? null : captured(change.service), self);
    if (change.at > best) {
      if (end && change.at <= end.best) ledger.add('changeToEndSeconds', (end.best - change.at) / 1000, self);
      continue;
    }
    ledger.add('changeBeforeSeconds', (best - change.at) / 1000, self);
    if (change.service === null) continue;
    const affected = monitors.filter(({ config }) => config.service === change.service);
    const spared = notAffected.services.filter((service) => service === change.service);
    ledger.add('changeAffectedCount', affected.length, {
      about: change.id,
      rows: [change.id, ...affected.map(({ id }) => id)],
    });
    ledger.add('changeSparedCount', spared.length, self);
  }
  for (const { kind, total, followed } of changeBase) {
    if (total < BASE_RATE_MIN) continue;
    ledger.add('changeBaseTotal', total, { about: kind, rows: [record.id] });
    ledger.add('changeBaseFollowed', followed, { about: kind, rows: [record.id] });
  }
}

function measurePattern(ledger: Ledger, { pattern }: DraftRows): void {
  if (!pattern) return;
  const { monitorId, name, failure, misses } = pattern;
  const idOf = ({ monitorNo, firstBad }: NearMiss) =>
    checkId({ monitorNo, at: firstBad.at, locationNo: firstBad.locationNo });
  const rows = misses.map(idOf);
  ledger.add('patternMonitor', captured(name), { rows: [monitorId] });
  ledger.add('patternFailure', describeFailure(failure, null), { rows });
  ledger.add('patternCount', misses.length, { rows });
  const failed = misses.reduce((sum, miss) => sum + miss.failed, 0);
  ledger.add('patternFailed', failed, { rows });
  for (const [index, miss] of misses.entries()) {
    const self = { about: `p${index + 1}`, rows: [idOf(miss)] };
    ledger.time('patternMissAt', miss.firstBad.startedAt, self);
    ledger.add('patternMissFailed', miss.failed, self);
    ledger.add('patternMissSeconds', (miss.firstGood.startedAt - miss.firstBad.startedAt) / 1000, self);
  }
}

function measureNearMisses(ledger: Ledger, { record, monitors, nearMisses }: DraftRows, { start }: Frame): void {
  const ids = nearMisses.map(({ monitorNo, firstBad }) =>
    checkId({ monitorNo, at: firstBad.at, locationNo: firstBad.locationNo }),
  );
  ledger.add('nearMissCount', nearMisses.length, { rows: ids.length > 0 ? ids : [record.id] });
  for (const monitor of monitors) {
    const own = nearMisses.filter(({ monitorNo }) => monitorNo === monitor.no);
    for (const [index, miss] of own.entries()) {
      const { at, locationNo } = miss.firstBad;
      const self = { about: `${monitor.id}/n${index + 1}`, rows: [checkId({ monitorNo: monitor.no, at, locationNo })] };
      ledger.time('nearMissAt', miss.firstBad.startedAt, self);
      ledger.add('nearMissFailed', miss.failed, self);
      ledger.add('nearMissSeconds', (start.best - miss.firstBad.startedAt) / 1000, self);
      ledger.add('nearMissLabel', describeFailure(miss.failure, miss.status), self);
    }
  }
}

function measureUnobserved(ledger: Ledger, rows: DraftRows, frame: Frame): void {
  const { record, monitors, unobserved, lostPlaces } = rows;
  const [from, to] = [frame.start.best, frame.end?.best ?? frame.until];
  const inside = unobserved.map((row) => [Math.max(from, row.from), Math.min(to, row.to ?? frame.until)] as const);
  const subjects = (no: number | null) => monitors.find((monitor) => monitor.no === no)?.id ?? 'all';
  const affected = monitors.map(({ id }) => id);
  const length = mergedLengthMs(inside.filter(([a, b]) => b > a)) / 1000;
  ledger.add('unobservedSeconds', length, { rows: affected.length > 0 ? affected : [record.id] });
  const counts = new Map<string, number>();
  for (const row of unobserved) {
    const subject = subjects(row.monitorNo);
    const nth = (counts.get(subject) ?? 0) + 1;
    counts.set(subject, nth);
    const self = { about: `${subject}/u${nth}`, rows: subject === 'all' ? affected : [subject] };
    ledger.time('unobservedFrom', row.from, self);
    ledger.time('unobservedTo', row.to, self);
    ledger.add('unobservedReason', row.reason, self);
  }
  for (const [index, { name, from: lostFrom, to: lostTo }] of lostPlaces.entries()) {
    const self = { about: `l${index + 1}`, rows: affected };
    ledger.time('placeLostFrom', lostFrom, self);
    ledger.time('placeLostTo', lostTo, self);
    ledger.add('placeLostName', name, self);
  }
  for (const { id, no, seen } of monitors) {
    const explained = (a: EpochMs, b: EpochMs) =>
      unobserved.some(
        (row) => (row.monitorNo === null || row.monitorNo === no) && row.from < b && (row.to ?? frame.until) > a,
      );
    const gaps = seen.gaps.filter((gap) => !explained(gap.from, gap.to));
    for (const [index, gap] of gaps.entries()) {
      const self = { about: `${id}/g${index + 1}`, rows: gap.ids };
      ledger.time('checkGapFrom', gap.from, self);
      ledger.time('checkGapTo', gap.to, self);
      ledger.add('checkGapSeconds', (gap.to - gap.from) / 1000, self);
    }
  }
}
