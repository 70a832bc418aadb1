import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Problem, TestApi } from '../support/api.ts';
import { eventually } from '../support/server.ts';

interface Action {
  id: string;
  origin: string;
  title: string;
  doneWhen: string;
  owner: string | null;
  dueOn: string | null;
  state: string;
  note: string | null;
  overdue: boolean;
  closing: { kind: string; met: boolean; measured: string } | null;
  doneAt: string | null;
}
interface Postmortem {
  status: string;
  claims: { total: number; verified: number; failed: unknown[] };
  blocking: { rule: string; blockId: string }[];
  actions: Action[];
  sections: { id: string; blocks: { id: string; spans: { text: string }[] }[] }[];
}

let api: TestApi;
const DAY = 86_400_000;
const start = Date.now() - 6 * DAY;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

let made = 0;
/** An outage of ten minutes, `daysAgo` days ago, of a monitor that is looked at every five minutes; its incident number. */
async function outage(daysAgo: number, own?: string): Promise<{ key: string; number: number }> {
  const key = own ?? `shop-${'abcdefgh'[made++]}`;
  if (!own)
    await api.call('PUT', `/monitors/${key}`, {
      name: `Shop ${key}`,
      url: `http://${key}.example/`,
      paused: true,
      intervalSeconds: 300,
      confirm: { failures: 2, retrySeconds: 5 },
    });
  const from = Date.now() - daysAgo * DAY;
  const rows: string[] = [];
  const row = (second: number, status: number) =>
    rows.push(JSON.stringify({ at: new Date(from + second * 1000).toISOString(), status, latencyMs: 90 }));
  for (let second = -3600; second < 0; second += 300) row(second, 200);
  for (let second = 0; second < 600; second += 5) row(second, 503);
  for (let second = 600; second < 4200; second += 5) row(second, 200);
  const headers = { 'content-type': 'application/x-ndjson' };
  await api.call('POST', `/monitors/${key}/checks/import`, undefined, { raw: rows.join('\n'), headers });
  const { data } = (await api.call<{ data: { number: number }[] }>('GET', '/incidents?limit=1')).body;
  return { key, number: data[0]?.number ?? 0 };
}

const actionsOf = async (number: number) =>
  (await api.call<{ data: Action[] }>('GET', `/incidents/${number}/postmortem/actions`)).body.data;
const patch = (number: number, actions: object[]) =>
  api.call<{ data: Action[] } & Problem>('PATCH', `/incidents/${number}/postmortem/actions`, { actions });
const postmortem = async (number: number) =>
  (await api.call<Postmortem>('GET', `/incidents/${number}/postmortem`)).body;
const tomorrow = new Date(Date.now() + DAY).toISOString().slice(0, 10);
const yesterday = new Date(Date.now() - DAY).toISOString().slice(0, 10);

