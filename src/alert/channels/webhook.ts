import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { channelUrl, defineChannel, hostOf } from './kind.ts';
import { callBlind } from './request.ts';

const WHSEC = 'must be whsec_ and 24 to 64 bytes in base64';
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, WHSEC)
  .refine((text) => {
    const { length } = Buffer.from(text.slice(6), 'base64');
    return length >= 24 && length <= 64;
  }, WHSEC);

/** Standard Webhooks 1.0: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function sign(whsec: string, id: string, timestampSeconds: number, payload: string): string {
  const key = Buffer.from(whsec.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${payload}`).digest('base64')}`;
}

/** The frozen payload as it is, signed, for machines. Only a 2xx is a success. */
export const webhook = defineChannel({
  fields: { url: channelUrl },
  secrets: { secret: { schema: secret, when: 'made' } },
  hosts: ({ url }) => hostOf('url', url),
  send({ settings, alertId, payload, now, agent, signal }) {
    const timestamp = Math.floor(now / 1000);
    const headers = {
      'webhook-id': alertId,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign(settings.secret ?? '', alertId, timestamp, payload),
    };
    return callBlind({ agent, signal, now }, { url: settings.url, headers, body: payload });
  },
});
