import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '#config/config.ts';
import { CHANNELS } from '#src/alert/channels/registry.ts';
import { channelFormats } from '#src/api/schemas/channel.ts';
import { compose } from '#src/compose.ts';
import { type Problem, TestApi } from '../support/api.ts';
import { eventually } from '../support/server.ts';
import { DISCORD_PATH, discordService } from '../support/stand-ins/discord.ts';
import { MailServer } from '../support/stand-ins/mail.ts';
import { SLACK_TOKEN, slackService } from '../support/stand-ins/slack.ts';
import { StandIn } from '../support/stand-ins/stand-in.ts';
import { systemTestClock, tempStore } from '../support/temp-store.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

const TELEGRAM = '123456:AAbbCCddEEffGGhhIIjjKKllMM-canary';
const KEY = 'R0123456789canary678901234567890'.slice(0, 32);
/** One valid definition of each type, the secrets in it, and what the others default to. */
const KINDS: [Record<string, unknown>, string[], Record<string, unknown>][] = [
  [{ type: 'webhook', url: 'https://alerts.example/a' }, ['secret'], {}],
  [{ type: 'slack', url: 'https://hooks.slack.example/services/T0/B0/canary' }, ['url', 'token'], { channel: null }],
  [
    { type: 'slack', token: 'xoxb-123456-canary', channel: 'C0123456789' },
    ['url', 'token'],
    { apiUrl: 'https://slack.com/api' },
  ],
  [{ type: 'discord', url: 'https://discord.com/api/webhooks/123456789012345678/canary' }, ['url'], { threadId: null }],
  [{ type: 'teams', url: 'https://x.logic.azure.example/workflows/1?sig=canary' }, ['url'], {}],
  [
    {
      type: 'email',
      host: 'mail.example',
      from: 'a@shop.example',
      to: ['b@shop.example'],
      username: 'a',
      password: 'canary',
    },
    ['password'],
    { security: 'starttls', port: null },
  ],
  [{ type: 'pagerduty', routingKey: KEY }, ['routingKey'], { region: 'us', apiUrl: null }],
  [
    { type: 'telegram', token: TELEGRAM, chatId: '-1001234567890' },
    ['token'],
    { apiUrl: 'https://api.telegram.org', topicId: null },
  ],
  [{ type: 'ntfy', topic: 'alerts', token: 'tk_canary' }, ['token'], { url: 'https://ntfy.sh' }],
];

