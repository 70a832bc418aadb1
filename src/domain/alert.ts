import { describeFailure, type Failure } from './check.ts';
import { type EpochMs, toRfc3339 } from './clock.ts';
import { type Incident, incidentJson } from './incident.ts';
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
    /** Earlier incidents of the same signature, when there are any. */
    recurrence?: ReturnType<typeof recurrenceJson>;
    /** Which step of which escalation this is, and why. */
    escalation?: { key: string; name: string; step: number; round: number; reason: string };
    /** This alert is told here because it could not be delivered to another channel. */
    undeliverable?: { channel: string; reason: string };
  };
}

/** What a channel receives; frozen when it is written to the outbox. `publicUrl` is without a slash at its end. */
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
      links: { incident: link, acknowledge: `${link}/acknowledge`, postmortem: `${link}/postmortem` },
      ...(recurrence && recurrence.same.length > 0 && { recurrence: recurrenceJson(recurrence) }),
    },
  };
}

/** What, how bad, since when, what still works: the line that fits a lock screen. */
export function summaryLine(event: AlertEvent, incident: Incident, recurrence: Recurrence | null = null): string {
  const since = `${toRfc3339(incident.start.best).slice(11, 19)} UTC`;
  const fine = incident.notAffected.length;
  const others = fine > 0 ? `; ${fine} other ${fine === 1 ? 'monitor is' : 'monitors are'} not affected` : '';
  switch (event) {
    case 'incident.resolved':
      if (incident.kind === 'blind')
        return `Resolved: ${incident.title}; for ${humanSeconds(incident.spanSeconds.best)}, since ${since}`;
      return `Resolved: ${incident.title}; was down ${humanSeconds(incident.downSeconds.best)}, since ${since}`;
    case 'incident.updated':
      return `Update: ${incident.title}; ${incident.affected.length} affected since ${since}${others}`;
    case 'incident.acknowledged':
      return `Acknowledged by ${incident.acknowledgedBy ?? 'someone'}: ${incident.title}`;
    case 'monitoring.blind':
      return `${incident.title}; since ${since}, no monitor is called down until it is back`;
    default: {
      const again = recurrenceClause(recurrence);
      return `${incident.title}; since ${since}, ${incident.severity}${others}${again ? `; ${again}` : ''}`;
    }
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
