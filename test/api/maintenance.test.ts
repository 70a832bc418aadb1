import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '#test/support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

const MINUTE = 60_000;
const start = Math.floor(Date.now() / MINUTE) * MINUTE - 180 * MINUTE;
const at = (minute: number) => new Date(start + minute * MINUTE).toISOString();

interface Window {
  start: { best: string };
  end: { best: string } | null;
}
interface Uptime {
  uptimePercent: number;
  downSeconds: { best: number };
  unobservedSeconds: number;
}

/** Three hours of checks, one a minute; down in minutes 60 to 70 and 100 to 110. */
async function history(key: string): Promise<void> {
  await api.call('PUT', `/monitors/${key}`, {
    name: key,
    url: `https://${key}.example/`,
    service: key,
    intervalSeconds: 86_400,
  });
  const rows = Array.from({ length: 178 }, (_, i) => {
    const isDown = (i >= 60 && i < 70) || (i >= 100 && i < 110);
    return JSON.stringify({ at: at(i), status: isDown ? 500 : 200, latencyMs: 50 });
  });
  await api.call('POST', `/monitors/${key}/checks/import`, undefined, {
    raw: rows.join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
}
const windowsOf = async (key: string) =>
  (await api.call<{ data: Window[] }>('GET', `/monitors/${key}/downtime`)).body.data;
const uptimeOf = async (key: string) => (await api.call<Uptime>('GET', `/monitors/${key}/uptime?window=24h`)).body;
const plan = (body: object) =>
  api.call<{ id: string; next: object | null }>('POST', '/maintenance', { title: 'Upgrade', ...body });
const statusOf = async (key: string) =>
  (await api.call<{ state: { status: string; since: string } }>('GET', `/monitors/${key}`)).body.state;

it('takes planned work out of detection afterwards: its outage and its incident are gone, the other stays', async () => {
  await history('past');
  expect(await windowsOf('past')).toHaveLength(2);
  expect((await plan({ monitors: ['past'], startsAt: at(55), endsAt: at(75) })).status).toBe(201);
  const left = await windowsOf('past');
  expect(left.map((window) => window.start.best)).toEqual([at(100)]);
  const { body } = await api.call<{ data: Window[] }>('GET', '/incidents?service=past');
  expect(body.data.map((incident) => incident.start.best)).toEqual([at(100)]);
  expect((await uptimeOf('past')).downSeconds.best).toBe(600);
  expect((await uptimeOf('past')).unobservedSeconds).toBeGreaterThanOrEqual(1200);
});

it('keeps a window open over planned work that begins after it, and dates its end by what counts', async () => {
  await history('over');
  await plan({ monitors: ['over'], startsAt: at(65), endsAt: at(90) });
  const [, first] = await windowsOf('over');
  expect(first?.start.best).toBe(at(60));
  expect(first?.end?.best).toBe(at(90));
});

it('counts its downtime in uptime where the policy says so', async () => {
  await history('counted');
  await plan({ monitors: ['counted'], startsAt: at(55), endsAt: at(75), uptime: 'included' });
  expect(await windowsOf('counted')).toHaveLength(1);
  const uptime = await uptimeOf('counted');
  expect(uptime.downSeconds.best).toBe(1200);
  expect(uptime.unobservedSeconds).toBeLessThan(1200);
});

it('shows a monitor in maintenance while it runs, sends nothing for what fails, and ends when a person ends it', async () => {
  await history('now');
  const { body } = await plan({ services: ['now'], startsAt: at(175), endsAt: at(400) });
  expect(body.next).toEqual({ from: at(175), to: at(400) });
  expect(await statusOf('now')).toMatchObject({ status: 'maintenance', since: at(175) });
  expect((await api.call<{ data: unknown[] }>('GET', '/monitors?status=maintenance')).body.data).toHaveLength(1);
  const failed = [176, 177, 178].map((minute) =>
    JSON.stringify({ at: new Date(start + minute * MINUTE + 7).toISOString(), status: 500 }),
  );
  await api.call('POST', '/monitors/now/checks/import', undefined, {
    raw: failed.join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  expect(await windowsOf('now')).toHaveLength(2);
  expect((await api.call('DELETE', `/maintenance/${body.id}`)).status).toBe(204);
  expect(await statusOf('now')).toMatchObject({ status: 'up' });
  const { body: kept } = await api.call<{ endedAt: string | null; next: null }>('GET', `/maintenance/${body.id}`);
  expect(kept.endedAt).not.toBeNull();
  expect(kept.next).toBeNull();
});

it('reaches a monitor that is made while it runs', async () => {
  await plan({ tags: ['tier:new'], endsAt: new Date(Date.now() + 3_600_000).toISOString() });
  await api.call('PUT', '/monitors/newcomer', {
    name: 'n',
    url: 'https://n.example/',
    tags: { tier: 'new' },
    intervalSeconds: 86_400,
  });
  await expect.poll(() => statusOf('newcomer'), { timeout: 5000 }).toMatchObject({ status: 'maintenance' });
});

it('lists what is planned, newest first, with the next window of what repeats', async () => {
  const repeat = { timeZone: 'Europe/Berlin', at: '02:30', durationMinutes: 30, weekdays: ['sun'] };
  const { body } = await plan({ services: ['nobody'], repeat });
  expect(body.next).not.toBeNull();
  const { body: list } = await api.call<{ data: { id: string }[]; nextCursor: string }>('GET', '/maintenance?limit=2');
  expect(list.data[0]?.id).toBe(body.id);
  const more = await api.call<{ data: { id: string }[] }>('GET', `/maintenance?limit=2&cursor=${list.nextCursor}`);
  expect(more.body.data[0]?.id).not.toBe(list.data[1]?.id);
});

const later = at(500);
const bad: [shows: string, body: object, path: string][] = [
  ['no end', { monitors: [] }, 'endsAt'],
  ['an end before its start', { startsAt: later, endsAt: at(400) }, 'endsAt'],
  ['an unknown monitor', { monitors: ['nobody'], endsAt: later }, 'monitors.0'],
  [
    'an unknown time zone',
    { repeat: { timeZone: 'Mars/Base', at: '01:00', durationMinutes: 5, weekdays: ['mon'] } },
    'repeat.timeZone',
  ],
  ['an hour that is none', { repeat: { at: '24:00', durationMinutes: 5, weekdays: ['mon'] } }, 'repeat.at'],
  ['no day', { repeat: { at: '01:00', durationMinutes: 5 } }, 'repeat'],
  ['no length', { repeat: { at: '01:00', weekdays: ['mon'] } }, 'repeat.durationMinutes'],
  ['an unknown policy', { endsAt: later, uptime: 'half' }, 'uptime'],
];
it.for(bad)('with %s is refused by name', async ([, body, path]) => {
  const answer = await api.call<{ errors: { path: string }[] }>('POST', '/maintenance', { title: 'x', ...body });
  expect(answer.status).toBe(422);
  expect(answer.body.errors.map((error) => error.path)).toContain(path);
});
