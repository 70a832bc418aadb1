import { describe, expect, it } from 'vitest';
import { createChannelTester } from '#src/alert/test-channel.ts';
import type { AlertEvent } from '#src/domain/alert.ts';
import type { ChannelType } from '#src/domain/channel.ts';
import { readChannelByNo } from '#src/store/channels.ts';
import { eventually } from '../../support/server.ts';
import { DISCORD_PATH, discordService } from '../../support/stand-ins/discord.ts';
import { NTFY_TOKEN, ntfyService, pagerdutyService, teamsService } from '../../support/stand-ins/pushed.ts';
import { SLACK_TOKEN, slackService } from '../../support/stand-ins/slack.ts';
import { type ServiceAnswer, StandIn } from '../../support/stand-ins/stand-in.ts';
import { TELEGRAM_TOKEN, telegramService } from '../../support/stand-ins/telegram.ts';
import { tempStore } from '../../support/temp-store.ts';
import { clock, delivered, start, stateOf } from './alert-stage.ts';
import { addChannelOf, HOSTILE, tell } from './story.ts';

const LIFE: AlertEvent[] = ['incident.opened', 'incident.updated', 'incident.acknowledged', 'incident.resolved'];
const KEY = 'R0123456789012345678901234567890'.slice(0, 32);

const settingsOf = (type: ChannelType, url: string): Record<string, unknown> => {
  switch (type) {
    case 'slack':
      return { token: SLACK_TOKEN, channel: 'C0123456789', apiUrl: `${url}/api` };
    case 'discord':
      return { url: `${url}${DISCORD_PATH}` };
    case 'teams':
      return { url: `${url}/workflows/1/triggers/manual/paths/invoke?sig=abc` };
    case 'pagerduty':
      return { routingKey: KEY, apiUrl: url };
    case 'telegram':
      return { token: TELEGRAM_TOKEN, chatId: '-1001234567890', apiUrl: url };
    case 'ntfy':
      return { url, topic: 'alerts', token: NTFY_TOKEN };
    default:
      return { url };
  }
};
const serviceOf = {
  slack: () => slackService().service,
  discord: () => discordService().service,
  teams: () => teamsService,
  pagerduty: () => pagerdutyService,
  telegram: () => telegramService().service,
  ntfy: () => ntfyService,
} as const;
type Pushed = keyof typeof serviceOf;
const PUSHED = Object.keys(serviceOf) as Pushed[];

describe.each(PUSHED)('a channel of type %s', (type) => {
  it('says what its service documents, whatever a monitor is called', async () => {
    using store = tempStore();
    await using service = await StandIn.start(serviceOf[type]());
    const channel = addChannelOf(store, type, settingsOf(type, service.url));
    await using stage = start(store);
    for (const name of [HOSTILE, `${'Very long name '.repeat(13)}end`, '𝒳'.repeat(200), '&<>*_'.repeat(40)]) {
      const ids = tell(store, channel.no, LIFE, name);
      await delivered(store, ids.at(-1) ?? '');
    }
    expect(service.misuses).toEqual([]);
    expect(stage.errors).toEqual([]);
    const all = JSON.stringify(service.requests.map(({ body }) => body));
    expect(all).not.toMatch(/\\u20(?:2e|66)|[\u202e\u2066]|\\r/);
    expect(all).toContain('https://hindcast.example/acknowledge/inc_1.chn_');
    expect(all).toContain('https://hindcast.example/api/v1/incidents/inc_1/postmortem');
  });

  it('is tested with a message that says it is a test', async () => {
    using store = tempStore();
    await using service = await StandIn.start(serviceOf[type]());
    const channel = addChannelOf(store, type, settingsOf(type, service.url));
    await using stage = start(store);
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    expect(await test(channel)).toMatchObject({ outcome: 'sent', detail: null });
    expect(service.misuses).toEqual([]);
    expect(JSON.stringify(service.requests[0]?.body)).toMatch(/nothing is down/);
  });

  it('does not follow a redirect, and keeps what is secret out of what it says', async () => {
    using store = tempStore();
    await using target = await StandIn.start(serviceOf[type]());
    await using service = await StandIn.start(serviceOf[type]());
    const channel = addChannelOf(store, type, settingsOf(type, service.url));
    await using stage = start(store);
    service.next.push({ status: 307, body: {}, headers: { location: `${target.url}/` } });
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    const outcome = await test(channel);
    expect(outcome.outcome).toBe('rejected');
    expect(target.requests).toEqual([]);
    expect(JSON.stringify([stage.lines, outcome])).not.toMatch(/xoxb|to-ken|AAbbCC|tk_Ag|R01234|sig=abc/);
  });
});

