/**
 * What the pipeline needs of a queue, and what every implementation promises (held by one contract suite): at least
 * once, no duplicate of an id while it is pending, redelivery when a handler throws or its process dies, bounded
 * depth, and a `close()` that drains.
 */
export interface Queue<T> {
  /** `full` and `duplicate` are answers, not errors: nothing was added. */
  publish(message: T, options: { id: string }): Promise<'queued' | 'duplicate' | 'full'>;
  /** The message is done when the handler resolves; a handler that throws gets it again, after a short pause. */
  consume(handler: (message: T, signal: AbortSignal) => Promise<void>, options: { concurrency: number }): void;
  /** Messages waiting or being handled. */
  depth(): Promise<number>;
  /** Takes no more, lets handlers finish for at most `graceMs`, then aborts their signal and returns. */
  close(graceMs: number): Promise<void>;
}
