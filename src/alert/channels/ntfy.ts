import { z } from 'zod';
import type { AlertMessage, Tone } from '#src/domain/message.ts';
import { cutEnd } from '#src/domain/plain-text.ts';
import { channelUrl, defineChannel, hostOf, token } from './kind.ts';
import { call, judgeStatus } from './request.ts';

/** https://docs.ntfy.sh/publish/: longer messages become attachments. */
const MOST_MESSAGE_BYTES = 4096;
const MOST_TITLE = 200;
const MOST_ACTIONS = 3;

const PRIORITIES: Readonly<Record<Tone, number>> = {
  critical: 5,
  major: 4,
  minor: 3,
  acknowledged: 2,
  resolved: 3,
  notice: 3,
};
/** Short codes that ntfy shows as emoji. */
const TAGS: Readonly<Record<Tone, string>> = {
  critical: 'rotating_light',
  major: 'warning',
  minor: 'warning',
  acknowledged: 'eyes',
  resolved: 'white_check_mark',
  notice: 'information_source',
};

/** The button acknowledges at once: ntfy's `http` action makes the POST that the form of the link makes. */
function actionsOf(links: AlertMessage['links']) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return links
    .slice(0, MOST_ACTIONS)
    .map(({ label, url }) =>
      label === 'Acknowledge'
        ? { action: 'http', label, url, method: 'POST', headers, clear: true }
        : { action: 'view', label, url },
    );
}

function content({ line, title, fields, links, tone, incident }: AlertMessage, topic: string) {
  const open = links.find(({ label }) => label === 'Acknowledge') ?? links[0];
  let text = line;
  for (const field of fields) {
    const longer = `${text}\n${field.label}: ${field.text}`;
    if (Buffer.byteLength(longer) <= MOST_MESSAGE_BYTES) text = longer;
  }
  return {
    topic,
    title: cutEnd(title, MOST_TITLE),
    message: text,
    priority: PRIORITIES[tone],
    tags: [TAGS[tone]],
    ...(open && { click: open.url }),
    actions: actionsOf(links),
    // Notifications of one sequence take each other's place (ntfy 2.16; older servers show each).
    ...(incident && { sequence_id: incident.id }),
  };
}

/** A topic of ntfy.sh or of a server of one's own, published to as JSON. */
export const ntfy = defineChannel({
  fields: {
    url: channelUrl.default('https://ntfy.sh').describe('the server, without the topic'),
    topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9, - and _'),
  },
  secrets: {
    token: { schema: token(/^tk_[A-Za-z0-9]{1,100}$/, 'must be an access token: tk_…'), when: 'optional' },
  },
  hosts: ({ url }) => hostOf('url', url),
  async send(context) {
    const { url, topic, token: bearer } = context.settings;
    const { answer, failed } = await call(context, {
      url,
      headers: { ...(bearer && { authorization: `Bearer ${bearer}` }) },
      body: JSON.stringify(content(context.message, topic)),
      hide: [bearer],
    });
    if (failed) return failed;
    const { error } = answer.json ?? {};
    return judgeStatus(answer, typeof error === 'string' ? error.slice(0, 200) : '');
  },
});
