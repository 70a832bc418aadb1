import { z } from 'zod';
import type { SendOutcome } from '#src/domain/channel.ts';
import type { AlertMessage } from '#src/domain/message.ts';
import { cutEnd, cutEscaped } from '#src/domain/plain-text.ts';
import { COLOURS, isNews } from './colours.ts';
import { channelUrl, defineChannel, hostOf, type SendContext, token } from './kind.ts';
import { type Answer, call, judgeStatus, sent, unsent } from './request.ts';

/** https://docs.slack.dev/reference/block-kit/blocks */
const MOST_TEXT = 3000;
const MOST_FIELDS = 10;
const MOST_FIELD = 2000;
const BUTTONS = { Acknowledge: 'primary', Incident: undefined, Draft: undefined } as const;

/** Errors of the Web API, which come with status 200. What is not named here is a mistake that seldom changes. */
const GONE = new Set(['account_inactive', 'token_revoked', 'is_archived', 'channel_is_archived', 'team_disabled']);
const AGAIN = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
];
const LOST = new Set(['message_not_found', 'thread_not_found']);
const NOT_EDITABLE = new Set(['cant_update_message', 'edit_window_closed', 'update_failed']);
/** Of incoming webhooks, whose answer is plain text: the webhook was removed. */
const WEBHOOK_GONE = new Set([
  'no_service',
  'no_service_id',
  'no_active_hooks',
  'channel_is_archived',
  'team_disabled',
]);

interface SlackSettings {
  url: string | null;
  token: string | null;
  channel: string | null;
  apiUrl: string;
}

/** Text of a message, where `&`, `<` and `>` would be links and mentions: https://docs.slack.dev/messaging/formatting-message-text */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const plain = (text: string, most: number) => ({ type: 'plain_text', text: cutEnd(text, most), emoji: false });

/** The line for notifications, and under a colour bar what there is to know. Blocks are plain text: nothing is parsed. */
function content({ line, fields, links, tone, incident }: AlertMessage) {
  const blocks = [
    ...(fields.length > 0
      ? [
          {
            type: 'section',
            fields: fields.slice(0, MOST_FIELDS).map(({ label, text }) => plain(`${label}\n${text}`, MOST_FIELD)),
          },
        ]
      : []),
    ...(links.length > 0
      ? [
          {
            type: 'actions',
            elements: links.map(({ label, url }) => ({
              type: 'button',
              action_id: `hindcast-${label.toLowerCase()}`,
              text: plain(label, 75),
              url,
              ...(BUTTONS[label] && { style: BUTTONS[label] }),
            })),
          },
        ]
      : []),
    { type: 'context', elements: [plain(incident ? `Hindcast · incident ${incident.number}` : 'Hindcast', MOST_TEXT)] },
  ];
  const text = cutEscaped(line, escapeSlack, MOST_TEXT);
  return {
    text,
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    attachments: [{ color: COLOURS[tone], blocks }],
  };
}

async function sendByWebhook(context: SendContext<SlackSettings>, url: string): Promise<SendOutcome> {
  const { answer, failed } = await call(context, { url, body: JSON.stringify(content(context.message)) });
  if (failed) return failed;
  const said = answer.text.trim().slice(0, 100);
  if (WEBHOOK_GONE.has(said)) return unsent('gone', answer, said);
  return judgeStatus(answer, said);
}

type Method = 'chat.postMessage' | 'chat.update';

async function invoke(context: SendContext<SlackSettings>, method: Method, body: object) {
  const { apiUrl, token: bearer } = context.settings;
  const { answer, failed } = await call(context, {
    url: `${apiUrl.replace(/\/$/, '')}/${method}`,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
    hide: [bearer],
  });
  if (failed) return { failed, error: null, json: null };
  const error = answer.json?.ok === false ? String(answer.json.error) : null;
  const fine = answer.json?.ok === true;
  return { failed: fine ? null : judgeError(answer, error), error, json: fine ? answer.json : null };
}

function judgeError(answer: Answer, error: string | null): SendOutcome {
  if (error === null) {
    return answer.statusCode < 300 ? unsent('retry', answer, 'not JSON as Slack answers it') : judgeStatus(answer);
  }
  const outcome = GONE.has(error) ? 'gone' : AGAIN.includes(error) || answer.statusCode >= 500 ? 'retry' : 'rejected';
  return unsent(outcome, answer, error);
}

/** The first alert of an incident is a message; later ones bring it up to date and say what is new in its thread. */
async function sendByBot(context: SendContext<SlackSettings>): Promise<SendOutcome> {
  const { message, thread, settings } = context;
  const body = content(message);
  if (!thread?.ts || !thread.channel) {
    const { json, failed } = await invoke(context, 'chat.postMessage', { channel: settings.channel, ...body });
    if (!json) return failed as SendOutcome;
    return sent(200, { ts: String(json.ts), channel: String(json.channel) });
  }
  // The change comes first: repeated it changes nothing, and a reply would be there twice.
  const update = await invoke(context, 'chat.update', { channel: thread.channel, ts: thread.ts, ...body });
  if (update.error && LOST.has(update.error)) return sendByBot({ ...context, thread: null });
  if (update.failed && !NOT_EDITABLE.has(update.error ?? '')) return update.failed;
  const reply = await invoke(context, 'chat.postMessage', {
    channel: thread.channel,
    thread_ts: thread.ts,
    reply_broadcast: isNews(message),
    ...body,
  });
  if (reply.error && LOST.has(reply.error)) return sendByBot({ ...context, thread: null });
  return reply.failed ?? sent(200);
}

/** An incoming webhook, which can only add messages, or a bot, which keeps an incident in one thread. */
export const slack = defineChannel({
  fields: {
    channel: z
      .string()
      .regex(/^[#A-Za-z0-9][\w.-]{0,79}$/, 'must be the id of a channel, such as C0123456789, or its name')
      .nullable()
      .default(null),
    apiUrl: channelUrl.default('https://slack.com/api'),
  },
  secrets: {
    url: { schema: channelUrl, when: 'optional' },
    token: { schema: token(/^xox[a-z]-[\w-]+$/, 'must be a bot token: xoxb-…'), when: 'optional' },
  },
  problem({ url, token: bearer, channel }) {
    if (url && (bearer || channel)) return { path: 'url', message: 'give either url, or token and channel' };
    if (!url && !bearer)
      return { path: 'url', message: 'give the url of an incoming webhook, or token and channel of a bot' };
    if (bearer && !channel) return { path: 'channel', message: 'must be given with a token: where the bot posts' };
    return null;
  },
  hosts: ({ url, apiUrl }) => (url ? hostOf('url', url) : hostOf('apiUrl', apiUrl)),
  send: (context) => (context.settings.url ? sendByWebhook(context, context.settings.url) : sendByBot(context)),
});