/** What each answer of each service means. */
const ANSWERS: [Pushed, string, ServiceAnswer, string, RegExp?][] = [
  [
    'slack',
    'a rate limit',
    { status: 429, body: { ok: false, error: 'ratelimited' }, headers: { 'retry-after': '7' } },
    'retry',
  ],
  ['slack', 'an archived channel', { status: 200, body: { ok: false, error: 'is_archived' } }, 'gone'],
  ['slack', 'a revoked token', { status: 200, body: { ok: false, error: 'token_revoked' } }, 'gone'],
  ['slack', 'a wrong token', { status: 200, body: { ok: false, error: 'invalid_auth' } }, 'rejected', /invalid_auth/],
  [
    'slack',
    'a bot that is not in the channel',
    { status: 200, body: { ok: false, error: 'not_in_channel' } },
    'rejected',
  ],
  ['slack', 'trouble of its own', { status: 200, body: { ok: false, error: 'internal_error' } }, 'retry'],
  ['slack', 'a page of a proxy', { status: 200, body: '<html>' }, 'retry'],
  [
    'discord',
    'a rate limit',
    { status: 429, body: { retry_after: 7, global: false }, headers: { 'retry-after': '9' } },
    'retry',
  ],
  ['discord', 'a webhook that was deleted', { status: 404, body: { code: 10015, message: 'Unknown Webhook' } }, 'gone'],
  ['discord', 'a path that is not there', { status: 404, body: '' }, 'rejected'],
  [
    'discord',
    'a wrong token',
    { status: 401, body: { code: 50027, message: 'Invalid Webhook Token' } },
    'rejected',
    /Invalid Webhook Token/,
  ],
  ['discord', 'trouble of its own', { status: 502, body: '' }, 'retry'],
  ['teams', 'too many cards', { status: 429, body: '', headers: { 'retry-after': '7' } }, 'retry'],
  [
    'teams',
    'a flow that was deleted',
    { status: 404, body: { error: { code: 'WorkflowNotFound', message: 'gone away' } } },
    'rejected',
    /gone away/,
  ],
  ['teams', 'trouble of its own', { status: 500, body: '' }, 'retry'],
  ['pagerduty', 'too many events', { status: 429, body: '', headers: { 'retry-after': '7' } }, 'retry'],
  [
    'pagerduty',
    'a wrong key',
    {
      status: 400,
      body: { status: 'invalid event', message: 'Event object is invalid', errors: ['Invalid routing key'] },
    },
    'rejected',
    /Invalid routing key/,
  ],
  ['pagerduty', 'trouble of its own', { status: 500, body: '' }, 'retry'],
  [
    'telegram',
    'a flood',
    { status: 429, body: { ok: false, description: 'Too Many Requests', parameters: { retry_after: 7 } } },
    'retry',
  ],
  [
    'telegram',
    'being blocked',
    { status: 403, body: { ok: false, description: 'Forbidden: bot was blocked by the user' } },
    'gone',
    /blocked/,
  ],
  [
    'telegram',
    'a chat that is not there',
    { status: 400, body: { ok: false, description: 'Bad Request: chat not found' } },
    'rejected',
    /chat not found/,
  ],
  [
    'telegram',
    'a group that moved',
    { status: 400, body: { ok: false, description: 'upgraded', parameters: { migrate_to_chat_id: -1009 } } },
    'rejected',
    /set chatId to -1009/,
  ],
  ['telegram', 'a wrong token', { status: 401, body: { ok: false, description: 'Unauthorized' } }, 'rejected'],
  [
    'ntfy',
    'too many messages',
    { status: 429, body: { code: 42901, error: 'limit reached' }, headers: { 'retry-after': '7' } },
    'retry',
  ],
  [
    'ntfy',
    'a topic that is closed to us',
    { status: 403, body: { code: 40301, error: 'forbidden' } },
    'rejected',
    /forbidden/,
  ],
  ['ntfy', 'trouble of its own', { status: 503, body: '' }, 'retry'],
];

