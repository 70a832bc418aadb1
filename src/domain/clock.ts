/** Times are integer milliseconds since the Unix epoch, UTC. Durations carry their unit in the name. */
export type EpochMs = number;

/**
 * The only way time enters the code. `now` is wall time (slots and records), `monotonic` is for durations
 * and never steps. Domain functions take times as arguments and never hold a clock.
 */
export interface Clock {
  now(): EpochMs;
  monotonic(): number;
}

/** RFC 3339 in UTC with milliseconds, the form of every time in the API. */
export function toRfc3339(at: EpochMs): string {
  return new Date(at).toISOString();
}
