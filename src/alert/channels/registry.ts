import type { ChannelType, SendOutcome } from '#src/domain/channel.ts';
import { type SendContext, sendWebhook } from './webhook.ts';

/** One line per kind of channel. */
export const SENDERS: Record<ChannelType, (context: SendContext) => Promise<SendOutcome>> = {
  webhook: sendWebhook,
};
