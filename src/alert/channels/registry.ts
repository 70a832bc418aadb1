import type { ChannelType } from '#src/domain/channel.ts';
import { discord } from './discord.ts';
import { email } from './email.ts';
import type { ChannelKind } from './kind.ts';
import { ntfy } from './ntfy.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { telegram } from './telegram.ts';
import { webhook } from './webhook.ts';

/** One line per kind of channel. */
export const CHANNELS: Readonly<Record<ChannelType, ChannelKind>> = {
  webhook,
  slack,
  discord,
  teams,
  email,
  pagerduty,
  telegram,
  ntfy,
};
