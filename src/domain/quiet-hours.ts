import type { EpochMs } from './clock.ts';
import { WEEKDAYS, type Weekday, zoneOf } from './maintenance.ts';
import type { Severity } from './monitor.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** When people are left alone with what can wait. On the wall clock of a time zone; `to` before `from` is the next day. */
export interface QuietHours {
  /** IANA name, such as `Europe/Berlin`. */
  timeZone: string;
  /** `HH:MM`. */
  from: string;
  to: string;
  /** Days on which they begin; empty: every day. */
  weekdays: Weekday[];
  /** What waits for their end. Critical never does. */
  severities: Exclude<Severity, 'critical'>[];
}

/** When the quiet hours that hold back this severity at this moment end; null when nothing is held back. */
export function quietUntil(quiet: QuietHours, severity: Severity, now: EpochMs): EpochMs | null {
  if (severity === 'critical' || !quiet.severities.includes(severity)) return null;
  const zone = zoneOf(quiet.timeZone);
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)];
  const today = zone.dayOf(now);
  for (const day of [today - DAY_MS, today]) {
    const weekday = WEEKDAYS[new Date(day).getUTCDay()] as Weekday;
    if (quiet.weekdays.length > 0 && !quiet.weekdays.includes(weekday)) continue;
    const start = zone.toUtc(day + from * MINUTE_MS);
    const end = zone.toUtc((to > from ? day : day + DAY_MS) + to * MINUTE_MS);
    if (now >= start && now < end) return end;
  }
  return null;
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}
