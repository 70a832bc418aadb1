import { incidentTitle } from '#src/domain/alert.ts';
import { FAILURES, type Failure } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import { type GroupMember, groupWindows, REOPEN_MS } from '#src/domain/grouping.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import { hostOf, type MonitorConfig, type Severity } from '#src/domain/monitor.ts';
import type { DowntimeWindow } from '#src/domain/window.ts';
import { readCheck } from '#src/store/checks.ts';
import type { Tx } from '#src/store/database.ts';
import { hasFollowers, nextIncidentNumber, putIncident, readIncidentRecord } from '#src/store/incidents.ts';
import { readMonitorByNo } from '#src/store/monitors.ts';
import { derivedId, newId } from '#src/store/new-id.ts';
import { assignWindow, readWindowsBetween, readWindowsOfIncident, type StoredWindow } from '#src/store/windows.ts';
import { retireIncident } from './merge.ts';
import type { MonitorCache } from './monitor-cache.ts';
import { notify } from './notify.ts';
import { comebacksIn } from './teller.ts';

export interface RegroupOptions {
  alerts: boolean;
  publicUrl: string;
}

/** Windows that are new, changed or gone, and the incidents that lost one. */
export interface WindowChanges {
  changed: DowntimeWindow[];
  orphaned: string[];
}

interface Member extends GroupMember {
  stored: StoredWindow;
  config: MonitorConfig;
}

/**
 * Groups anew all windows that can have to do with the changed ones, writes the incidents that come out, and the
 * alerts that follow from what is different. Incidents are a function of windows; only number and id are kept from
 * the first time an incident was seen.
 */
export function regroup(
  tx: Tx,
  cache: MonitorCache,
  { changed, orphaned }: WindowChanges,
  options: RegroupOptions,
): void {
  const cluster = readCluster(tx, changed, orphaned);
  const groups = groupWindows(membersOf(tx, cache, cluster)) as Member[][];
  const known = new Set([...orphaned, ...cluster.flatMap(({ incidentId }) => incidentId ?? [])]);
  const taken = new Set<string>();
  const back = new Set(changed.filter((window) => window.resolved).map(identity));
  for (const group of groups) {
    const own = group.map((member) => member.stored.incidentId).find((candidate) => candidate && !taken.has(candidate));
    const id = own ?? followedBefore(tx, group, orphaned, taken);
    const before = id ? readIncidentRecord(tx, id) : null;
    const record = recordOf(tx, group, before);
    taken.add(record.id);
    const moved = group.filter((member) => member.stored.incidentId !== record.id);
    const recovered = before !== null && group.some((m) => m.window.resolved && back.has(identity(m.window)));
    if (before && moved.length === 0 && !recovered && same(before, record)) continue;
    putIncident(tx, record);
    for (const member of moved) assignWindow(tx, member.stored.id, record.id);
    if (!options.alerts) continue;
    notify(tx, {
      before,
      record,
      joined: moved.length > 0,
      recovered,
      parties: group.map(({ config, window }) => ({ config, isOpen: !window.resolved && !window.abandonedAt })),
      comebacks: comebacksIn(group.map(({ window }) => window.monitorNo)),
      publicUrl: options.publicUrl,
    });
  }
  for (const id of known) if (!taken.has(id)) retireIncident(tx, id);
}

/**
 * A late row can move a window's first check, which makes it another window. The incident that it belonged to goes on
 * as this one when somebody was told of it or wrote to it: their words, its number and its links stay where they are.
 */
function followedBefore(tx: Tx, group: Member[], orphaned: readonly string[], taken: Set<string>): string | undefined {
  const from = Math.min(...group.map(({ window }) => window.firstBad.startedAt)) - REOPEN_MS;
  const to = Math.max(...group.map(({ window }) => reachOf(window))) + REOPEN_MS;
  return orphaned.find((id) => {
    const record = taken.has(id) ? null : readIncidentRecord(tx, id);
    if (record?.kind !== 'outage' || windowsOf(tx, id).length > 0 || !hasFollowers(tx, id)) return false;
    const service = group.map(({ config }) => config.service).find((name) => name !== null) ?? null;
    const until = record.endedAt ?? record.resolvedAt ?? Number.MAX_SAFE_INTEGER;
    return record.service === service && record.startedAt <= to && until >= from;
  });
}

