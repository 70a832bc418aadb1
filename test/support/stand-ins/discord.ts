import { z } from 'zod';
import { Misuse, must, type Service } from './stand-in.ts';

/** https://docs.discord.com/developers/resources/webhook and …/resources/message#embed-object-embed-limits */
const field = z.strictObject({
  name: z.string().min(1).max(256),
  value: z.string().min(1).max(1024),
  inline: z.boolean(),
});
const embed = z
  .strictObject({
    title: z.string().max(256),
    color: z.int().min(0).max(0xffffff),
    timestamp: z.iso.datetime(),
    fields: z.array(field).max(25),
    footer: z.strictObject({ text: z.string().max(2048) }),
  })
  .refine(({ title, fields, footer }) => {
    const texts = [title, footer.text, ...fields.flatMap(({ name, value }) => [name, value])];
    return texts.join('').length <= 6000;
  }, 'all text of embeds must be at most 6000 characters');
const link = z.strictObject({
  type: z.literal(2),
  style: z.literal(5),
  label: z.string().max(80),
  url: z.url().max(512),
});
const message = z.strictObject({
  content: z.string().min(1).max(2000),
  embeds: z.array(embed).max(10),
  components: z.array(z.strictObject({ type: z.literal(1), components: z.array(link).min(1).max(5) })).max(5),
  allowed_mentions: z.strictObject({ parse: z.array(z.never()) }),
});

export const DISCORD_PATH = '/api/webhooks/123456789012345678/to-ken_1';

export function discordService(): { service: Service; messages: Map<string, string> } {
  const messages = new Map<string, string>();
  let count = 0;
  const service: Service = ({ method, path, query, body }) => {
    if (!path.startsWith(DISCORD_PATH)) return { status: 404, body: { message: 'Unknown Webhook', code: 10015 } };
    if (query.get('with_components') !== 'true')
      throw new Misuse('components are ignored without with_components', { status: 400, body: {} });
    const { content } = must(message, body, (why) => ({
      status: 400,
      body: { message: 'Invalid Form Body', code: 50035, why },
    }));
    if (method === 'POST' && path === DISCORD_PATH && query.get('wait') === 'true') {
      const id = String(1_200_000_000_000_000_000n + BigInt(++count));
      messages.set(id, content);
      return { status: 200, body: { id, channel_id: '223456789012345678', content } };
    }
    const id = /\/messages\/(\d+)$/.exec(path)?.[1];
    if (method !== 'PATCH' || !id) throw new Misuse('no such route', { status: 405, body: {} });
    if (!messages.has(id)) return { status: 404, body: { message: 'Unknown Message', code: 10008 } };
    messages.set(id, content);
    return { status: 200, body: { id, content } };
  };
  return { service, messages };
}