describe('channels of every type', () => {
  it.each(KINDS)(
    '%j can be made, read, changed and deleted; its secrets are never shown',
    async (definition, secrets, defaults) => {
      const key = `kind-${KINDS.findIndex(([each]) => each === definition)}`;
      const made = await api.call<Record<string, unknown>>('POST', '/channels', { key, ...definition });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      expect(made.body).toMatchObject({ key, type: definition.type, human: true, ...defaults });
      const read = await api.call<Record<string, unknown>>('GET', `/channels/${key}`);
      for (const name of secrets) expect(read.body[name], name).toBeNull();
      expect(JSON.stringify([read.body, api.logs])).not.toContain('canary');
      const kept = Object.fromEntries(secrets.map((name) => [name, null]));
      const changed = await api.call<Record<string, unknown>>('PATCH', `/channels/${key}`, { ...kept, human: false });
      expect(changed.status, JSON.stringify(changed.body)).toBe(200);
      expect(changed.body).toEqual({ ...read.body, human: false, updatedAt: expect.any(String) });
      expect((await api.call('DELETE', `/channels/${key}`)).status).toBe(204);
    },
  );

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    [
      'a type that is not there',
      { type: 'pigeon' },
      'type',
      /webhook, slack, discord, teams, email, pagerduty, telegram, ntfy/,
    ],
    ['a field of another type', { type: 'ntfy', topic: 'a', chatId: '1' }, 'chatId', /not a known field/],
    ['Discord without its webhook', { type: 'discord' }, 'url', /must be given/],
    ['Discord with another URL', { type: 'discord', url: 'https://discord.com/channels/1' }, 'url', /URL of a webhook/],
    ['Slack with neither', { type: 'slack' }, 'url', /incoming webhook/],
    [
      'Slack with both',
      { type: 'slack', url: 'https://a.example/b', token: 'xoxb-123456-abc', channel: 'C1' },
      'url',
      /either/,
    ],
    ['Slack without a channel', { type: 'slack', token: 'xoxb-123456-abc' }, 'channel', /where the bot posts/],
    [
      'a mail address with a line break',
      { type: 'email', host: 'm', from: 'a@b.example', to: ['x@y.example\r\nBcc: z@z.example'] },
      'to.0',
      /address such as/,
    ],
    ['mail to nobody', { type: 'email', host: 'm', from: 'a@b.example', to: [] }, 'to', /at least one/],
    [
      'a password in clear',
      {
        type: 'email',
        host: 'm',
        from: 'a@b.example',
        to: ['a@b.example'],
        username: 'u',
        password: 'p',
        security: 'opportunistic',
      },
      'security',
      /never sent in clear/,
    ],
    [
      'a password without a name',
      { type: 'email', host: 'm', from: 'a@b.example', to: ['a@b.example'], password: 'p' },
      'username',
      /go together/,
    ],
    [
      'a mail server at the metadata address',
      { type: 'email', host: '169.254.169.254', from: 'a@b.example', to: ['a@b.example'] },
      'host',
      /must not be sent to/,
    ],
    [
      'an API at the metadata address',
      { type: 'telegram', token: TELEGRAM, chatId: '1', apiUrl: 'http://169.254.169.254/' },
      'apiUrl',
      /must not be sent to/,
    ],
    ['a chat as a number', { type: 'telegram', token: TELEGRAM, chatId: -100123 }, 'chatId', /in quotes/],
    ['a short routing key', { type: 'pagerduty', routingKey: 'abc' }, 'routingKey', /32 letters and digits/],
    ['a topic with a slash', { type: 'ntfy', topic: 'a/b' }, 'topic', /1 to 64/],
  ])('%s is refused by name', async (_what, definition, path, words) => {
    const { status, body } = await api.call<Problem>('POST', '/channels', { key: 'refused', ...definition });
    expect(status).toBe(422);
    expect(body.errors).toContainEqual({ path, message: expect.stringMatching(words) });
  });

  it('keeps what a change would break', async () => {
    await api.call('POST', '/channels', {
      key: 'mail',
      type: 'email',
      host: 'm',
      from: 'a@b.example',
      to: ['a@b.example'],
    });
    const unknown = await api.call<Problem>('PATCH', '/channels/mail', { chatId: '1' });
    expect(unknown.body.errors).toEqual([{ path: 'chatId', message: 'is not a known field' }]);
    const half = await api.call<Problem>('PATCH', '/channels/mail', { username: 'u' });
    expect(half.body.errors).toEqual([{ path: 'password', message: expect.stringContaining('go together') }]);
    expect((await api.call('PATCH', '/channels/mail', { username: 'u', password: 'p' })).status).toBe(200);
    expect((await api.call<Problem>('PATCH', '/channels/mail', { security: 'opportunistic' })).status).toBe(422);
    expect((await api.call<Problem>('PATCH', '/channels/mail', { type: 'ntfy' })).status).toBe(422);
  });

  it('stand in the reference with the fields of their type', async () => {
    const { body } = await api.call<{ components: { schemas: Record<string, { properties?: object }> } }>(
      'GET',
      '/openapi.json',
    );
    const { schemas } = body.components;
    expect(Object.keys(schemas.TelegramChannelDefinition?.properties ?? {})).toEqual(
      expect.arrayContaining(['key', 'type', 'token', 'chatId', 'topicId', 'apiUrl', 'human']),
    );
    expect(JSON.stringify(schemas.Channel ?? schemas.ChannelInput)).toContain('SlackChannel');
  });
});

