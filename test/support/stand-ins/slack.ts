import { z } from 'zod';
import { Misuse, must, type Service } from './stand-in.ts';

/** https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/reference/methods/chat.postMessage */
const plain = (most: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(most), emoji: z.boolean().optional() });
const button = z.strictObject({
  type: z.literal('button'),
  action_id: z.string().max(255),
  text: plain(75),
  url: z.url().max(3000),
  style: z.enum(['primary', 'danger']).optional(),
});
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('section'), fields: z.array(plain(2000)).min(1).max(10) }),
  z.strictObject({ type: z.literal('actions'), elements: z.array(button).min(1).max(25) }),
  z.strictObject({ type: z.literal('context'), elements: z.array(plain(3000)).min(1).max(10) }),
]);
const message = {
  // `<` begins a link or a mention: our text has none.
  text: z
    .string()
    .min(1)
    .max(3000)
    .regex(/^[^<>]*$/)
    .regex(/^(?:[^&]|&(?:amp|lt|gt);)*$/),
  mrkdwn: z.literal(false),
  unfurl_links: z.boolean(),
  unfurl_media: z.boolean(),
  attachments: z
    .array(z.strictObject({ color: z.string().regex(/^#[0-9a-f]{6}$/), blocks: z.array(block).max(50) }))
    .max(20),
};
const posted = z.strictObject({
  channel: z.string().min(1),
  thread_ts: z.string().optional(),
  reply_broadcast: z.boolean().optional(),
  ...message,
});
const updated = z.strictObject({ channel: z.string().regex(/^C/), ts: z.string(), ...message });

export const SLACK_TOKEN = 'xoxb-123456-abcdef';

/** Web API with messages that are kept, and `/services/…` as an incoming webhook. */
export function slackService(): {
  service: Service;
  messages: Map<string, { text: string; thread?: string | undefined }>;
} {
  const messages = new Map<string, { text: string; thread?: string | undefined }>();
  let count = 0;
  const service: Service = ({ method, path, headers, body }) => {
    if (method !== 'POST') throw new Misuse('not a POST', { status: 405, body: '' });
    if (path.startsWith('/services/')) {
      must(z.strictObject(message), body, () => ({ status: 400, body: 'invalid_payload' }));
      return { status: 200, body: 'ok' };
    }
    if (headers.authorization !== `Bearer ${SLACK_TOKEN}`)
      return { status: 200, body: { ok: false, error: 'invalid_auth' } };
    const refuse = (why: string) => ({ status: 200, body: { ok: false, error: 'invalid_arguments', why } });
    if (path === '/api/chat.postMessage') {
      const { text, thread_ts: thread } = must(posted, body, refuse);
      const ts = `1700000000.${String(++count).padStart(6, '0')}`;
      messages.set(ts, { text, thread });
      return { status: 200, body: { ok: true, channel: 'C0123456789', ts, message: { text } } };
    }
    if (path === '/api/chat.update') {
      const { ts, text } = must(updated, body, refuse);
      const known = messages.get(ts);
      if (!known) return { status: 200, body: { ok: false, error: 'message_not_found' } };
      messages.set(ts, { ...known, text });
      return { status: 200, body: { ok: true, channel: 'C0123456789', ts, text } };
    }
    throw new Misuse('no such method', { status: 200, body: { ok: false, error: 'unknown_method' } });
  };
  return { service, messages };
}
