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
    const end = new AbortController();
    const late = setTimeout(() => end.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    const stop = () => end.abort(new Error('the server is stopping'));
    abort?.addEventListener('abort', stop, { once: true });
    try {
      const secret = open(channel.secret, channelSecretContext(channel.id));
      const { url } = channel;
      return await SENDERS[channel.type]({
        url,
        secret,
        alertId,
        payload,
        now: clock.now(),
        agent,
        signal: end.signal,
      });
    } catch {
      const detail = 'the secret of the channel cannot be opened; set it again';
      return { outcome: 'rejected', statusCode: null, detail, retryAfterMs: null };
    } finally {
      clearTimeout(late);
      abort?.removeEventListener('abort', stop);
    }
  };
}
