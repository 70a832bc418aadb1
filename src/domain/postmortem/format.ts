import type { EpochMs } from '../clock.ts';

/** How values are written in the text of spans; `document.ts` states the forms for the reader who checks them. */

export function timeOfDay(at: EpochMs | string): string {
  return new Date(at).toISOString().slice(11, 19);
}

export function dateOf(at: EpochMs | string): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** 125.4 → `2 min 5 s`; below a minute with at most one decimal place: `4.2 s`. */
export function lengthOf(seconds: number): string {
  if (seconds < 59.95) return `${Math.round(seconds * 10) / 10} s`;
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

export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}
