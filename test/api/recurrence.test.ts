import { afterAll, beforeAll, expect, it } from 'vitest';
import { AlertReceiver } from '#test/support/alert-receiver.ts';
import { TestApi } from '#test/support/api.ts';
import { BreakableTarget } from '#test/support/breakable-target.ts';
import { eventually } from '#test/support/server.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

const DAY_MS = 86_400_000;
interface Incident {
  id: string;
  number: number;
  title: string;
}
interface Outage {
  failure?: string;
  status?: number;
  location?: string;
}

/** Ten good minutes, five bad ones, ten good ones; answers the incident that came of it. */
async function outage(key: string, start: number, { failure, status, location = 'eu' }: Outage): Promise<Incident> {
  const rows = Array.from({ length: 25 }, (_, minute) => {
    const bad = minute >= 10 && minute < 15;
    return JSON.stringify({
      at: new Date(start + (minute - 10) * 60_000).toISOString(),
      location,
      latencyMs: 40,
      ...(bad ? { verdict: 'down', failure: failure ?? 'status', ...(status && { status }) } : { status: 200 }),
    });
  });
  const answer = await api.call('POST', `/monitors/${key}/checks/import`, undefined, {
    raw: rows.join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const { body } = await api.call<{ data: (Incident & { start: { best: string } })[] }>('GET', '/incidents');
  const found = body.data.find((incident) => incident.start.best === new Date(start).toISOString());
  if (!found) throw new Error('no incident');
  return found;
}

const make = (key: string, fields: object = {}) =>
  api.call('PUT', `/monitors/${key}`, { name: `Shop ${key}`, url: `https://${key}.example/`, paused: true, ...fields });
const draftOf = async ({ number }: Incident) => {
  const { body } = await api.call<string>('GET', `/incidents/${number}/postmortem.md`);
  const { body: json } = await api.call<{ claims: { failed: unknown[] } }>('GET', `/incidents/${number}/postmortem`);
  expect(json.claims.failed).toEqual([]);
  return body.slice(0, body.indexOf('## Appendix'));
};

it('the draft names earlier incidents of the same signature, how far back, and what was reported as their cause', async () => {
  await make('one', { service: 'one' });
  const T0 = Date.UTC(2024, 5, 3, 9);
  const first = await outage('one', T0, { status: 503 });
  await api.call('POST', `/incidents/${first.id}/timeline`, {
    at: new Date(T0 + 240_000).toISOString(),
    kind: 'cause_identified',
    text: 'Pool of connections used up',
  });
  await outage('one', T0 + 5 * DAY_MS, { failure: 'connect-refused' });
  await outage('one', T0 + 6 * DAY_MS, { status: 503, location: 'moon' });
  const again = await outage('one', T0 + 34 * DAY_MS, { status: 503 });
  const text = await draftOf(again);
  expect(text).toContain('3 incidents of this service in the 365 days before, 1 with the signature of this one');
  expect(text).toContain(`Incident ${first.number}, 2024-06-03, 34 days before: the same failure`);
  expect(text).toContain('“Pool of connections used up”');
  expect(text).not.toContain('no earlier');
  // The first one knows of none: what came later is not earlier.
  expect(await draftOf(first)).toContain('none of this service in the 365 days before');
});

it('a late row or a late note changes what is said of the past', async () => {
  await make('two', { service: 'two' });
  const T0 = Date.UTC(2024, 8, 3, 9);
  const again = await outage('two', T0, { status: 500 });
  expect(await draftOf(again)).toContain('none of this service in the 365 days before');
  const first = await outage('two', T0 - 10 * DAY_MS, { status: 500 });
  expect(await draftOf(again)).toContain(`Incident ${first.number}, 2024-08-24, 10 days before`);
  expect(await draftOf(again)).not.toContain('Expired lease');
  await api.call('POST', `/incidents/${first.id}/timeline`, {
    at: new Date(T0 - 10 * DAY_MS + 60_000).toISOString(),
    kind: 'cause_identified',
    text: 'Expired lease',
  });
  expect(await draftOf(again)).toContain('“Expired lease”');
});

it('goes on holding when the earlier postmortem is drafted or published after it', async () => {
  await make('five', { service: 'five' });
  const T0 = Date.UTC(2023, 8, 3, 9);
  const again = await outage('five', T0, { status: 500 });
  const first = await outage('five', T0 - 10 * DAY_MS, { status: 500 });
  await draftOf(again);
  await draftOf(first);
  expect(await draftOf(again)).toContain('its postmortem is still a draft');
  const path = `/incidents/${first.number}/postmortem`;
  const { headers } = await api.call('GET', path);
  const published = await api.call(
    'POST',
    `${path}/publish`,
    { override: { reason: 'a rehearsal of publishing' } },
    { headers: { 'if-match': headers.get('etag') ?? '' } },
  );
  expect(published.status, JSON.stringify(published.body)).toBe(200);
  expect(await draftOf(again)).toContain('its postmortem is published');
  const verified = await api.call<{ failed: unknown[] }>('POST', `/incidents/${again.number}/postmortem/verify`, {});
  expect(verified.body.failed).toEqual([]);
});

it('another monitor of the same service counts, one of another service does not', async () => {
  await make('three-a', { service: 'three' });
  await make('three-b', { service: 'three' });
  await make('four', { service: 'four' });
  const T0 = Date.UTC(2025, 1, 3, 9);
  await outage('four', T0, { failure: 'tls-expired' });
  const sibling = await outage('three-a', T0 + DAY_MS, { failure: 'tls-expired' });
  const text = await draftOf(await outage('three-b', T0 + 3 * DAY_MS, { failure: 'tls-expired' }));
  expect(text).toContain('1 incident of this service');
  expect(text).toContain(`Incident ${sibling.number}, 2025-02-04, 2 days before`);
});

it('the alert of the next one says so, in words and in data', async () => {
  await using receiver = await AlertReceiver.start();
  await using target = await BreakableTarget.start();
  await api.call('POST', '/channels', { key: 'pager', type: 'webhook', url: receiver.url, human: true });
  await make('live', {
    url: target.url,
    service: 'live',
    intervalSeconds: 1,
    timeoutSeconds: 1,
    confirm: { failures: 2, recoveries: 2, retrySeconds: 1 },
    channels: ['pager'],
    paused: false,
  });
  const before = await outage('live', Date.now() - 34 * DAY_MS, { status: 503, location: 'default' });
  await eventually('a few good checks', () => (target.hits > 1 ? true : null));
  target.status = 503;
  const alert = await eventually('the alert', () => receiver.received[0]);
  const { data } = JSON.parse(alert.body) as {
    data: { summary: string; recurrence: { incidents: object[] } };
  };
  expect(data.summary).toContain(`same signature as incident ${before.number}, 34 days ago`);
  expect(data.recurrence.incidents).toEqual([
    expect.objectContaining({
      id: before.id,
      number: before.number,
      daysBefore: 34,
      openActions: [],
      link: `${api.url}/api/v1/incidents/${before.id}/postmortem.html`,
    }),
  ]);
});
