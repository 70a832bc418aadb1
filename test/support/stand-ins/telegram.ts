import { z } from 'zod';
import { Misuse, must, type Service } from './stand-in.ts';

/** https://core.telegram.org/bots/api */
const common = {
  chat_id: z.string(),
  text: z.string().min(1),
  parse_mode: z.literal('HTML'),
  link_preview_options: z.strictObject({ is_disabled: z.boolean() }),
  reply_markup: z.strictObject({
    inline_keyboard: z.array(z.array(z.strictObject({ text: z.string().min(1), url: z.url() }))),
  }),
};
const sent = z.strictObject({
  ...common,
  message_thread_id: z.int().optional(),
  reply_parameters: z.strictObject({ message_id: z.int(), allow_sending_without_reply: z.boolean() }).optional(),
  disable_notification: z.boolean().optional(),
});
const edited = z.strictObject({ ...common, message_id: z.int() });
const ENTITY = /&(?:amp|lt|gt|quot);/g;

export const TELEGRAM_TOKEN = '123456:AAbbCCddEEffGGhhIIjjKKllMM';

/** What a reader sees; refuses what Telegram's parser refuses. */
function parseHtml(text: string): string {
  const open: string[] = [];
  const visible = text.replace(/<(\/?)([^>]*)>/g, (_all, slash: string, name: string) => {
    if (name !== 'b') throw new Error(`Unsupported start tag "${name}"`);
    if (slash && open.pop() !== name) throw new Error('Unmatched end tag');
    if (!slash) open.push(name);
    return '';
  });
  if (open.length > 0 || /[<>]/.test(visible) || visible.replace(ENTITY, '').includes('&'))
    throw new Error("can't parse entities");
  return visible.replace(ENTITY, '.');
}

/** `localButtons`: false refuses buttons to hosts without a dot, as Telegram does. */
export function telegramService() {
  const messages = new Map<number, { text: string; replyTo: number | null; buttons: number }>();
  let count = 0;
  const bad = (description: string) => ({
    status: 400,
    body: { ok: false, error_code: 400, description: `Bad Request: ${description}` },
  });
  const service: Service = ({ method, path, body }) => {
    if (method !== 'POST') throw new Misuse('not a POST', bad('method'));
    if (!path.startsWith(`/bot${TELEGRAM_TOKEN}/`))
      return { status: 401, body: { ok: false, error_code: 401, description: 'Unauthorized' } };
    const schema = path.endsWith('/sendMessage') ? sent : path.endsWith('/editMessageText') ? edited : null;
    if (!schema)
      throw new Misuse('no such method', {
        status: 404,
        body: { ok: false, error_code: 404, description: 'Not Found' },
      });
    const message = must<z.output<typeof sent> & { message_id?: number }>(schema as never, body, bad);
    if (parseHtml(message.text).length > 4096) throw new Misuse('too long', bad('message is too long'));
    const buttons = message.reply_markup.inline_keyboard.flat();
    const local = buttons.find(({ url }) => new URL(url).hostname === 'localhost');
    if (local) return bad(`inline keyboard button URL '${local.url}' is invalid: Wrong HTTP URL`);
    if (message.message_id !== undefined) {
      const known = messages.get(message.message_id);
      if (!known) return bad('message to edit not found');
      if (known.text === message.text) return bad('message is not modified: specified new message content is the same');
      messages.set(message.message_id, { ...known, text: message.text, buttons: buttons.length });
      return { status: 200, body: { ok: true, result: { message_id: message.message_id } } };
    }
    messages.set(++count, {
      text: message.text,
      replyTo: message.reply_parameters?.message_id ?? null,
      buttons: buttons.length,
    });
    return { status: 200, body: { ok: true, result: { message_id: count, date: 1_700_000_000, chat: { id: -100 } } } };
  };
  return { service, messages };
}
