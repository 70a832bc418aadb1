import type { EpochMs } from '#src/domain/clock.ts';

const CLOSED_FOR = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Per channel: after more than three failures in a row nothing is sent for a while, then one alert tries. A thousand
 * alerts for a dead receiver are then one request now and then, not a thousand.
 */
export class Breaker {
  #failures = 0;
  #openUntil: EpochMs = 0;
  #trying = false;

  /** When the next alert may be sent; `now` or earlier when it may be now, null while one is trying. */
  opensAt(): EpochMs | null {
    return this.#failures > CLOSED_FOR && this.#trying ? null : this.#openUntil;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  get isOpen(): boolean {
    return this.#failures > CLOSED_FOR;
  }

  begin(): void {
    this.#trying = true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntil = 0;
    this.#trying = false;
  }

  /**
   * What the receiver asked for (`Retry-After`, ms) goes before our own pause, for at most a minute: a new incident is
   * not kept from it for longer. What was under way together when the breaker opened does not make the pause longer.
   */
  failed(now: EpochMs, retryAfterMs: number | null): void {
    this.#trying = false;
    if (retryAfterMs !== null) {
      this.#failures++;
      this.#openUntil = now + Math.min(LONGEST_PAUSE_MS, retryAfterMs);
    } else if (now >= this.#openUntil) {
      this.#failures++;
      const over = this.#failures - CLOSED_FOR - 1;
      if (over >= 0) this.#openUntil = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** over);
    }
  }
}
