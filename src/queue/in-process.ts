import type { Queue } from './port.ts';

export interface InProcessOptions {
  /** Messages waiting or being handled, at most. */
  capacity: number;
  /** Pause before a message whose handler threw is handed out again; doubles up to 64 times this. Default 100 ms. */
  retryDelayMs?: number;
  onError(error: unknown): void;
}

/** Handlers have this long to end after they were told to. */
const AFTER_ABORT_MS = 1_000;

interface Item<T> {
  id: string;
  message: T;
  failures: number;
}

/**
 * The queue within one process. What is in it goes with the process, and that loses nothing: the schedule makes the
 * checks anew from the database.
 */
export function createInProcessQueue<T>({ capacity, retryDelayMs = 100, onError }: InProcessOptions): Queue<T> {
  const pending = new Set<string>();
  let waiting: Item<T>[] = [];
  let head = 0;
  let running = 0;
  let concurrency = 0;
  let handler: ((message: T, signal: AbortSignal) => Promise<void>) | null = null;
  let closing = false;
  let idle: (() => void) | null = null;
  const abort = new AbortController();
  const pauses = new Set<NodeJS.Timeout>();

  function next(): Item<T> | null {
    const item = waiting[head];
    if (item === undefined) return null;
    head++;
    if (head > 1024 && head * 2 > waiting.length) {
      waiting = waiting.slice(head);
      head = 0;
    }
    return item;
  }

  function pump(): void {
    while (handler && !closing && running < concurrency) {
      const item = next();
      if (!item) return;
      running++;
      void handle(item, handler);
    }
  }

  async function handle(item: Item<T>, handle: (message: T, signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await handle(item.message, abort.signal);
      pending.delete(item.id);
    } catch (error) {
      onError(error);
      putBackLater(item);
    }
    running--;
    if (running === 0) idle?.();
    pump();
  }

  function putBackLater(item: Item<T>): void {
    if (closing) return;
    const pause = setTimeout(
      () => {
        pauses.delete(pause);
        waiting.push(item);
        pump();
      },
      retryDelayMs * 2 ** Math.min(6, item.failures++),
    );
    pauses.add(pause);
  }

  return {
    async publish(message, { id }) {
      if (closing || pending.size >= capacity) return 'full';
      if (pending.has(id)) return 'duplicate';
      pending.add(id);
      waiting.push({ id, message, failures: 0 });
      pump();
      return 'queued';
    },
    consume(consumer, options) {
      if (handler) throw new Error('this queue has a consumer');
      handler = consumer;
      concurrency = options.concurrency;
      pump();
    },
    async depth() {
      return pending.size;
    },
    async close(graceMs) {
      closing = true;
      for (const pause of pauses) clearTimeout(pause);
      if (running === 0) return;
      const drained = new Promise<void>((resolve) => {
        idle = resolve;
      });
      const late = setTimeout(() => abort.abort(), graceMs);
      let last: NodeJS.Timeout | undefined;
      const deaf = new Promise<void>((resolve) => {
        last = setTimeout(resolve, graceMs + AFTER_ABORT_MS);
      });
      await Promise.race([drained, deaf]);
      clearTimeout(late);
      clearTimeout(last);
    },
  };
}