/** All windows that reach within 300 s of the changed ones or share an incident with them, of those, and so on. */
function readCluster(tx: Tx, changed: readonly DowntimeWindow[], orphaned: readonly string[]): StoredWindow[] {
  const followed = new Set(orphaned);
  let reached = [...changed, ...orphaned.flatMap((id) => windowsOf(tx, id))];
  for (;;) {
    const from = Math.min(...reached.map((window) => window.firstBad.startedAt)) - REOPEN_MS;
    const to = Math.max(...reached.map(reachOf)) + REOPEN_MS;
    const cluster = readWindowsBetween(tx, from, to);
    // Each once, or a large incident would be read again for every window that it has.
    const reachedIds = new Set(cluster.flatMap(({ incidentId }) => incidentId ?? []));
    const fresh = [...reachedIds].filter((id) => !followed.has(id));
    const next = [...changed, ...cluster.map(({ window }) => window), ...fresh.flatMap((id) => windowsOf(tx, id))];
    for (const id of fresh) followed.add(id);
    if (
      fresh.length === 0 &&
      next.every((w) => w.firstBad.startedAt - REOPEN_MS >= from && reachOf(w) + REOPEN_MS <= to)
    )
      return cluster;
    reached = next.concat(reached);
  }
}

const identity = ({ monitorNo, firstBad }: DowntimeWindow) => `${monitorNo}/${firstBad.at}/${firstBad.locationNo}`;

function windowsOf(tx: Tx, incidentId: string): DowntimeWindow[] {
  return readWindowsOfIncident(tx, incidentId).map(({ window }) => window);
}

function reachOf(window: DowntimeWindow): EpochMs {
  return window.resolved?.endedAt ?? window.abandonedAt ?? Number.MAX_SAFE_INTEGER / 2;
}

function membersOf(tx: Tx, cache: MonitorCache, cluster: StoredWindow[]): Member[] {
  const members: Member[] = [];
  for (const stored of cluster) {
    const { window } = stored;
    const config = cache.configAt(tx, window.monitorNo, window.firstBad.startedAt);
    if (!config) continue;
    const { key, service, dependsOn, url } = config;
    members.push({ window, stored, config, monitorKey: key, service, dependsOn, host: hostOf(url) });
  }
  return members;
}

function recordOf(tx: Tx, group: Member[], before: IncidentRecord | null): IncidentRecord {
  const windows = group.map((member) => member.window);
  const first = windows[0] as DowntimeWindow;
  const failing = readCheck(tx, { monitorNo: first.monitorNo, ...pick(first) });
  const names = [...new Map(group.map((member) => [member.window.monitorNo, member.config.name])).values()];
  const over = windows.every((window) => window.resolved || window.abandonedAt);
  const observedEnd = windows.every((window) => window.firstGood);
  const resolvedAt = over ? Math.max(...windows.map((w) => w.resolved?.endedAt ?? w.abandonedAt ?? 0)) : null;
  return {
    id: before?.id ?? newIncidentId(tx, first),
    number: before?.number ?? nextIncidentNumber(tx),
    kind: before?.kind ?? 'outage',
    title: incidentTitle(names, failing?.failure ?? (FAILURES[0] as Failure), failing?.status ?? null),
    severity: worst(group.map((member) => member.config.severity)),
    service: group.map((member) => member.config.service).find((service) => service !== null) ?? null,
    startedAt: Math.min(...windows.map((window) => window.firstBad.startedAt)),
    endedAt: observedEnd ? Math.max(...windows.map((window) => window.firstGood?.startedAt ?? 0)) : null,
    detectedAt: Math.min(...windows.map((window) => window.confirmed.endedAt)),
    resolvedAt: before?.resolvedReason ? (resolvedAt ?? before.resolvedAt) : resolvedAt,
    acknowledgedAt: before?.acknowledgedAt ?? null,
    acknowledgedBy: before?.acknowledgedBy ?? null,
    resolvedReason: before?.resolvedReason ?? null,
    recordedAt: before?.recordedAt ?? tx.now,
  };
}

function pick({ firstBad }: DowntimeWindow) {
  return { at: firstBad.at, locationNo: firstBad.locationNo };
}

/** A function of the first window; another one only if that id is taken by an incident that was split off. */
function newIncidentId(tx: Tx, { monitorNo, firstBad }: DowntimeWindow): string {
  const monitorId = readMonitorByNo(tx, monitorNo)?.id ?? String(monitorNo);
  const id = derivedId('inc', firstBad.startedAt, monitorId, firstBad.at, firstBad.locationNo);
  return readIncidentRecord(tx, id) ? newId('inc') : id;
}

const SEVERITIES: Severity[] = ['minor', 'major', 'critical'];

function worst(severities: Severity[]): Severity {
  return SEVERITIES[Math.max(...severities.map((severity) => SEVERITIES.indexOf(severity)))] ?? 'minor';
}

function same(a: IncidentRecord, b: IncidentRecord): boolean {
  return (Object.keys(a) as (keyof IncidentRecord)[]).every((name) => a[name] === b[name]);
}
