import { humanSeconds } from './alert.ts';
import type { EpochMs } from './clock.ts';

export const DIGESTS = ['hourly', 'daily', 'off'] as const;
/** How often a channel is told of monitors that were degraded. */
export type Digest = (typeof DIGESTS)[number];

/** A monitor that was degraded in the time of a digest. */
export interface DegradedMonitor {
  id: string;
  key: string;
  name: string;
  times: number;
  /** In all, up to the end of that time. */
  seconds: number;
}

const LENGTH_MS = { hourly: 3_600_000, daily: 86_400_000 };
/** A day's digest comes at 08:00 UTC. */
const OFFSET_MS = { hourly: 0, daily: 8 * 3_600_000 };
const NAMED = 3;

/** The last moment up to `now` at which a digest was due. */
export function digestDueAt(digest: Exclude<Digest, 'off'>, now: EpochMs): EpochMs {
  const [length, offset] = [LENGTH_MS[digest], OFFSET_MS[digest]];
  return Math.floor((now - offset) / length) * length + offset;
}

export function nextDigestAt(digest: Exclude<Digest, 'off'>, now: EpochMs): EpochMs {
  return digestDueAt(digest, now) + LENGTH_MS[digest];
}

/** `Degraded: Checkout API (3 times, 12 min), Search (once, 40 s) and 2 more`, the longest first. */
export function digestLine(monitors: readonly DegradedMonitor[]): string {
  const longest = [...monitors].sort((a, b) => b.seconds - a.seconds || (a.key < b.key ? -1 : 1));
  const named = longest.slice(0, NAMED).map(({ name, times, seconds }) => {
    return `${name} (${times === 1 ? 'once' : `${times} times`}, ${humanSeconds(seconds)})`;
  });
  const more = monitors.length - named.length;
  return `Degraded: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
