import type { EpochMs } from './clock.ts';

/**
 * Due times are a grid: `slot = k × interval + phase`, the phase a hash of the monitor's id. Monitors are spread
 * evenly, restarts change nothing, nothing drifts, and a late scheduler has no burst to catch up with.
 */
export function phaseMs(id: string, intervalMs: number): number {
  return fnv1a(id) % intervalMs;
}

/** The first slot after `after`. */
export function nextSlot(after: EpochMs, intervalMs: number, phase: number): EpochMs {
  return (Math.floor((after - phase) / intervalMs) + 1) * intervalMs + phase;
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), with a final mix so that near ids land far apart. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
