import { tooMany } from './auth.ts';

/** Lets so many of one name run at once; the next one is 429. */
export class AtOnce {
  readonly #running = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(name) ?? 0;
    if (running >= this.#most) throw tooMany(`at most ${this.#most} checks on demand at once`, 1000);
    this.#running.set(name, running + 1);
    try {
      return await work();
    } finally {
      const left = (this.#running.get(name) ?? 1) - 1;
      if (left > 0) this.#running.set(name, left);
      else this.#running.delete(name);
    }
  }
}
