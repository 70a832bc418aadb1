import type { Clock } from '#src/domain/clock.ts';

interface Bucket {
  tokens: number;
  at: number;
}

const MOST_BUCKETS = 10_000;

/** A token bucket per name, in memory: it refills steadily, so a burst is let through and a flood is not. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #burst: number;
  readonly #perMs: number;
  readonly #clock: Clock;

  constructor({ burst, perSecond }: { burst: number; perSecond: number }, clock: Clock) {
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#clock = clock;
  }

  /** How long until a token is there, in ms; 0 when one is. Takes none. */
  waitMs(name: string): number {
    const { tokens } = this.#bucket(name);
    return tokens >= 1 ? 0 : (1 - tokens) / this.#perMs;
  }

  /** Takes a token and answers 0, or how long to wait for one, in ms. */
  take(name: string): number {
    const waitMs = this.waitMs(name);
    if (waitMs === 0) this.#bucket(name).tokens -= 1;
    return waitMs;
  }

  #bucket(name: string): Bucket {
    const now = this.#clock.monotonic();
    const known = this.#buckets.get(name);
    const tokens = known ? Math.min(this.#burst, known.tokens + (now - known.at) * this.#perMs) : this.#burst;
    const bucket = { tokens, at: now };
    if (!known && this.#buckets.size >= MOST_BUCKETS) this.#forget();
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /** Full buckets say nothing; when all are in use the oldest half goes. */
  #forget(): void {
    let surplus = this.#buckets.size / 2;
    for (const name of this.#buckets.keys()) if (surplus-- > 0) this.#buckets.delete(name);
  }
}
