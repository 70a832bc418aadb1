import type { SendOutcome } from '#src/domain/channel.ts';
import type { EpochMs } from '#src/domain/clock.ts';

const FIRST_MS = 1_000;
const LONGEST_MS = 3_600_000;
const GIVE_UP_AFTER_MS = 72 * 3_600_000;
/** How often a receiver may say no in a way that seldom changes (404, 401, a redirect). */
const REJECTED_ATTEMPTS = 3;
/** On top of what a receiver asked for, so that those it turned away together do not come back together. */
const RETRY_AFTER_SPREAD_MS = 5_000;

export type NextStep =
  | { kind: 'delivered' }
  | { kind: 'retry'; at: EpochMs; reason: string }
  | { kind: 'undeliverable'; reason: string; disableChannel: boolean };

export interface Attempted {
  /** How many attempts were made, this one included. */
  attempts: number;
  /** How often the receiver said no, this time included. */
  rejections: number;
  createdAt: EpochMs;
  outcome: SendOutcome;
  now: EpochMs;
  /** Uniform in [0, 1). */
  random: number;
}

/**
 * What follows from an attempt: retries with full jitter under ceilings of 1, 2, 4, … s up to 1 h, for 72 h. Source of
 * full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function nextStep({ attempts, rejections, createdAt, outcome, now, random }: Attempted): NextStep {
  const reason = outcome.detail ?? 'no reason given';
  switch (outcome.outcome) {
    case 'sent':
      return { kind: 'delivered' };
    case 'gone':
      return { kind: 'undeliverable', reason, disableChannel: true };
    case 'rejected':
      if (rejections >= REJECTED_ATTEMPTS) return { kind: 'undeliverable', reason, disableChannel: false };
      break;
    case 'retry':
      if (now - createdAt >= GIVE_UP_AFTER_MS) {
        return { kind: 'undeliverable', reason: `no success in 72 h, at last: ${reason}`, disableChannel: false };
      }
  }
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempts - 1));
  const pause =
    outcome.retryAfterMs === null ? random * ceiling : outcome.retryAfterMs + random * RETRY_AFTER_SPREAD_MS;
  return { kind: 'retry', at: now + Math.ceil(pause), reason };
}
