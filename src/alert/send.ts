import type { Dispatcher } from 'undici';
import { type Channel, channelSecretContext, type SendOutcome } from '#src/domain/channel.ts';
import type { Clock } from '#src/domain/clock.ts';
import type { Sealed } from '#src/domain/monitor.ts';
import { SENDERS } from './channels/registry.ts';

export interface SenderOptions {
  clock: Clock;
  /** Carries all requests; it refuses addresses that policy forbids. */
  agent: Dispatcher;
  open(value: Sealed, context: string): string;
  /** An attempt is abandoned after this long, in ms. */
  timeoutMs?: number;
}

export type Send = (channel: Channel, alertId: string, payload: string, abort?: AbortSignal) => Promise<SendOutcome>;

const TIMEOUT_MS = 14_000;

/** One attempt at one channel, within its time. */
export function createSend({ clock, agent, open, timeoutMs = TIMEOUT_MS }: SenderOptions): Send {
  return async (channel, alertId, payload, abort) => {
    let secret: string;
    try {
      secret = open(channel.secret, channelSecretContext(channel.id));
    } catch {
      const detail = 'the secret of the channel cannot be opened; set it again';
      return { outcome: 'rejected', statusCode: null, detail, retryAfterMs: null };
    }
    const end = new AbortController();
    const late = setTimeout(() => end.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    const signal = abort ? AbortSignal.any([end.signal, abort]) : end.signal;
    const { url, type } = channel;
    try {
      return await SENDERS[type]({ url, secret, alertId, payload, now: clock.now(), agent, signal });
    } finally {
      clearTimeout(late);
    }
  };
}
