import type { Dispatcher } from 'undici';
import type { AlertPayload } from '#src/domain/alert.ts';
import { type Channel, channelSecretContext, type SendOutcome, type Thread } from '#src/domain/channel.ts';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { renderMessage } from '#src/domain/message.ts';
import type { Sealed } from '#src/domain/monitor.ts';
import type { SignLink } from './acknowledge-link.ts';
import type { Dial, Values } from './channels/kind.ts';
import { CHANNELS } from './channels/registry.ts';

export interface SenderOptions {
  clock: Clock;
  /** Carries all requests; it refuses addresses that policy forbids. */
  agent: Dispatcher;
  dial: Dial;
  open(value: Sealed, context: string): string;
  signLink: SignLink;
  /** An attempt is abandoned after this long, in ms. */
  timeoutMs?: number;
}

/** One alert on its way to one channel. */
export interface Delivery {
  alertId: string;
  /** The frozen text, byte for byte. */
  payload: string;
  createdAt: EpochMs;
  thread: Thread | null;
  /** What the channel was told of the incident before. */
  before: string | null;
}

export type Send = (channel: Channel, delivery: Delivery, abort?: AbortSignal) => Promise<SendOutcome>;

const TIMEOUT_MS = 14_000;

/** One attempt at one channel, within its time. */
export function createSend({ clock, agent, dial, open, signLink, timeoutMs = TIMEOUT_MS }: SenderOptions): Send {
  return async (channel, delivery, abort) => {
    const settings = openSettings(channel, open);
    if (!settings) {
      const detail = 'a secret of the channel cannot be opened; set it again';
      return { outcome: 'rejected', statusCode: null, detail, retryAfterMs: null };
    }
    const { alertId, thread, before, createdAt } = delivery;
    const parsed = JSON.parse(delivery.payload) as AlertPayload;
    const payload = withLink(parsed, (incidentId) => signLink({ incidentId, channelId: channel.id, from: createdAt }));
    const message = renderMessage(payload, before === null ? null : (JSON.parse(before) as AlertPayload));
    const end = new AbortController();
    const late = setTimeout(() => end.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    const signal = abort ? AbortSignal.any([end.signal, abort]) : end.signal;
    try {
      const text = payload === parsed ? delivery.payload : JSON.stringify(payload);
      const carrier = { now: clock.now(), agent, dial, signal };
      return await CHANNELS[channel.type].send({ settings, alertId, payload: text, message, thread, ...carrier });
    } finally {
      clearTimeout(late);
    }
  };
}

function openSettings(channel: Channel, open: SenderOptions['open']): Values | null {
  const settings: Record<string, unknown> = { ...channel.settings };
  try {
    for (const field of Object.keys(CHANNELS[channel.type].secrets)) {
      const sealed = channel.secrets[field];
      settings[field] = sealed ? open(sealed, channelSecretContext(channel.id, field)) : null;
    }
    return settings;
  } catch {
    return null;
  }
}

/** The link that acknowledges is signed for the channel it goes to. The same row gives the same bytes at every attempt. */
function withLink(payload: AlertPayload, token: (incidentId: string) => string): AlertPayload {
  const { data } = payload;
  if (!data.incident || !data.links.acknowledge) return payload;
  const acknowledge = `${data.links.acknowledge}/${token(data.incident.id)}`;
  return { ...payload, data: { ...data, links: { ...data.links, acknowledge } } };
}
