import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '#src/domain/clock.ts';
import { AlertReceiver } from '#test/support/alert-receiver.ts';
import { TestApi } from '#test/support/api.ts';
import { eventually } from '#test/support/server.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let ahead = 0;
/** The wall clock, put forward by hand. */
const clock: Clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead };

let api: TestApi;
let receiver: AlertReceiver;
beforeAll(async () => {
  receiver = await AlertReceiver.start();
  api = await TestApi.start({}, clock);
  await api.call('POST', '/channels', { key: 'on-call', type: 'webhook', url: receiver.url });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

interface Told {
  type: string;
  data: { summary: string; incident: { number: number }; links: { postmortem: string } };
}
const told = (number: number) =>
  receiver.received.map(({ body }) => JSON.parse(body) as Told).filter(({ data }) => data.incident.number === number);

let counter = 0;
/** An outage of ten minutes that recovered so long ago, imported now; its number. */
async function imported(hoursAgo: number, key = `shop-${++counter}`): Promise<number> {
  await api.call('PUT', `/monitors/${key}`, {
    name: key.replace('-', ' '),
    url: `https://${key}.example/`,
    intervalSeconds: 60,
    paused: true,
    channels: ['on-call'],
  });
  const base = clock.now() - hoursAgo * HOUR - 20 * 60_000;
  const rows = Array.from({ length: 30 }, (_, i) => ({
    at: new Date(base + i * 60_000).toISOString(),
    status: i >= 10 && i < 20 ? 503 : 200,
    latencyMs: 100,
  })).filter(({ at }) => Date.parse(at) < clock.now());
  const { status } = await api.call('POST', `/monitors/${key}/checks/import`, undefined, {
    raw: rows.map((row) => JSON.stringify(row)).join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  expect(status).toBe(200);
  const { body } = await api.call<{ data: { number: number }[] }>('GET', '/incidents?limit=1');
  return body.data[0]?.number ?? 0;
}

/** Makes the loops look at once. */
const nudge = () => api.call('POST', '/changes', { kind: 'deploy', title: 'nothing to do with it' });

async function forward(ms: number): Promise<void> {
  ahead += ms;
  await nudge();
}

async function write<T>(number: number, suffix: string, body: object): Promise<T> {
  const path = `/incidents/${number}/postmortem`;
  const etag = (await api.call('GET', path)).headers.get('etag') ?? '';
  const answer = await api.call<T>('POST', `${path}${suffix}`, body, { headers: { 'if-match': etag } });
  expect(answer.status).toBe(200);
  return answer.body;
}
const publish = (number: number) => write(number, '/publish', { override: { reason: 'a test' }, by: 'lead' });

describe('people are reminded of a draft', () => {
  it('at 24 h, at 44 h and when it is overdue, each once, also over a restart', async () => {
    const number = await imported(25);
    await eventually('the first reminder', () => (told(number).length === 1 ? true : null));
    expect(told(number)[0]?.type).toBe('postmortem.due');
    expect(told(number)[0]?.data.summary).toMatch(/^Postmortem due in 23 h, at .* UTC: /);
    await api.stop();
    await api.start();
    await forward(20 * HOUR);
    await eventually('the second', () => (told(number).length === 2 ? true : null));
    await forward(4 * HOUR);
    await eventually('the last', () => (told(number).length === 3 ? true : null));
    expect(told(number)[2]?.data.summary).toMatch(/^Postmortem overdue since /);
    await api.stop();
    await api.start();
    await forward(10 * DAY);
    const other = await imported(30);
    await eventually('a reminder of another one', () => (told(other).length === 1 ? true : null));
    expect(told(number)).toHaveLength(3);
    const facts = await api.call<{ facts: { name: string; value: unknown }[] }>(
      'GET',
      `/incidents/${number}/postmortem/facts`,
    );
    expect(
      facts.body.facts.find(({ name }) => name === 'alertedAt')?.value,
      'a reminder is no alert of the incident',
    ).toBeNull();
    const verified = await api.call<{ failed: unknown[] }>('POST', `/incidents/${number}/postmortem/verify`, {});
    expect(verified.body.failed).toEqual([]);
  });

  it('not of what was published, nor of history that was overdue when it came', async () => {
    const old = await imported(24 * 400);
    const number = await imported(1);
    await publish(number);
    await forward(3 * DAY);
    const other = await imported(30);
    await eventually('a reminder of another one', () => (told(other).length === 1 ? true : null));
    expect(told(number)).toEqual([]);
    expect(told(old)).toEqual([]);
  });
});

interface FollowUp {
  status: string;
  dueAt: string;
  review: {
    summary: string[];
    again: { number: number }[];
    actions: { open: unknown[] };
    detection: { thenSeconds: number; nowSeconds: number | null; monitors: { why: string | null }[] };
  } | null;
}

it('looks back three weeks after publishing: whether it came back, and whether it is found sooner now', async () => {
  const number = await imported(2, 'cart');
  const path = `/incidents/${number}/postmortem`;
  expect((await api.call('GET', `${path}/follow-up`)).status).toBe(404);
  await publish(number);
  const frozen = (await api.call<string>('GET', `${path}.md`)).body;
  const planned = (await api.call<FollowUp>('GET', `${path}/follow-up`)).body;
  expect(planned).toMatchObject({ status: 'scheduled', review: null });
  expect((Date.parse(planned.dueAt) - clock.now()) / DAY).toBeCloseTo(21, 1);
  await forward(10 * DAY);
  const again = await imported(3, 'cart');
  expect((await api.call('PATCH', '/monitors/cart', { confirm: { failures: 1 } })).status).toBe(200);
  await forward(11 * DAY + HOUR);
  const { review } = await eventually('the review', async () => {
    const { body } = await api.call<FollowUp>('GET', `${path}/follow-up`);
    return body.status === 'done' ? body : null;
  });
  expect(review?.again).toMatchObject([{ number: again }]);
  expect(review?.actions.open.length).toBeGreaterThan(0);
  // Confirmed by the second failed check of a minute's interval then, by the first one now.
  expect(review?.detection.thenSeconds).toBeCloseTo(60.1, 1);
  expect(review?.detection.nowSeconds).toBeCloseTo(0.1, 1);
  const isReview = ({ data }: Told) => data.summary.includes('Follow-up of ');
  const alert = await eventually('its alert', () => told(number).find(isReview));
  expect(alert.type).toBe('postmortem.due');
  expect(alert.data.summary).toContain('Follow-up of ');
  const now = (await api.call<string>('GET', `${path}.md`)).body;
  expect(now.startsWith(frozen.trimEnd())).toBe(true);
  expect(now).toContain('## Follow-up review');
  for (const sentence of review?.summary ?? []) expect(now).toContain(sentence);
});

describe('an action item', () => {
  it('that is late is told once when its day has passed and each week, until it is closed', async () => {
    const number = await imported(1);
    const actions = async (change: object) =>
      api.call('PATCH', `/incidents/${number}/postmortem/actions`, { actions: [{ id, ...change }] });
    const { body } = await api.call<{ data: { id: string; title: string }[] }>(
      'GET',
      `/incidents/${number}/postmortem/actions`,
    );
    const { id, title } = body.data[0] ?? { id: '', title: '' };
    const late = () =>
      told(number)
        .filter(({ type }) => type === 'action.overdue')
        .map(({ data }) => data.summary);
    const dueOn = new Date(clock.now()).toISOString().slice(0, 10);
    expect((await actions({ owner: 'shop on-call', dueOn })).status).toBe(200);
    await forward(DAY);
    await eventually('it is told', () => (late().length === 1 ? true : null));
    expect(late()[0]).toBe(`Action item is overdue (due on ${dueOn}, shop on-call): ${title}`);
    await forward(2 * DAY);
    expect(late()).toHaveLength(1);
    await forward(6 * DAY);
    await eventually('it is told again a week later', () => (late().length === 2 ? true : null));
    expect(late()[1]).toContain('is overdue for 1 week');
    expect((await actions({ state: 'dropped', note: 'not worth it' })).status).toBe(200);
    await forward(8 * DAY);
    expect(late()).toHaveLength(2);
  });
});
