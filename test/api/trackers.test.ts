import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '#src/domain/clock.ts';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { type Problem, TestApi } from '../support/api.ts';
import { eventually } from '../support/server.ts';
import { GITHUB_TOKEN, GithubService, JIRA_TOKEN, JiraService } from '../support/tracker-services.ts';

interface Action {
  id: string;
  title: string;
  state: string;
  note: string | null;
  tracker: string | null;
  closing: { met: boolean } | null;
  issue: {
    ref: string | null;
    url: string | null;
    state: string | null;
    assignee: string | null;
    error: string | null;
  } | null;
}

let ahead = 0;
const clock: Clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead };
let api: TestApi;
let github: GithubService;
let jira: JiraService;
beforeAll(async () => {
  [github, jira] = await Promise.all([new GithubService().start(), new JiraService().start()]);
  api = await TestApi.start({}, clock);
  const made = [
    {
      key: 'issues',
      type: 'github',
      repository: 'shop/operations',
      labels: ['postmortem'],
      apiUrl: github.url,
      secret: GITHUB_TOKEN,
    },
    { key: 'jira', type: 'jira', site: jira.url, email: 'ops@shop.example', project: 'OPS', secret: JIRA_TOKEN },
  ];
  for (const tracker of made) expect((await api.call('POST', '/trackers', tracker)).status).toBe(201);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
  await jira[Symbol.asyncDispose]();
});
afterEach(() => {
  github.instead = jira.instead = null;
  expect(github.undocumented).toEqual([]);
  expect(jira.undocumented).toEqual([]);
});

let counter = 0;
/** An outage whose draft proposes something; the incident's number. */
async function incident(): Promise<number> {
  const key = `shop-${++counter}`;
  await api.call('PUT', `/monitors/${key}`, {
    name: `Shop ${counter}`,
    url: `http://${key}.example/`,
    paused: true,
    intervalSeconds: 300,
    confirm: { failures: 2, retrySeconds: 5 },
  });
  const base = Date.now() - 6 * 3_600_000 - counter * 60_000;
  const rows = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({
      at: new Date(base + i * 60_000).toISOString(),
      status: i >= 15 && i < 25 ? 503 : 200,
      latencyMs: 90,
    }),
  );
  const headers = { 'content-type': 'application/x-ndjson' };
  await api.call('POST', `/monitors/${key}/checks/import`, undefined, { raw: rows.join('\n'), headers });
  return (await api.call<{ data: { number: number }[] }>('GET', '/incidents?limit=200')).body.data.reduce(
    (most, { number }) => Math.max(most, number),
    0,
  );
}

const actions = async (number: number) =>
  (await api.call<{ data: Action[] }>('GET', `/incidents/${number}/postmortem/actions`)).body.data;
const actionOf = async (number: number, id: string) => (await actions(number)).find((one) => one.id === id);
const push = (number: number, id: string, tracker: string) =>
  api.call<Action & Problem>('POST', `/incidents/${number}/postmortem/actions/${id}/push`, { tracker });
const patch = (number: number, change: object) =>
  api.call('PATCH', `/incidents/${number}/postmortem/actions`, { actions: [change] });
async function taken(number: number, pick: (action: Action) => boolean = () => true): Promise<Action> {
  const action = (await actions(number)).find(pick);
  if (!action) throw new Error('no such action');
  await patch(number, { id: action.id, owner: 'ops', dueOn: '2099-01-01' });
  return action;
}
const created = (number: number, id: string) =>
  eventually('it is in the tracker', async () => {
    const action = await actionOf(number, id);
    return action?.issue?.ref ? action : null;
  });
/** Lets the time of the next read or attempt come. */
async function later(ms = 6 * 60_000): Promise<void> {
  ahead += ms;
  await api.call('PATCH', '/trackers/issues', { labels: ['postmortem'] });
}
const uncheckable = ({ closing }: Action) => closing === null;

