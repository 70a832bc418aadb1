import type { AlertMessage, Tone } from '#src/domain/message.ts';
import { cutEscaped } from '#src/domain/plain-text.ts';
import { channelUrl, defineChannel, hostOf } from './kind.ts';
import { call, judgeStatus } from './request.ts';

/** Of a container, which colours its background; and of the text on it. */
const STYLES: Readonly<Record<Tone, string>> = {
  critical: 'attention',
  major: 'warning',
  minor: 'warning',
  acknowledged: 'accent',
  resolved: 'good',
  notice: 'emphasis',
};
const MOST_TEXT = 2000;

/** Adaptive Cards read a part of Markdown in text: links, emphasis, lists. */
export function escapeTeams(text: string): string {
  return text.replace(/[\\`*_{}[\]()<>#+.!|~-]/g, '\\$&');
}

const block = (text: string, more: object = {}) => ({
  type: 'TextBlock',
  text: cutEscaped(text, escapeTeams, MOST_TEXT),
  wrap: true,
  ...more,
});

/** The envelope that the Workflows trigger “When a Teams webhook request is received” takes, around one Adaptive Card. */
function content({ line, title, fields, links, tone, incident }: AlertMessage) {
  const heading = { type: 'Container', style: STYLES[tone], bleed: true };
  const facts = fields.map(({ label, text }) => ({ title: label, value: cutEscaped(text, escapeTeams, MOST_TEXT) }));
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.5',
    msteams: { width: 'Full' },
    body: [
      { ...heading, items: [block(title, { weight: 'Bolder', size: 'Medium' })] },
      block(line),
      ...(facts.length > 0 ? [{ type: 'FactSet', facts }] : []),
      block(incident ? `Hindcast · incident ${incident.number}` : 'Hindcast', { isSubtle: true, size: 'Small' }),
    ],
    actions: links.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card };
  return { type: 'message', attachments: [attachment] };
}

/**
 * A Workflows webhook. It answers 202 without an id, so that a message cannot be changed or answered later: each alert
 * is a card of its own, with the number of its incident.
 */
export const teams = defineChannel({
  fields: {},
  secrets: { url: { schema: channelUrl, when: 'required' } },
  hosts: ({ url }) => hostOf('url', url),
  async send(context) {
    const url = context.settings.url ?? '';
    const { answer, failed } = await call(context, { url, body: JSON.stringify(content(context.message)) });
    if (failed) return failed;
    const error = answer.json?.error as { code?: unknown; message?: unknown } | undefined;
    return judgeStatus(answer, typeof error?.message === 'string' ? error.message.slice(0, 200) : '');
  },
});
