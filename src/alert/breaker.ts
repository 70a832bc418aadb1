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
    if (this.#failures <= CLOSED_FOR) return 0;
    return this.#trying ? null : this.#openUntil;
  }

  begin(): void {
    this.#trying = true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#trying = false;
  }

  failed(now: EpochMs): void {
    this.#failures++;
    this.#trying = false;
    const over = Math.max(0, this.#failures - CLOSED_FOR - 1);
    this.#openUntil = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** over);
  }
}