describe('an action', () => {
  it('that is proposed is taken on with an owner and a date, and no longer blocks', async () => {
    const { number } = await outage(5);
    const [first] = await actionsOf(number);
    expect(first).toMatchObject({ state: 'proposed', owner: null, origin: 'machine' });
    const half = await patch(number, [{ id: first?.id, owner: 'shop on-call' }]);
    expect(half.body.data[0]).toMatchObject({ state: 'proposed', owner: 'shop on-call' });
    const whole = await patch(number, [{ id: first?.id, dueOn: tomorrow }]);
    expect(whole.body.data[0]).toMatchObject({ state: 'open', owner: 'shop on-call', dueOn: tomorrow, overdue: false });
    const now = await postmortem(number);
    expect(now.claims.failed).toEqual([]);
    expect(now.blocking.filter(({ blockId }) => blockId === `action-items.${first?.id}`)).toEqual([]);
    expect(now.actions[0]).toMatchObject({ id: first?.id, owner: 'shop on-call', state: 'open' });
    const text = now.sections
      .find(({ id }) => id === 'action-items')
      ?.blocks.find(({ id }) => id === `action-items.${first?.id}`);
    expect(text?.spans.map((span) => span.text).join(' ')).toContain(`Owner: shop on-call, due on ${tomorrow}.`);
    const markdown = (await api.call<string>('GET', `/incidents/${number}/postmortem.md`)).body;
    expect(markdown).toContain('Owner: shop on-call');
  });

  it('of one’s own is added, stands in the draft in its own words, and survives a new drawing', async () => {
    const { number } = await outage(4.5);
    const mine = {
      title: 'Raise the pool of shop from 20 to 50',
      doneWhen: 'the pool has 50 connections',
      owner: 'dba',
      dueOn: tomorrow,
    };
    const added = await api.call<Action>('POST', `/incidents/${number}/postmortem/actions`, mine);
    expect(added).toMatchObject({ status: 201, body: { state: 'open', origin: 'human', closing: null } });
    await api.call('POST', `/incidents/${number}/timeline`, { kind: 'note', text: 'one more thing' });
    const now = await postmortem(number);
    expect(now.actions.map(({ title }) => title)).toContain(mine.title);
    expect(now.claims.failed).toEqual([]);
  });

  it('is changed with all others of a request or not at all, and each bad field is named', async () => {
    const { number } = await outage(4);
    const [first] = await actionsOf(number);
    const refused = await patch(number, [
      { id: first?.id, owner: 'ops' },
      { id: 'act_nothing', owner: 'ops' },
      { id: first?.id, dueOn: tomorrow },
    ]);
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map(({ path }) => path)).toEqual(['actions.1.id', 'actions.2.id']);
    expect((await actionsOf(number))[0]?.owner).toBeNull();
    for (const [change, path] of [
      [{ dueOn: '2026-13-01' }, 'actions.0.dueOn'],
      [{ dueOn: 'soon' }, 'actions.0.dueOn'],
      [{ owner: '' }, 'actions.0.owner'],
      [{ state: 'proposed' }, 'actions.0.state'],
      [{ state: 'dropped' }, 'actions.0.note'],
      [{ colour: 'red' }, 'actions.0.colour'],
    ] as const) {
      const { status, body } = await patch(number, [{ id: first?.id, ...change }]);
      expect(status, JSON.stringify(change)).toBe(422);
      expect(body.errors[0]?.path).toBe(path);
    }
    expect(
      (await patch(number, [{ id: first?.id, state: 'dropped', note: 'the shop closes in May' }])).body.data[0],
    ).toMatchObject({
      state: 'dropped',
      note: 'the shop closes in May',
    });
    const stale = await api.call(
      'PATCH',
      `/incidents/${number}/postmortem/actions`,
      { actions: [{ id: first?.id, owner: 'x' }] },
      { headers: { 'if-match': '"1-0000"' } },
    );
    expect(stale.status).toBe(412);
  });

  it('that the rows can check refuses to be done while it is not, and closes itself when it is', async () => {
    const { key, number } = await outage(3);
    const detect = (await actionsOf(number)).find(({ closing }) => closing?.kind === 'detection');
    expect(detect?.closing).toMatchObject({
      met: false,
      measured: expect.stringContaining('has an interval of 5 min'),
    });
    await patch(number, [{ id: detect?.id, owner: 'shop on-call', dueOn: tomorrow }]);
    const refused = await patch(number, [{ id: detect?.id, state: 'done' }]);
    expect(refused.status).toBe(409);
    expect(refused.body.errors).toEqual([
      { path: 'actions.0.state', message: expect.stringContaining('needed: an interval of at most') },
    ]);
    expect((await actionsOf(number)).find(({ id }) => id === detect?.id)?.state).toBe('open');

    await api.call('PATCH', `/monitors/${key}`, { intervalSeconds: 10, confirm: { failures: 2, retrySeconds: 5 } });
    const closed = await eventually('it closes itself', async () => {
      const now = (await actionsOf(number)).find(({ id }) => id === detect?.id);
      return now?.state === 'done' ? now : null;
    });
    expect(closed.note).toContain('interval of 10 s');
    expect(closed.doneAt).not.toBeNull();
    expect((await postmortem(number)).claims).toMatchObject({ failed: [] });
  });

  it('of an earlier incident that is still open is told in the next one with its age, and not proposed again', async () => {
    const { key, number } = await outage(2.5);
    const [first] = await actionsOf(number);
    await patch(number, [{ id: first?.id, owner: 'ops', dueOn: yesterday }]);
    const again = await outage(0.5, key);
    expect(again.number).toBeGreaterThan(number);
    const next = await postmortem(again.number);
    const text = next.sections
      .flatMap(({ blocks }) => blocks.flatMap(({ spans }) => spans.map((span) => span.text)))
      .join(' ');
    expect(text).toContain('Action items of it that are still open: 1');
    expect(text).toContain(`“${first?.title}”`);
    expect(next.actions.map(({ id }) => id)).not.toContain(first?.id);
    expect(next.actions.length).toBeGreaterThan(0);
    expect(next.claims.failed).toEqual([]);

    await patch(number, [{ id: first?.id, state: 'dropped', note: 'settled by the new one' }]);
    const later = await postmortem(again.number);
    expect(JSON.stringify(later.sections)).not.toContain('still open: 1');
    expect(later.claims.failed).toEqual([]);
  });

  it('changes after publishing, while the text stands still', async () => {
    const { number } = await outage(2);
    const [first] = await actionsOf(number);
    const read = await api.call<Postmortem>('GET', `/incidents/${number}/postmortem`);
    const headers = { 'if-match': read.headers.get('etag') ?? '' };
    const published = await api.call(
      `POST`,
      `/incidents/${number}/postmortem/publish`,
      { override: { reason: 'as agreed' } },
      { headers },
    );
    expect(published.status).toBe(200);
    const before = (await api.call<string>('GET', `/incidents/${number}/postmortem.md`)).body;
    await patch(number, [{ id: first?.id, owner: 'ops', dueOn: tomorrow }]);
    const after = await api.call<Postmortem>('GET', `/incidents/${number}/postmortem`);
    expect(after.body.actions[0]).toMatchObject({ owner: 'ops', state: 'open' });
    expect((await api.call<string>('GET', `/incidents/${number}/postmortem.md`)).body).toBe(before);
  });
});

it('lists what is open, whose it is and what is late, over all incidents', async () => {
  const { number } = await outage(1.5);
  const [first] = await actionsOf(number);
  await patch(number, [{ id: first?.id, owner: 'late people', dueOn: yesterday }]);
  const list = async (query: string) =>
    (
      await api.call<{ data: (Action & { incident: { number: number } })[]; nextCursor: string | null }>(
        'GET',
        `/actions?${query}`,
      )
    ).body;
  expect((await list('overdue=false')).data.length).toBeGreaterThan(1);
  const late = (await list('overdue=true')).data;
  expect(late.filter(({ incident }) => incident.number === number)).toMatchObject([
    { id: first?.id, overdue: true, owner: 'late people' },
  ]);
  expect((await list('owner=late%20people')).data).toHaveLength(1);
  const page = await list('limit=1');
  expect(page.nextCursor).not.toBeNull();
  expect((await list(`limit=1&cursor=${page.nextCursor}`)).data[0]?.incident.number).toBeDefined();
  expect((await api.call('GET', '/actions?state=lost')).status).toBe(400);
  expect((await api.call('GET', '/actions?overdue=maybe')).body).toMatchObject({
    status: 400,
    errors: [{ path: 'overdue', message: 'must be "true" or "false"' }],
  });
  expect(start).toBeLessThan(Date.now());
});
