import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Dispatcher, request } from 'undici';
import type { Clock, EpochMs } from '#src/domain/clock.ts';

export interface HeartbeatOptions {
  url: string;
  everySeconds: number;
  clock: Clock;
  agent: Dispatcher;
  /** Sends a check of our own on its way through queue, recorder and detector. */
  sendCanary(at: EpochMs): Promise<void>;
  /** The loops that find, decide and deliver: each must make a pass of its own accord before we say that all is well. */
  loops: { name: string; nudge(): void; lastPassAt(): EpochMs }[];
  /** What else is not as it should be, in words. */
  problems(): string[];
  logger: Pick<Logger, 'info' | 'warn'>;
}

export interface Heartbeat {
  pass(): Promise<{ wakeAt: EpochMs }>;
  /** A canary came out at the other end. */
  arrived(at: EpochMs): void;
  /** Since when nothing was heard outside; null before the first beat. */
  lastBeatAt(): EpochMs | null;
  stop(): void;
}

const SEND_TIMEOUT_MS = 10_000;
const LOOK_MS = 50;
/** The rest of the interval is for the request. */
const SHARE_FOR_CANARY = 0.6;
const MOST_CANARY_MS = 30_000;

/**
 * Tells a place outside that we are alive: only after a check went the whole way and every loop turned, within the
 * interval. Where nobody hears us within two intervals, something here has stopped, whatever it is.
 */
export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { url, everySeconds, clock, agent, sendCanary, loops, problems, logger } = options;
  const everyMs = everySeconds * 1000;
  const stopping = new AbortController();
  let arrivedAt: EpochMs = 0;
  let sentAt: EpochMs | null = null;

  /** What has not happened since the canary left. */
  function missing(since: EpochMs): string[] {
    const asleep = loops
      .filter((loop) => loop.lastPassAt() < since)
      .map(({ name }) => `the loop ${name} has not turned`);
    return [...(arrivedAt < since ? ['the canary has not come through'] : []), ...asleep, ...problems()];
  }

  async function allIsWell(since: EpochMs): Promise<string[]> {
    await sendCanary(since);
    for (const loop of loops) loop.nudge();
    const until = clock.monotonic() + Math.min(MOST_CANARY_MS, everyMs * SHARE_FOR_CANARY);
    let reasons = missing(since);
    while (reasons.length > 0 && clock.monotonic() < until && !stopping.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => {});
      reasons = missing(since);
    }
    return reasons;
  }

  async function send(): Promise<void> {
    const signal = AbortSignal.any([AbortSignal.timeout(Math.min(SEND_TIMEOUT_MS, everyMs)), stopping.signal]);
    try {
      const { statusCode, body } = await request(url, { method: 'GET', dispatcher: agent, signal, reset: true });
      body.dump().catch(() => {});
      if (statusCode >= 200 && statusCode < 300) {
        sentAt = clock.now();
        logger.info({ event: 'heartbeat.sent' });
      } else logger.warn({ event: 'heartbeat.failed', detail: `the receiver answered ${statusCode}` });
    } catch (error) {
      // The address may hold a token, and messages repeat it.
      const code = (error as { code?: unknown }).code;
      const detail = typeof code === 'string' ? code : 'the request failed';
      if (!stopping.signal.aborted) logger.warn({ event: 'heartbeat.failed', detail });
    }
  }

  return {
    async pass() {
      const since = clock.now();
      const reasons = await allIsWell(since).catch((error: unknown) => [`the canary was not taken: ${String(error)}`]);
      if (stopping.signal.aborted) return { wakeAt: since + everyMs };
      if (reasons.length === 0) await send();
      else logger.warn({ event: 'heartbeat.withheld', reasons });
      return { wakeAt: since + everyMs };
    },
    arrived(at) {
      arrivedAt = Math.max(arrivedAt, at);
    },
    lastBeatAt: () => sentAt,
    stop: () => stopping.abort(),
  };
}
