import { describeFailure, type Failure } from './check.ts';
import { type EpochMs, toRfc3339 } from './clock.ts';
import type { DegradedMonitor } from './digest.ts';
import { type FailedCheck, type Incident, incidentJson } from './incident.ts';
import { cutMiddle, plainText } from './plain-text.ts';
import { type Recurrence, recurrenceClause, recurrenceJson } from './recurrence.ts';

export const ALERT_EVENTS = [
  'incident.opened',
  'incident.updated',
  'incident.acknowledged',
  'incident.reminder',
  'incident.escalated',
  'incident.resolved',
  'monitoring.blind',
  'postmortem.due',
  'action.overdue',
  'monitors.degraded',
] as const;
export type AlertEvent = (typeof ALERT_EVENTS)[number];

/** Monitors that join an incident within this time are one update. */
export const GROUP_WAIT_MS = 10_000;
/** Of the monitors that are fine, an alert names this many at most. */
const NOT_AFFECTED_IN_ALERT = 20;

export interface AlertPayload {
  type: AlertEvent | 'channel.test';
  timestamp: string;
  data: {
    incident: ReturnType<typeof incidentJson> | null;
    /** One line for a phone. */
    summary: string;
    links: { incident: string | null; acknowledge: string | null; postmortem: string | null };
    /** The latest check that failed; absent when no check did. */
    evidence?: FailedCheck;
    /** How many monitors are fine; the incident of an alert names the first 20 of them. */
    notAffectedCount?: number;
    /** Earlier incidents of the same signature, when there are any. */
    recurrence?: ReturnType<typeof recurrenceJson>;
    /** Monitors that were degraded between two moments. */
    degraded?: { from: string; to: string; monitors: DegradedMonitor[] };
    /** Which step of which escalation this is, and why. */
    escalation?: { key: string; name: string; step: number; round: number; reason: string };
    /** This alert is told here because it could not be delivered to another channel. */
    undeliverable?: { channel: string; reason: string };
  };
}

/**
 * What a channel receives; frozen when it is written to the outbox. The link that acknowledges is completed with a
 * signature on its way out. `publicUrl` is without a slash at its end.
 */
export function alertPayload(
  event: AlertEvent,
  incident: Incident,
  at: EpochMs,
  publicUrl: string,
  recurrence: Recurrence | null = null,
): AlertPayload {
  const link = `${publicUrl}/api/v1/incidents/${incident.id}`;
  const shown = { ...incident, notAffected: incident.notAffected.slice(0, NOT_AFFECTED_IN_ALERT) };
  return {
    type: event,
    timestamp: toRfc3339(at),
    data: {
      incident: incidentJson(shown),
      summary: summaryLine(event, incident, recurrence),
      links: { incident: link, acknowledge: `${publicUrl}/acknowledge`, postmortem: `${link}/postmortem` },
      ...(incident.lastFailure && { evidence: incident.lastFailure }),
      notAffectedCount: incident.notAffected.length,
      ...(recurrence && recurrence.same.length > 0 && { recurrence: recurrenceJson(recurrence, publicUrl) }),
    },
  };
}

/** What fits a lock screen; what an earlier incident adds comes behind it. */
const LINE_CHARS = 120;
const LEAST_TITLE_CHARS = 40;
const WITH_PAST = new Set<AlertEvent>(['incident.opened', 'incident.reminder', 'incident.escalated']);

/** What, how bad, since when, what still works: the line that fits a lock screen. A long name loses its middle. */
export function summaryLine(event: AlertEvent, incident: Incident, recurrence: Recurrence | null = null): string {
  const [before, after] = aroundTitle(event, incident);
  const room = Math.max(LEAST_TITLE_CHARS, LINE_CHARS - before.length - after.length);
  const again = WITH_PAST.has(event) ? recurrenceClause(recurrence) : null;
  return `${before}${cutMiddle(plainText(incident.title), room)}${after}${again ? `; ${again}` : ''}`;
}

function aroundTitle(event: AlertEvent, incident: Incident): [string, string] {
  const since = `${toRfc3339(incident.start.best).slice(11, 19)} UTC`;
  const fine = incident.notAffected.length;
  const others = fine > 0 ? `; ${fine} other ${fine === 1 ? 'monitor is' : 'monitors are'} not affected` : '';
  switch (event) {
    case 'incident.resolved': {
      const isBlind = incident.kind === 'blind';
      const lasted = humanSeconds((isBlind ? incident.spanSeconds : incident.downSeconds).best);
      return ['Resolved: ', `; ${isBlind ? 'for' : 'was down'} ${lasted}, since ${since}`];
    }
    case 'incident.updated': {
      const flaps =
        incident.flaps > 0 ? `; came back ${incident.flaps} ${incident.flaps === 1 ? 'time' : 'times'}` : '';
      return ['Update: ', `; ${incident.affected.length} affected since ${since}${flaps}${others}`];
    }
    case 'incident.reminder':
      return ['Still open: ', `; since ${since}, ${incident.severity}, nobody has acknowledged`];
    case 'incident.escalated':
      return ['Escalated: ', `; since ${since}, ${incident.severity}, nobody has acknowledged`];
    case 'incident.acknowledged':
      return [`Acknowledged by ${cutMiddle(plainText(incident.acknowledgedBy ?? 'someone'), 40)}: `, ''];
    case 'monitoring.blind':
      return ['', `; since ${since}, no monitor is called down until it is back`];
    default:
      return ['', `; since ${since}, ${incident.severity}${others}`];
  }
}

/** `Checkout API is down: connection refused`, or `Checkout API and 3 more are down: HTTP 503`. */
export function incidentTitle(names: readonly string[], failure: Failure, status: number | null): string {
  const [first = 'A monitor', ...more] = names;
  const who = more.length === 0 ? `${first} is` : `${first} and ${more.length} more are`;
  return `${who} down: ${describeFailure(failure, status)}`;
}

/** 95 → `1 min 35 s`; below a minute with one decimal place where it matters. */
export function humanSeconds(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [whole % 60, 's'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
