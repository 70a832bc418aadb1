import type { EpochMs } from './clock.ts';
import type { MonitorConfig } from './monitor.ts';
import type { Span } from './uptime.ts';

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A window that comes again, on the wall clock of a time zone. */
export interface Repeat {
  /** IANA name, such as `Europe/Berlin`. */
  timeZone: string;
  /** `HH:MM` on that wall clock. */
  at: string;
  durationMinutes: number;
  /** Days on which it begins; with `daysOfMonth` empty, at least one. */
  weekdays: Weekday[];
  /** 1 to 31; a month that has no such day has no window. */
  daysOfMonth: number[];
}

/** Planned work: checks go on and do not count, nobody is alerted. */
export interface Maintenance {
  id: string;
  title: string;
  /** Keys; what matches any of the three is in maintenance. All empty: every monitor. */
  monitors: string[];
  services: string[];
  /** `name` or `name:value`. */
  tags: string[];
  /** Once: both ends. Repeating: no window begins before the first or after the second. */
  startsAt: EpochMs;
  endsAt: EpochMs | null;
  repeat: Repeat | null;
  /** Whether its time counts in uptime, with the downtime its checks saw, or is left out. */
  uptime: 'excluded' | 'included';
  createdAt: EpochMs;
}

export function isMaintained(maintenance: Maintenance, { key, service, tags }: MonitorConfig): boolean {
  const { monitors, services, tags: wanted } = maintenance;
  if (monitors.length + services.length + wanted.length === 0) return true;
  if (monitors.includes(key) || (service !== null && services.includes(service))) return true;
  return wanted.some((tag) => {
    const [name = '', ...value] = tag.split(':');
    return Object.hasOwn(tags, name) && (value.length === 0 || tags[name] === value.join(':'));
  });
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * The windows of a maintenance that reach into [from, to], in order, overlapping ones joined. Days and hours are those
 * of its time zone: a start that the change to summer time leaves out is at the first moment after the gap's length
 * (02:30 becomes 03:30), one that comes twice is the first of the two; the length is in real minutes.
 */
export function occurrences(maintenance: Maintenance, from: EpochMs, to: EpochMs): Span[] {
  const { repeat, startsAt, endsAt } = maintenance;
  if (!repeat) return endsAt !== null && endsAt > from && startsAt < to ? [[startsAt, endsAt]] : [];
  const lengthMs = repeat.durationMinutes * MINUTE_MS;
  const zone = zoneOf(repeat.timeZone);
  const [hour = 0, minute = 0] = repeat.at.split(':').map(Number);
  const spans: [EpochMs, EpochMs][] = [];
  const first = zone.dayOf(Math.max(from - lengthMs, startsAt) - DAY_MS);
  for (let day = first; day <= to + DAY_MS; day += DAY_MS) {
    const date = new Date(day);
    const begins =
      repeat.weekdays.includes(WEEKDAYS[date.getUTCDay()] as Weekday) || repeat.daysOfMonth.includes(date.getUTCDate());
    if (!begins) continue;
    const start = zone.toUtc(day + (hour * 60 + minute) * MINUTE_MS);
    if (start < startsAt || (endsAt !== null && start >= endsAt)) continue;
    const end = endsAt === null ? start + lengthMs : Math.min(start + lengthMs, endsAt);
    const last = spans.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else spans.push([start, end]);
  }
  return spans.filter((span) => span[1] > from && span[0] < to);
}

/** Whether the name is one of a time zone that is known here. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The wall clock of a time zone, its readings written as if they were UTC. */
export function zoneOf(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const reading = (at: EpochMs): number => {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
  const offsetAt = (at: EpochMs) => reading(Math.floor(at / 1000) * 1000) - Math.floor(at / 1000) * 1000;
  return {
    /** Midnight of the local day of a moment. */
    dayOf: (at: EpochMs) => Math.floor(reading(at) / DAY_MS) * DAY_MS,
    toUtc(wall: number): EpochMs {
      // The offsets on both sides of any change nearby; the larger one gives the earlier moment.
      const offsets = [offsetAt(wall - DAY_MS), offsetAt(wall + DAY_MS)].sort((a, b) => b - a);
      const fits = offsets.find((offset) => offsetAt(wall - offset) === offset);
      return wall - (fits ?? offsetAt(wall - DAY_MS));
    },
  };
}
