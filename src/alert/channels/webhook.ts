import { z } from 'zod';
import { signedHeaders } from '#src/webhook-signature.ts';
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

/** The frozen payload as it is, signed, for machines. Only a 2xx is a success. */
export const webhook = defineChannel({
  fields: { url: channelUrl },
  secrets: { secret: { schema: secret, when: 'made' } },
  hosts: ({ url }) => hostOf('url', url),
  send({ settings, alertId, payload, now, agent, signal }) {
    const headers = signedHeaders(settings.secret ?? '', alertId, now, payload);
    return callBlind({ agent, signal, now }, { url: settings.url, headers, body: payload });
  },
});
