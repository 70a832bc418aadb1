import type { EpochMs } from './clock.ts';
import type { Likeness, Signature } from './signature.ts';

/** So far back is looked for earlier incidents. */
export const LOOK_BACK_MS = 365 * 86_400_000;
const DAY_MS = 86_400_000;

export interface OpenAction {
  /** `act_…` */
  id: string;
  title: string;
  createdAt: EpochMs;
  /** YYYY-MM-DD, the last day on which it is in time. */
  dueOn: string | null;
}

/** An earlier incident of the same signature. */
export interface EarlierIncident {
  id: string;
  number: number;
  startedAt: EpochMs;
  likeness: Likeness;
  postmortem: 'none' | 'draft' | 'in_review' | 'published';
  /** What its people reported as its cause, in their words; the latest. */
  cause: string | null;
  openActions: OpenAction[];
  /** All that anybody took on, whatever became of them. */
  actionCount: number;
}

export interface Recurrence {
  signature: Signature;
  /** When the incident itself began; distances are measured from here. */
  startedAt: EpochMs;
  /** Earlier incidents of its service or its monitors within a year, whatever their signature. */
  earlierIds: string[];
  /** Those of the same signature, the newest first. */
  same: EarlierIncident[];
}

/** Whole days from one time to a later one. */
export function daysBetween(from: EpochMs, to: EpochMs): number {
  return Math.max(0, Math.floor((to - from) / DAY_MS));
}

/** Whole days by which something due on a day is late at a time; 0 up to the end of that day. */
export function daysLate(dueOn: string | null, at: EpochMs): number {
  if (dueOn === null) return 0;
  return daysBetween(Date.parse(`${dueOn}T00:00:00Z`), at);
}

/** One clause for an alert: `same signature as incident 12, 34 days ago; 2 of its action items are still open`. */
export function recurrenceClause(recurrence: Recurrence | null): string | null {
  const latest = recurrence?.same[0];
  if (!recurrence || !latest) return null;
  const days = daysBetween(latest.startedAt, recurrence.startedAt);
  const when = days === 0 ? 'less than a day ago' : `${days} ${days === 1 ? 'day' : 'days'} ago`;
  const more = recurrence.same.length - 1;
  const others = more > 0 ? ` (and ${more} before it)` : '';
  const open = latest.openActions.length;
  const items = `${open} of its action items ${open === 1 ? 'is' : 'are'} still open`;
  return `same signature as incident ${latest.number}, ${when}${others}${open > 0 ? `; ${items}` : ''}`;
}

/** How an alert carries it, for machines. `publicUrl` is without a slash at its end. */
export function recurrenceJson(recurrence: Recurrence, publicUrl: string) {
  return {
    signature: recurrence.signature,
    incidents: recurrence.same.map(({ id, number, startedAt, likeness, postmortem, openActions }) => ({
      id,
      number,
      startedAt: new Date(startedAt).toISOString(),
      daysBefore: daysBetween(startedAt, recurrence.startedAt),
      agrees: likeness.agrees,
      differs: likeness.differs,
      postmortem,
      link: `${publicUrl}/api/v1/incidents/${id}/postmortem.html`,
      openActions: openActions.map(({ id: actionId, title, createdAt, dueOn }) => ({
        id: actionId,
        title,
        openDays: daysBetween(createdAt, recurrence.startedAt),
        dueOn,
        lateDays: daysLate(dueOn, recurrence.startedAt),
      })),
    })),
  };
}
