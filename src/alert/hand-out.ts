import { randomUUID } from 'node:crypto';
import type { SendOutcome } from '#src/domain/channel.ts';
import type { Clock } from '#src/domain/clock.ts';
import type { Errand, ErrandDone } from '#src/queue/messages.ts';
import type { Queue } from '#src/queue/port.ts';
import type { Send } from './send.ts';

export interface HandOutOptions {
  /** Delivers in this process: when no worker is there. */
  sendHere: Send;
  errands: Queue<Errand>;
  done: Queue<ErrandDone>;
  /** Whether a worker that delivers alerts signed lately. */
  hasWorker(): boolean;
  clock: Clock;
  onError(error: unknown): void;
}

/** A worker begins within this time, or not at all. */
const START_WITHIN_MS = 8_000;
/** Its attempt takes 14 s at most; the lease of an alert is 30 s. */
const ANSWER_WITHIN_MS = 24_000;
const AT_ONCE = 100;

/**
 * Has alerts delivered by workers while there are any, and here when there is none. What a worker does not answer for is
 * tried again under the same id, as everywhere: at least once, never lost.
 */
export function createHandedOutSend(options: HandOutOptions): Send {
  const { sendHere, errands, done, hasWorker, clock, onError } = options;
  const waiting = new Map<string, (outcome: SendOutcome) => void>();
  done.consume(
    async ({ id, outcome }) => {
      waiting.get(id)?.(outcome);
    },
    { concurrency: AT_ONCE },
  );

  return async (channel, delivery, abort) => {
    if (!hasWorker()) return sendHere(channel, delivery, abort);
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<SendOutcome>();
    const giveUp = (detail: string) => resolve({ outcome: 'retry', statusCode: null, detail, retryAfterMs: null });
    const late = setTimeout(() => giveUp('the worker that delivers alerts did not answer'), ANSWER_WITHIN_MS);
    const stopped = () => giveUp('the server is stopping');
    abort?.addEventListener('abort', stopped, { once: true });
    waiting.set(id, resolve);
    try {
      const startBefore = clock.now() + START_WITHIN_MS;
      const answer = await errands.publish({ v: 1, id, startBefore, channel, delivery }, { id });
      if (answer !== 'queued') return await sendHere(channel, delivery, abort);
      return await promise;
    } catch (error) {
      // Redis is away: whoever must be told is told from here.
      onError(error);
      return await sendHere(channel, delivery, abort);
    } finally {
      clearTimeout(late);
      abort?.removeEventListener('abort', stopped);
      waiting.delete(id);
    }
  };
}

/** What a worker does with an errand: null when it came too late, and the server has given it up. */
export async function runErrand(
  { id, startBefore, channel, delivery }: Errand,
  send: Send,
  clock: Clock,
): Promise<ErrandDone | null> {
  if (clock.now() >= startBefore) return null;
  return { v: 1, id, outcome: await send(channel, delivery) };
}