describe('what a service answers', () => {
  it.each(ANSWERS)('%s: %s', async (type, _what, answer, outcome, words) => {
    using store = tempStore();
    await using service = await StandIn.start(serviceOf[type]());
    service.next.push(answer);
    const channel = addChannelOf(store, type, settingsOf(type, service.url));
    await using stage = start(store);
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    const got = await test(channel);
    expect(got).toMatchObject({ outcome, statusCode: answer.status });
    if (answer.status === 429) expect(got.retryAfterMs).toBe(7000);
    if (words) expect(got.detail).toMatch(words);
  });
});

describe('an incident in Slack', () => {
  it('is one message that is kept up to date, with a thread under it', async () => {
    using store = tempStore();
    const { service: slack, messages } = slackService();
    await using service = await StandIn.start(slack);
    const channel = addChannelOf(store, 'slack', settingsOf('slack', service.url));
    await using _stage = start(store);
    const ids = tell(store, channel.no, LIFE);
    await delivered(store, ids.at(-1) ?? '');
    const [[root, first] = ['', { text: '' }], ...replies] = [...messages];
    expect(first.text).toContain('Resolved: Shop and 1 more are down: HTTP 503; was down 1 min 35 s');
    expect(replies.map(([, { thread }]) => thread)).toEqual([root, root, root]);
    expect(replies[0]?.[1].text).toContain('Update:');
  });

  it('goes on in a new message when the first one was deleted', async () => {
    using store = tempStore();
    const { service: slack, messages } = slackService();
    await using service = await StandIn.start(slack);
    const channel = addChannelOf(store, 'slack', settingsOf('slack', service.url));
    await using _stage = start(store);
    const [opened = ''] = tell(store, channel.no, ['incident.opened']);
    await delivered(store, opened);
    messages.clear();
    const later = tell(store, channel.no, ['incident.updated', 'incident.resolved']);
    await delivered(store, later.at(-1) ?? '');
    expect([...messages.values()].map(({ thread }) => thread !== undefined)).toEqual([false, true]);
  });

  it('is a message each time where there is only an incoming webhook; a removed one is gone', async () => {
    using store = tempStore();
    await using service = await StandIn.start(slackService().service);
    const channel = addChannelOf(store, 'slack', { url: `${service.url}/services/T0/B0/xyz` });
    await using _stage = start(store);
    const ids = tell(store, channel.no, LIFE, HOSTILE);
    await delivered(store, ids.at(-1) ?? '');
    expect(service.requests).toHaveLength(4);
    expect(service.misuses).toEqual([]);
    expect(service.requests[0]?.body.text).toContain('&lt;!channel&gt;');
    service.next.push({ status: 404, body: 'no_service' });
    const [more = ''] = tell(store, channel.no, ['incident.reminder']);
    await eventually('it is given up', () => (stateOf(store, more)?.state === 'undeliverable' ? true : null));
    expect(readChannelByNo(store.reader, channel.no)?.disabledReason).toContain('no_service');
  });

  it('is not answered twice when the second half of an attempt failed', async () => {
    using store = tempStore();
    const { service: slack, messages } = slackService();
    await using service = await StandIn.start(slack);
    const channel = addChannelOf(store, 'slack', settingsOf('slack', service.url));
    await using _stage = start(store);
    const [opened = ''] = tell(store, channel.no, ['incident.opened']);
    await delivered(store, opened);
    service.next.push({ status: 200, body: { ok: true } }, { status: 500, body: '' });
    const [updated = ''] = tell(store, channel.no, ['incident.updated']);
    await delivered(store, updated);
    expect(messages.size).toBe(2);
  });
});

