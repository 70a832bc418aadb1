import type { EpochMs } from './clock.ts';
import type { Digest } from './digest.ts';
import type { Sealed } from './monitor.ts';

export const CHANNEL_TYPES = [
  'webhook',
  'slack',
  'discord',
  'teams',
  'email',
  'pagerduty',
  'telegram',
  'ntfy',
] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

/** Where alerts go. */
export interface Channel {
  no: number;
  id: string;
  /** Chosen by its owner: what monitors name. */
  key: string;
  type: ChannelType;
  /** What its type needs, in the fields of its type, but for the secrets. */
  settings: Readonly<Record<string, unknown>>;
  /** Each sealed with the context `channel:<id>:<field>`. */
  secrets: Readonly<Record<string, Sealed>>;
  /** False for a machine: its deliveries never count as the first person alerted. */
  human: boolean;
  /** How often it is told of monitors that were degraded. */
  digest: Digest;
  /** Why nothing is sent any more, or null. */
  disabledReason: string | null;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

export function channelSecretContext(channelId: string, field: string): string {
  return `channel:${channelId}:${field}`;
}

/** What a service answered that later messages of the same incident need: ids of messages, the subject of a mail. */
export type Thread = Readonly<Record<string, string>>;

/** What came of handing an alert to a channel. The stage decides what follows from it. */
export interface SendOutcome {
  /** sent: accepted. retry: may work later. rejected: the receiver does not want it. gone: it wants nothing any more. */
  outcome: 'sent' | 'retry' | 'rejected' | 'gone';
  statusCode: number | null;
  /** What happened in words, at most 300 characters, no secrets; null when sent to all it should reach. */
  detail: string | null;
  /** How long the receiver asked to be left alone, in ms. */
  retryAfterMs: number | null;
  /** Kept for the next alert of the incident; absent: what is kept stays. */
  thread?: Thread;
}
