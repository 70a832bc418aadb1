import type { EpochMs } from './clock.ts';
import { byStart } from './incident.ts';
import type { DowntimeWindow } from './window.ts';

/** A window may start this long after an incident's span and still belong to it. */
export const JOIN_MS = 120_000;
/** A monitor that fails again this soon after its recovery was confirmed reopens the incident. */
export const REOPEN_MS = 300_000;

/** A window with what decides whom it belongs with. */
export interface GroupMember {
  window: DowntimeWindow;
  monitorKey: string;
  service: string | null;
  dependsOn: string[];
  host: string;
}

/**
 * Incidents as a function of windows: taken by start, each joins the first incident that has a related window (same
 * service, a dependency either way, same host, same monitor) and whose span it starts in or within 120 s of; a
 * monitor's own comeback has 300 s from its confirmed recovery. Order of arrival plays no part.
 */
export function groupWindows(members: readonly GroupMember[]): GroupMember[][] {
  const groups: GroupMember[][] = [];
  // Those that a later window can still join; over a long history that is a handful.
  let open: GroupMember[][] = [];
  for (const member of [...members].sort((a, b) => byStart(a.window, b.window))) {
    open = open.filter((group) => group.some((other) => farthest(other) >= member.window.firstBad.startedAt));
    const home = open.find((group) => belongs(member, group));
    if (home) home.push(member);
    else {
      const group = [member];
      groups.push(group);
      open.push(group);
    }
  }
  return groups;
}

function belongs(member: GroupMember, group: GroupMember[]): boolean {
  const start = member.window.firstBad.startedAt;
  if (!group.some((other) => related(member, other))) return false;
  if (group.some((other) => start <= reach(other.window.firstGood?.startedAt ?? other.window.abandonedAt, JOIN_MS)))
    return true;
  return group.some(
    (other) =>
      other.monitorKey === member.monitorKey &&
      start <= reach(other.window.resolved?.endedAt ?? other.window.abandonedAt, REOPEN_MS),
  );
}

/** The latest start with which a window can still belong with this one. */
function farthest({ window }: GroupMember): EpochMs {
  return Math.max(
    reach(window.firstGood?.startedAt ?? window.abandonedAt, JOIN_MS),
    reach(window.resolved?.endedAt ?? window.abandonedAt, REOPEN_MS),
  );
}

/** An open window reaches for ever. */
function reach(end: EpochMs | null | undefined, marginMs: number): EpochMs {
  return end === undefined || end === null ? Number.POSITIVE_INFINITY : end + marginMs;
}

function related(a: GroupMember, b: GroupMember): boolean {
  return (
    a.monitorKey === b.monitorKey ||
    (a.service !== null && a.service === b.service) ||
    a.host === b.host ||
    a.dependsOn.includes(b.monitorKey) ||
    b.dependsOn.includes(a.monitorKey)
  );
}