describe('an outage from its first check to its end', () => {
  it('is one Slack thread, one Discord message and one mail thread', async () => {
    const slack = slackService();
    const discord = discordService();
    await using slackApi = await StandIn.start(slack.service);
    await using discordApi = await StandIn.start(discord.service);
    await using mail = await MailServer.start();
    await api.call('POST', '/channels', {
      key: 'team',
      type: 'slack',
      token: SLACK_TOKEN,
      channel: 'C0123456789',
      apiUrl: `${slackApi.url}/api`,
    });
    await api.call('POST', '/channels', { key: 'chat', type: 'discord', url: `${discordApi.url}${DISCORD_PATH}` });
    await api.call('POST', '/channels', {
      key: 'post',
      type: 'email',
      host: '127.0.0.1',
      port: mail.port,
      security: 'opportunistic',
      from: 'a@b.example',
      to: ['c@d.example'],
    });
    for (const key of ['team', 'chat', 'post']) {
      expect((await api.call('POST', `/channels/${key}/test`)).body).toMatchObject({ outcome: 'sent' });
    }
    const confirm = { failures: 1, recoveries: 1, retrySeconds: 1 };
    const monitor = { name: 'Shop', url: 'http://127.0.0.1:9/', intervalSeconds: 1, timeoutSeconds: 1, confirm };
    await api.call('PUT', '/monitors/shop', { ...monitor, channels: ['team', 'chat', 'post'] });
    await eventually('Slack hears', () => (slack.messages.size === 2 ? true : null));
    await api.call('POST', '/incidents/1/acknowledge', { by: 'Ada' });
    await eventually('Slack hears of it', () => (slack.messages.size === 3 ? true : null));
    await api.call('POST', '/incidents/1/resolve', { force: true, reason: 'it was a rehearsal' });
    await eventually('Slack hears of the end', () => (slack.messages.size === 4 ? true : null));
    await eventually('a mail says so', () => (mail.mails.length === 4 ? true : null));
    await eventually('Discord says so', () => ([...discord.messages.values()].length === 3 ? true : null));
    expect([slackApi.misuses, discordApi.misuses]).toEqual([[], []]);
    const [, opened] = slackApi.requests.map(({ body }) => JSON.stringify(body));
    expect(opened).toContain('Last failing check\\nfrom default at ');
    expect(opened).toContain('connect: connection refused');
    expect([...slack.messages.values()][1]?.text).toContain('Resolved: Shop is down');
    expect(mail.mails[3]?.headers.get('in-reply-to')).toBe(mail.mails[1]?.headers.get('message-id'));
  });
});

describe('channels in the configuration file', () => {
  const start = (yaml: string, dir: string) =>
    compose({
      config: parseConfig({ PORT: '0', HINDCAST_DATA_DIR: dir }, yaml),
      clock: systemTestClock,
      logger: pino({ level: 'silent' }),
    });

  it('are those of the REST API', async () => {
    using store = tempStore();
    store.close();
    const yaml =
      'channels:\n  - { key: push, type: ntfy, topic: alerts }\n  - { key: mail, type: email, host: m, from: a@b.example, to: [c@d.example] }\n';
    const service = await start(yaml, store.dir);
    await service.stop();
    const wrong = start(
      'channels:\n  - { key: push, type: ntfy, topic: a/b }\n  - { key: pd, type: pagerduty }\n',
      store.dir,
    );
    await expect(wrong).rejects.toThrow(
      /channels\[0\]\.topic: must be 1 to 64[\s\S]*channels\[1\]\.routingKey: must be given/,
    );
  });

  it('stand in the example, each type once', () => {
    const example = parse(readFileSync(join(import.meta.dirname, '../../config/example.yaml'), 'utf8')) as {
      channels: { type: string }[];
    };
    const { input } = channelFormats(CHANNELS);
    for (const channel of example.channels)
      expect(input.safeParse(channel).error?.issues ?? [], channel.type).toEqual([]);
    expect(new Set(example.channels.map(({ type }) => type))).toEqual(
      new Set(['webhook', 'slack', 'discord', 'teams', 'email', 'pagerduty', 'telegram', 'ntfy']),
    );
  });
});