describe.each([
  ['issues', () => github.issues.map(({ title, body }) => ({ title, body }))],
  [
    'jira',
    () => jira.issues.map(({ fields }) => ({ title: fields.summary, body: JSON.stringify(fields.description) })),
  ],
] as const)('an action pushed to %s', (tracker, issues) => {
  const close = (reason: 'done' | 'dropped') => {
    if (tracker === 'issues')
      Object.assign(github.issues.at(-1) ?? {}, {
        state: 'closed',
        state_reason: reason === 'done' ? 'completed' : 'not_planned',
        assignee: { login: 'ada' },
      });
    else
      Object.assign(jira.issues.at(-1) ?? {}, {
        category: 'done',
        resolution: reason === 'done' ? 'Done' : "Won't Do",
        assignee: 'Ada',
      });
  };
  const reopen = () => {
    if (tracker === 'issues') Object.assign(github.issues.at(-1) ?? {}, { state: 'open', state_reason: 'reopened' });
    else Object.assign(jira.issues.at(-1) ?? {}, { category: 'indeterminate', resolution: null });
  };

  it('stands there once with its end, and is done here when it is closed there, and open when it is opened again', async () => {
    const number = await incident();
    const { id, title } = await taken(number, uncheckable);
    const before = issues().length;
    expect((await push(number, id, tracker)).status).toBe(202);
    expect((await push(number, id, tracker)).status).toBe(202);
    const { issue, tracker: shown } = await created(number, id);
    expect(issues().slice(before)).toEqual([
      { title, body: expect.stringMatching(/Done when[\s\S]*postmortem of incident/) },
    ]);
    expect(shown).toBe(issue?.url);
    close('done');
    await later();
    const done = await eventually('it is done', async () =>
      (await actionOf(number, id))?.state === 'done' ? actionOf(number, id) : null,
    );
    expect(done?.note).toBe(`closed in ${tracker} as ${issue?.ref}`);
    expect(done?.issue?.assignee).toMatch(/ada/i);
    reopen();
    await later();
    await eventually('it is open', async () => ((await actionOf(number, id))?.state === 'open' ? true : null));
    close('dropped');
    await later();
    await eventually('it is dropped', async () => ((await actionOf(number, id))?.state === 'dropped' ? true : null));
  });

  it('stays open here while the rows show that its end is not reached', async () => {
    const number = await incident();
    const { id } = await taken(number, ({ closing }) => closing !== null);
    await push(number, id, tracker);
    await created(number, id);
    close('done');
    await later();
    const action = await eventually('it is read', async () => {
      const now = await actionOf(number, id);
      return now?.issue?.state === 'closed' ? now : null;
    });
    expect(action.state).toBe('open');
    expect(action.issue?.error).toMatch(/^closed there, and still open here: .*needed/);
  });

  it('is not put there twice when the answer to the first attempt was lost', async () => {
    const number = await incident();
    const { id } = await taken(number, uncheckable);
    const service = tracker === 'issues' ? github : jira;
    const before = issues().length;
    service.instead = 'drop';
    await push(number, id, tracker);
    await eventually(
      'the attempt is known to have failed',
      async () => (await actionOf(number, id))?.issue?.error ?? null,
    );
    expect(issues()).toHaveLength(before + 1);
    service.instead = null;
    await later(60_000);
    await created(number, id);
    expect(issues()).toHaveLength(before + 1);
  });

  it('waits as long as the service asks, and says what it refused', async () => {
    const number = await incident();
    const { id } = await taken(number, uncheckable);
    const service = tracker === 'issues' ? github : jira;
    service.instead = { status: 429, headers: { 'retry-after': '600' }, body: { message: 'slow down' } };
    await push(number, id, tracker);
    await eventually('it is told', async () =>
      (await actionOf(number, id))?.issue?.error?.includes('429') ? true : null,
    );
    const asked = service.asked.length;
    await later(300_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(service.asked.slice(asked).filter((call) => call.startsWith('POST'))).toEqual([]);
    service.instead = { status: 401, body: { message: 'Bad credentials' } };
    await later(301_000);
    await eventually('it is told', async () =>
      (await actionOf(number, id))?.issue?.error?.includes('401') ? true : null,
    );
    service.instead = null;
    await later(3_601_000);
    await created(number, id);
  });
});

it('asks a service that is over its limit nothing more until the limit is lifted, for any action', async () => {
  const number = await incident();
  const own = { title: 'Add a second resolver', doneWhen: 'two are in the list' };
  const add = async () =>
    (await api.call<Action>('POST', `/incidents/${number}/postmortem/actions`, own)).body.id as string;
  const [first, second] = [await add(), await add()];
  const reset = Math.ceil(clock.now() / 1000) + 900;
  github.instead = {
    status: 403,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
    body: { message: 'API rate limit exceeded' },
  };
  await push(number, first, 'issues');
  await eventually('it is told', async () => (await actionOf(number, first))?.issue?.error ?? null);
  const asked = github.asked.length;
  github.instead = null;
  await push(number, second, 'issues');
  await later(600_000);
  // Another tracker goes on meanwhile.
  const third = await add();
  await push(number, third, 'jira');
  await created(number, third);
  expect(github.asked.slice(asked)).toEqual([]);
  await later(400_000);
  await created(number, first);
  await created(number, second);
});

it('text that would mention, link or mark up stands there as text', async () => {
  const number = await incident();
  const hostile = '@everyone <img src=x> [x](http://evil.example) *b*';
  for (const tracker of ['issues', 'jira']) {
    const own = { title: `Stop ${hostile}`, doneWhen: hostile, reason: hostile };
    const { id } = (await api.call<Action>('POST', `/incidents/${number}/postmortem/actions`, own)).body;
    await push(number, id, tracker);
    await created(number, id);
  }
  const body = github.issues.at(-1)?.body ?? '';
  expect(body.replaceAll(/`[^`]*`/g, '')).not.toMatch(/(?<!\\)@everyone|<img|(?<!\\)\]\(http/);
  const nodes = jira.issues.at(-1)?.fields.description.content.flatMap(({ content }) => content) ?? [];
  expect(nodes.filter(({ marks }) => marks?.some(({ type }) => type === 'link'))).toHaveLength(1);
});

it('a signed webhook takes actions for any other tracker, with one id for each', async () => {
  await using receiver = await AlertReceiver.start((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"ref": "TASK-9", "url": "https://tasks.example/9"}');
  });
  const made = await api.call<{ secret: string }>('POST', '/trackers', {
    key: 'own',
    type: 'webhook',
    url: receiver.url,
  });
  expect(made.body.secret).toMatch(/^whsec_/);
  expect((await api.call<{ secret: null }>('GET', '/trackers/own')).body.secret).toBeNull();
  const number = await incident();
  const { id } = await taken(number);
  await push(number, id, 'own');
  expect((await created(number, id)).issue).toMatchObject({ ref: 'TASK-9', url: 'https://tasks.example/9' });
  const [received] = receiver.received;
  const wall = Date.now;
  Date.now = () => wall() + ahead;
  try {
    expect(new Webhook(made.body.secret).verify(received?.body ?? '', received?.headers ?? {})).toMatchObject({
      type: 'action.created',
      data: { title: expect.any(String) },
    });
  } finally {
    Date.now = wall;
  }
  expect((await api.call<{ ok: boolean }>('POST', '/trackers/own/test', {})).body.ok).toBe(true);
});

it('a tracker is tried, kept secret, and refused with the field that is wrong', async () => {
  for (const key of ['issues', 'jira'])
    expect((await api.call('POST', `/trackers/${key}/test`, {})).body).toEqual({ ok: true, detail: null });
  github.instead = { status: 404, body: { message: 'Not Found' } };
  expect((await api.call('POST', '/trackers/issues/test', {})).body).toEqual({
    ok: false,
    detail: 'it answered 404: Not Found',
  });
  const shown = JSON.stringify((await api.call('GET', '/trackers')).body) + api.logs.join('');
  for (const token of [GITHUB_TOKEN, JIRA_TOKEN]) expect(shown).not.toContain(token);
  const good = { key: 'x', type: 'github', repository: 'a/b', secret: 'ghp_0123456789' };
  for (const [change, path, status] of [
    [{ repository: 'nothing' }, 'repository', 422],
    [{ secret: undefined }, 'secret', 422],
    [{ type: 'trello' }, 'type', 422],
    [{ colour: 'red' }, 'colour', 422],
    [{ apiUrl: 'http://169.254.169.254/' }, 'apiUrl', 422],
    [{ apiUrl: 'ftp://x' }, 'apiUrl', 422],
    [{ key: 'issues' }, 'key', 409],
  ] as const) {
    const { status: answered, body } = await api.call<Problem>('POST', '/trackers', { ...good, ...change });
    expect(answered, JSON.stringify(change)).toBe(status);
    expect(body.errors[0]?.path).toBe(path);
  }
  expect((await api.call<Problem>('PATCH', '/trackers/issues', { project: 'OPS' })).body.errors[0]?.path).toBe(
    'project',
  );
  expect((await api.call('DELETE', '/trackers/issues')).status, 'actions live in it').toBe(409);
  const number = await incident();
  const [action] = await actions(number);
  const refused = await push(number, action?.id ?? '', 'nowhere');
  expect(refused.status).toBe(422);
  expect(refused.body.errors[0]?.path).toBe('tracker');
  expect((await push(number, 'act_nothing', 'issues')).status).toBe(404);
});
