import type { EpochMs } from '../clock.ts';
import type { PostmortemStatus } from './life.ts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** How long a team gives itself. When it is due is a fact of the draft. */
export interface Deadlines {
  /** Hours from the recovery at which people are reminded, ascending. */
  remindHours: number[];
  /** Days from publishing to the follow-up review. */
  followUpDays: number;
}

/** What is known of a postmortem that may have to be reminded of. */
export interface Waiting {
  status: PostmortemStatus;
  recoveredAt: EpochMs;
  dueAt: EpochMs;
  /** When a draft of the resolved incident was stored first. */
  draftedAt: EpochMs;
  /** Reminders that were told, or settled without telling. */
  done: ReadonlySet<string>;
}

export type Reminder =
  /** `what` is told now, and what came before it is not told any more. */
  | { reason: 'remind' | 'overdue'; what: string; settles: string[] }
  | { reason: 'not-yet'; wakeAt: EpochMs }
  /** Nothing will ever be told of it. */
  | { reason: 'history'; settles: string[] }
  | { reason: 'live' | 'published' | 'all-told' };

/**
 * Whether people are to be reminded of a postmortem now, and why, or why not. Of what was overdue when it was first
 * drafted (history that was imported) nobody is reminded; of several moments that passed at once only the last is told.
 */
export function remind(waiting: Waiting, { remindHours }: Pick<Deadlines, 'remindHours'>, now: EpochMs): Reminder {
  const { status, recoveredAt, dueAt, draftedAt, done } = waiting;
  if (status === 'live' || status === 'published') return { reason: status };
  const moments = [
    ...remindHours
      .map((hours) => ({ what: `due-${hours}h`, at: recoveredAt + hours * HOUR_MS }))
      .filter(({ at }) => at < dueAt)
      .sort((a, b) => a.at - b.at),
    { what: 'overdue', at: dueAt },
  ];
  const left = moments.filter(({ what }) => !done.has(what));
  if (done.has('overdue') || left.length === 0) return { reason: 'all-told' };
  if (draftedAt >= dueAt) return { reason: 'history', settles: left.map(({ what }) => what) };
  const passed = left.filter(({ at }) => at <= now);
  const last = passed.at(-1);
  if (!last) return { reason: 'not-yet', wakeAt: Math.min(...left.map(({ at }) => at)) };
  const reason = last.what === 'overdue' ? 'overdue' : 'remind';
  return { reason, what: last.what, settles: passed.map(({ what }) => what) };
}

/** An action as far as its date is concerned. */
export interface DatedAction {
  id: string;
  dueOn: string | null;
  state: string;
}

/** Days of grace do not exist: it is late once its day has passed in UTC. */
export const endOfDay = (day: string): EpochMs => Date.parse(`${day}T00:00:00.000Z`) + DAY_MS;

/** Which week of being late it is, from 0; null: it is not late, or it is closed. */
export function weekLate({ dueOn, state }: DatedAction, now: EpochMs): number | null {
  if (dueOn === null || state === 'done' || state === 'dropped') return null;
  const late = now - endOfDay(dueOn);
  return late < 0 ? null : Math.floor(late / (7 * DAY_MS));
}