describe('an incident in Discord', () => {
  it('is one message that is kept up to date, and a second one when it is over', async () => {
    using store = tempStore();
    const { service: discord, messages } = discordService();
    await using service = await StandIn.start(discord);
    const channel = addChannelOf(store, 'discord', settingsOf('discord', service.url));
    await using _stage = start(store);
    const ids = tell(store, channel.no, LIFE);
    await delivered(store, ids.at(-1) ?? '');
    expect([...messages.values()]).toEqual([expect.stringContaining('Resolved'), expect.stringContaining('Resolved')]);
    messages.clear();
    const [again = ''] = tell(store, channel.no, ['incident.updated']);
    await delivered(store, again);
    expect([...messages.values()]).toEqual([expect.stringContaining('Update')]);
  });

  it('mentions nobody and links nowhere of its own', async () => {
    using store = tempStore();
    await using service = await StandIn.start(discordService().service);
    const channel = addChannelOf(store, 'discord', settingsOf('discord', service.url));
    await using _stage = start(store);
    const [id = ''] = tell(store, channel.no, ['incident.opened'], HOSTILE);
    await delivered(store, id);
    const body = service.requests[0]?.body ?? {};
    expect(body.allowed_mentions).toEqual({ parse: [] });
    expect(JSON.stringify(body)).not.toContain('@everyone');
    expect((body.embeds as { title: string }[])[0]?.title).toContain('\\[x\\]\\(http://evil.example\\)');
  });
});

describe('an incident in Telegram', () => {
  it('is one message that is kept up to date, with replies', async () => {
    using store = tempStore();
    const { service: telegram, messages } = telegramService();
    await using service = await StandIn.start(telegram);
    const channel = addChannelOf(store, 'telegram', settingsOf('telegram', service.url));
    await using _stage = start(store);
    const ids = tell(store, channel.no, LIFE);
    await delivered(store, ids.at(-1) ?? '');
    expect(messages.get(1)?.text).toContain('Resolved');
    expect([...messages.values()].map(({ replyTo }) => replyTo)).toEqual([null, 1, 1, 1]);
    messages.delete(1);
    const [again = ''] = tell(store, channel.no, ['incident.updated']);
    await delivered(store, again);
    expect([...messages.values()].at(-1)?.replyTo).toBeNull();
  });

  it('has its links as text where Telegram takes no buttons to them', async () => {
    using store = tempStore();
    const { service: telegram, messages } = telegramService();
    await using service = await StandIn.start(telegram);
    const channel = addChannelOf(store, 'telegram', settingsOf('telegram', service.url));
    await using _stage = start(store);
    const [id = ''] = tell(store, channel.no, ['incident.opened'], 'Shop', 'http://localhost:3000');
    await delivered(store, id);
    expect(messages.get(1)).toMatchObject({
      buttons: 0,
      text: expect.stringContaining('http://localhost:3000/acknowledge/'),
    });
  });
});

describe('an incident in PagerDuty', () => {
  it('is one alert there: triggered, acknowledged, resolved by its id', async () => {
    using store = tempStore();
    await using service = await StandIn.start(pagerdutyService);
    const channel = addChannelOf(store, 'pagerduty', settingsOf('pagerduty', service.url));
    await using _stage = start(store);
    const ids = tell(store, channel.no, LIFE);
    await delivered(store, ids.at(-1) ?? '');
    expect(service.requests.map(({ body }) => body.event_action)).toEqual([
      'trigger',
      'trigger',
      'acknowledge',
      'resolve',
    ]);
    expect(new Set(service.requests.map(({ body }) => body.dedup_key))).toEqual(new Set(['hindcast:inc_1']));
    expect(service.requests[0]?.body.payload).toMatchObject({ severity: 'critical' });
  });
});

describe('an incident in ntfy', () => {
  it('is one notification that is replaced, loud while it is critical; a button acknowledges', async () => {
    using store = tempStore();
    await using service = await StandIn.start(ntfyService);
    const channel = addChannelOf(store, 'ntfy', settingsOf('ntfy', service.url));
    await using _stage = start(store);
    const ids = tell(store, channel.no, LIFE);
    await delivered(store, ids.at(-1) ?? '');
    const bodies = service.requests.map(({ body }) => body);
    expect(new Set(bodies.map(({ sequence_id }) => sequence_id))).toEqual(new Set(['inc_1']));
    expect(bodies.map(({ priority }) => priority)).toEqual([5, 5, 2, 3]);
    expect(bodies[0]?.actions).toMatchObject([
      { action: 'http', method: 'POST' },
      { action: 'view' },
      { action: 'view' },
    ]);
    expect(bodies[3]?.actions).toMatchObject([{ label: 'Incident' }, { label: 'Draft' }]);
  });
});
