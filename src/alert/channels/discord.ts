import { z } from 'zod';
import type { SendOutcome } from '#src/domain/channel.ts';
import type { AlertMessage } from '#src/domain/message.ts';
import { cutEscaped } from '#src/domain/plain-text.ts';
import { COLOURS, isNews } from './colours.ts';
import { channelUrl, defineChannel, hostOf, type SendContext } from './kind.ts';
import { type Answer, call, judgeStatus, sent, unsent } from './request.ts';

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const MOST_CONTENT = 2000;
const MOST_TITLE = 256;
const MOST_VALUE = 1024;
const MOST_FIELDS = 25;
const MOST_EMBED = 6000;
/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const UNKNOWN_MESSAGE = 10008;
const UNKNOWN_WEBHOOK = 10015;

interface DiscordSettings {
  url: string | null;
  threadId: string | null;
}

/** Markdown as text, and mentions that mention nobody. */
export function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()<+-]/g, '\\$&').replaceAll('@', '@\u200b');
}

/** Content for notifications, an embed with the rest, and buttons that are links. Nobody is mentioned. */
function content({ line, title, fields, links, tone, incident, at }: AlertMessage) {
  const heading = cutEscaped(title, escapeDiscord, MOST_TITLE);
  const footer = incident ? `Hindcast · incident ${incident.number}` : 'Hindcast';
  let room = MOST_EMBED - heading.length - footer.length;
  const shown = fields.slice(0, MOST_FIELDS).flatMap(({ label, text }) => {
    const value = cutEscaped(text, escapeDiscord, MOST_VALUE);
    room -= label.length + value.length;
    return room < 0 ? [] : [{ name: label, value, inline: text.length <= 30 }];
  });
  const buttons = links.map(({ label, url }) => ({ type: 2, style: 5, label, url }));
  return {
    content: cutEscaped(line, escapeDiscord, MOST_CONTENT),
    embeds: [
      {
        title: heading,
        color: Number.parseInt(COLOURS[tone].slice(1), 16),
        timestamp: at,
        fields: shown,
        footer: { text: footer },
      },
    ],
    components: buttons.length > 0 ? [{ type: 1, components: buttons }] : [],
    allowed_mentions: { parse: [] },
  };
}

/** On Discord's own hosts the path says whether it is a webhook; a proxy in front of it may have any. */
function isWebhook(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !/(^|\.)discord(app)?\.com$/i.test(url.hostname)) return true;
  return /\/webhooks\/\d+\/[\w-]+\/?$/.test(url.pathname);
}

async function invoke(context: SendContext<DiscordSettings>, method: 'POST' | 'PATCH', messageId: string | null) {
  const url = new URL(context.settings.url ?? '');
  if (messageId) url.pathname = `${url.pathname.replace(/\/$/, '')}/messages/${encodeURIComponent(messageId)}`;
  else url.searchParams.set('wait', 'true');
  url.searchParams.set('with_components', 'true');
  if (context.settings.threadId) url.searchParams.set('thread_id', context.settings.threadId);
  const body = JSON.stringify(content(context.message));
  return call(context, { method, url: url.href, body, hide: [context.settings.url] });
}

function judge(answer: Answer): SendOutcome {
  const { code, message, retry_after: seconds } = answer.json ?? {};
  const said = typeof message === 'string' ? message.slice(0, 200) : '';
  if (answer.statusCode === 404 && code === UNKNOWN_WEBHOOK) return unsent('gone', answer, said);
  const asked = typeof seconds === 'number' && answer.statusCode === 429 ? Math.ceil(seconds * 1000) : null;
  return judgeStatus({ ...answer, retryAfterMs: asked ?? answer.retryAfterMs }, said);
}

/** The first message of an incident is kept up to date; what people should notice is a message of its own as well. */
async function send(context: SendContext<DiscordSettings>): Promise<SendOutcome> {
  const first = context.thread?.id ?? null;
  if (first) {
    const { answer, failed } = await invoke(context, 'PATCH', first);
    if (failed) return failed;
    const lost = answer.statusCode === 404 && answer.json?.code === UNKNOWN_MESSAGE;
    if (!lost && (answer.statusCode >= 300 || !isNews(context.message))) return judge(answer);
    if (lost) return send({ ...context, thread: null });
  }
  const { answer, failed } = await invoke(context, 'POST', null);
  if (failed) return failed;
  const id = answer.json?.id;
  if (answer.statusCode >= 300 || first || typeof id !== 'string') return judge(answer);
  return sent(answer.statusCode, { id });
}

/** A webhook of a Discord channel: https://docs.discord.com/developers/resources/webhook#execute-webhook */
export const discord = defineChannel({
  fields: {
    threadId: z
      .string()
      .regex(/^\d{15,25}$/, 'must be the id of a thread: 15 to 25 digits')
      .nullable()
      .default(null)
      .describe('a thread of the webhook’s channel'),
  },
  secrets: {
    url: {
      schema: channelUrl.refine(isWebhook, 'must be the URL of a webhook: https://discord.com/api/webhooks/…/…'),
      when: 'required',
    },
  },
  hosts: ({ url }) => hostOf('url', url),
  send,
});
