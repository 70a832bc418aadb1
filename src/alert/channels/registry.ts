import type { ChannelType } from '#src/domain/channel.ts';
import type { ChannelKind } from './kind.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

/** One line per kind of channel. */
export const CHANNELS: Readonly<Record<ChannelType, ChannelKind>> = {
  webhook,
  slack,
};
