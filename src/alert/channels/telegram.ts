import { z } from 'zod';
import type { SendOutcome } from '#src/domain/channel.ts';
import type { AlertMessage, Tone } from '#src/domain/message.ts';
import { isNews } from './colours.ts';
import { channelUrl, defineChannel, hostOf, type SendContext, token } from './kind.ts';
import { type Answer, call, judgeStatus, sent, unsent } from './request.ts';

/** Characters of a message after its tags are read; what a message of ours can have stays below it. */
const MOST_TEXT = 4096;
const ICONS: Readonly<Record<Tone, string>> = {
  critical: '🔴',
  major: '🟠',
  minor: '🟡',
  acknowledged: '🔵',
  resolved: '🟢',
  notice: '⚪',
};
const LOST = /message to edit not found|message can't be edited|message_id_invalid/i;
const UNCHANGED = /message is not modified/i;
/** Telegram takes no buttons that lead to names without a dot, such as `localhost`. */
const BAD_BUTTON = /button.*url|button_url_invalid/i;

interface TelegramSettings {
  token: string | null;
  chatId: string;
  topicId: number | null;
  apiUrl: string;
}

/** https://core.telegram.org/bots/api#html-style */
export function escapeTelegram(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function content({ line, fields, links, tone }: AlertMessage, buttons: boolean) {
  let room = MOST_TEXT - line.length - 10;
  const rows = [
    ...fields.map(({ label, text }) => ({ label, text })),
    ...(buttons ? [] : links.map(({ label, url }) => ({ label, text: url }))),
  ].filter(({ label, text }) => {
    room -= label.length + text.length + 3;
    return room > 0;
  });
  const lines = rows.map(({ label, text }) => `<b>${escapeTelegram(label)}:</b> ${escapeTelegram(text)}`);
  return {
    text: [`${ICONS[tone]} <b>${escapeTelegram(line)}</b>`, ...lines].join('\n'),
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
    reply_markup: {
      inline_keyboard: buttons && links.length > 0 ? [links.map(({ label, url }) => ({ text: label, url }))] : [],
    },
  };
}

interface Invoked {
  failed: SendOutcome | null;
  description: string;
  result: Readonly<Record<string, unknown>>;
}

async function post(context: SendContext<TelegramSettings>, method: string, body: object): Promise<Invoked> {
  const { apiUrl, token: secret } = context.settings;
  const url = `${apiUrl.replace(/\/$/, '')}/bot${secret}/${method}`;
  const { answer, failed } = await call(context, { url, body: JSON.stringify(body), hide: [secret] });
  if (failed) return { failed, description: '', result: {} };
  const { ok, result, description = '' } = answer.json ?? {};
  if (ok === true) return { failed: null, description: '', result: (result ?? {}) as Record<string, unknown> };
  return { failed: judge(answer, String(description).slice(0, 200)), description: String(description), result: {} };
}

/** With buttons; or, when Telegram does not take their addresses, with these as text. */
async function invoke(context: SendContext<TelegramSettings>, method: string, more: object): Promise<Invoked> {
  const chat = { chat_id: context.settings.chatId, ...more };
  const answer = await post(context, method, { ...chat, ...content(context.message, true) });
  if (answer.failed?.statusCode !== 400 || !BAD_BUTTON.test(answer.description)) return answer;
  return post(context, method, { ...chat, ...content(context.message, false) });
}

function judge(answer: Answer, said: string): SendOutcome {
  const { retry_after: seconds, migrate_to_chat_id: moved } = (answer.json?.parameters ?? {}) as Record<
    string,
    unknown
  >;
  // The bot was blocked or removed, or the person's account is gone.
  if (answer.statusCode === 403) return unsent('gone', answer, said);
  if (moved !== undefined) return unsent('rejected', answer, `${said}; set chatId to ${String(moved)}`);
  const asked = typeof seconds === 'number' ? seconds * 1000 : answer.retryAfterMs;
  if (answer.statusCode < 300) return unsent('retry', answer, 'not JSON as Telegram answers it');
  return judgeStatus({ ...answer, retryAfterMs: asked }, said);
}

/** The first message of an incident is kept up to date, and what is new is said in reply to it; small news without a sound. */
async function send(context: SendContext<TelegramSettings>): Promise<SendOutcome> {
  const { thread, settings, message } = context;
  const topic = settings.topicId === null ? {} : { message_thread_id: settings.topicId };
  const first = Number(thread?.id ?? Number.NaN);
  if (Number.isSafeInteger(first)) {
    const edit = await invoke(context, 'editMessageText', { message_id: first });
    if (edit.failed && LOST.test(edit.description)) return send({ ...context, thread: null });
    if (edit.failed && !UNCHANGED.test(edit.description)) return edit.failed;
    const reply_parameters = { message_id: first, allow_sending_without_reply: true };
    const quiet = { disable_notification: !isNews(message) };
    const reply = await invoke(context, 'sendMessage', { ...topic, reply_parameters, ...quiet });
    return reply.failed ?? sent(200);
  }
  const answer = await invoke(context, 'sendMessage', topic);
  return answer.failed ?? sent(200, { id: String(answer.result.message_id) });
}

/** A bot: https://core.telegram.org/bots/api */
export const telegram = defineChannel({
  fields: {
    chatId: z
      .string({ error: 'must be the id of a chat as text, in quotes, such as "-1001234567890"' })
      .regex(
        /^(-?\d{1,20}|@[A-Za-z]\w{3,31})$/,
        'must be the id of a chat, such as "-1001234567890", or @name of a channel',
      ),
    topicId: z.int32().min(1).nullable().default(null).describe('a topic of a forum'),
    apiUrl: channelUrl.default('https://api.telegram.org'),
  },
  secrets: {
    token: { schema: token(/^\d{1,20}:[\w-]{1,100}$/, 'must be the token of a bot: 123456:ABC…'), when: 'required' },
  },
  hosts: ({ apiUrl }) => hostOf('apiUrl', apiUrl),
  send,
});
