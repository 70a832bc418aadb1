import { afterAll, beforeAll, expect, it } from 'vitest';
import { AlertReceiver } from '#test/support/alert-receiver.ts';
import { TestApi } from '#test/support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

const T0 = Date.UTC(2024, 4, 6, 8);
const at = (minute: number) => new Date(T0 + minute * 60_000).toISOString();

interface Incident {
  id: string;
  number: number;
  kind: string;
  severity: string;
  status: string;
  title: string;
  start: { best: string };
  end: { best: string };
}
interface Postmortem {
  revision: number;
  status: string;
  claims: { total: number; verified: number; failed: unknown[] };
}

const importing = (key: string, minutes: number[], failing: Record<number, string>) =>
  api.call('POST', `/monitors/${key}/checks/import`, undefined, {
    raw: minutes
      .map((minute) =>
        JSON.stringify({
          at: at(minute),
          ...(failing[minute] ? { failure: failing[minute] } : { status: 200 }),
          latencyMs: 30,
        }),
      )
      .join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const incidentsOf = async (key: string) =>
  (await api.call<{ data: Incident[] }>('GET', `/incidents?service=${key}`)).body.data;
const make = (key: string, fields: object = {}) =>
  api.call('PUT', `/monitors/${key}`, {
    name: `Shop ${key}`,
    url: `https://${key}.example/`,
    service: key,
    paused: true,
    ...fields,
  });

it('three near-misses of one shape within a day are a minor incident with a draft that holds', async () => {
  await make('one');
  await importing('one', range(0, 200), { 20: 'connect-refused', 90: 'connect-refused', 120: 'dns-error' });
  expect(await incidentsOf('one')).toEqual([]);
  await importing('one', range(200, 400), { 300: 'connect-refused' });
  const [pattern, ...others] = await incidentsOf('one');
  expect(others).toEqual([]);
  expect(pattern).toMatchObject({
    kind: 'pattern',
    severity: 'minor',
    status: 'resolved',
    title: 'Shop one failed briefly 3 times: connection refused',
    start: { best: at(20) },
    end: { best: at(301) },
  });
  const path = `/incidents/${pattern?.number}/postmortem`;
  const { body: draft } = await api.call<Postmortem>('GET', path);
  expect(draft.claims.failed).toEqual([]);
  expect(draft.claims.total).toBeGreaterThan(10);
  const { body: text } = await api.call<string>('GET', `${path}.md`);
  expect(text).toContain(
    'Shop one failed briefly 3 times from 08:20:00 UTC on 2024-05-06 to 13:01:00 UTC (connection refused)',
  );
});

it('goes on under its number, with a new revision, and is gone when the rows say otherwise', async () => {
  await make('two');
  await importing('two', range(0, 100), { 10: 'status', 30: 'status', 50: 'status' });
  const [first] = await incidentsOf('two');
  const { body: before } = await api.call<Postmortem>('GET', `/incidents/${first?.number}/postmortem`);
  await importing('two', range(100, 200), { 150: 'status' });
  const [later, ...others] = await incidentsOf('two');
  expect(others).toEqual([]);
  expect(later).toMatchObject({ number: first?.number, id: first?.id, end: { best: at(151) } });
  const { body: after } = await api.call<Postmortem>('GET', `/incidents/${first?.number}/postmortem`);
  expect(after.revision).toBeGreaterThan(before.revision);
  expect(after.claims.failed).toEqual([]);

  await make('gone');
  await importing('gone', range(0, 100), { 10: 'status', 30: 'status', 50: 'status' });
  expect(await incidentsOf('gone')).toHaveLength(1);
  // A row between two minutes makes one of the near-misses a confirmed outage.
  await importing('gone', [30.5], { 30.5: 'status' });
  expect((await incidentsOf('gone')).map(({ kind }) => kind)).toEqual(['outage']);
});

it('of whatever length says it so that the checker finds it', async () => {
  await make('short');
  await importing('short', [0, 1, 5, 6, 7, 10.5, 11.5, 12], { 1: 'status', 6: 'status', 11.5: 'status' });
  const [pattern] = await incidentsOf('short');
  const { body } = await api.call<Postmortem>('GET', `/incidents/${pattern?.number}/postmortem`);
  expect(pattern?.kind).toBe('pattern');
  expect(body.claims.failed).toEqual([]);
});

it('takes no part of an outage for itself: failures around one are not near-misses of their own', async () => {
  await make('around');
  const failing = Object.fromEntries([58, 60, 61, 62, 65].map((minute) => [minute, 'status']));
  await importing('around', range(0, 400), { ...failing, 200: 'status', 300: 'status' });
  expect((await incidentsOf('around')).map(({ kind }) => kind)).toEqual(['outage']);
});

it('and the outage says of a monitor with an odd name what it says of every other', async () => {
  await make('odd', { name: 'Global site, down because of all users' });
  await importing('odd', range(0, 100), { 60: 'status', 61: 'status', 62: 'status' });
  const [incident] = await incidentsOf('odd');
  const { body } = await api.call<Postmortem>('GET', `/incidents/${incident?.number}/postmortem`);
  expect(body.claims.failed).toEqual([]);
});

it('is told to nobody', async () => {
  await using receiver = await AlertReceiver.start();
  await api.call('POST', '/channels', { key: 'quiet', type: 'webhook', url: receiver.url });
  await make('silent', { channels: ['quiet'] });
  await importing('silent', range(0, 100), { 10: 'status', 30: 'status', 50: 'status' });
  expect(await incidentsOf('silent')).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(receiver.received).toEqual([]);
});
