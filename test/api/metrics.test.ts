import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../support/api.ts';
import { BreakableTarget } from '../support/breakable-target.ts';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/server.ts';

let api: TestApi;
let target: BreakableTarget;
beforeAll(async () => {
  [api, target] = await Promise.all([TestApi.start(), BreakableTarget.start()]);
  await api.call('PUT', '/monitors/seen', {
    name: 'Seen "quoted"\\',
    url: target.url,
    intervalSeconds: 1,
    timeoutSeconds: 1,
    confirm: { retrySeconds: 1 },
  });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

async function sample(line: string): Promise<number | null> {
  const { body } = await api.call<string>('GET', '/metrics');
  const found = body.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? null : Number(found.slice(line.length));
}

it('counts checks, commits and the status of monitors as they come', async () => {
  await eventually('checks are counted', () => sample('hindcast_probes_total{location="default",verdict="up"}'));
  await eventually('the monitor is up', () => sample('hindcast_monitors{status="up"}'));
  expect(await sample('hindcast_recorder_rows_total')).toBeGreaterThan(0);
  expect(await sample('hindcast_probe_duration_seconds_count{location="default"}')).toBeGreaterThan(0);
  expect(await sample('hindcast_location_healthy{location="default"}')).toBe(1);
  expect(await sample('hindcast_database_size_bytes')).toBeGreaterThan(10_000);
  await target.refuse();
  await eventually('an incident is open', () => sample('hindcast_incidents_open{kind="outage"}'));
  const refused = 'hindcast_probe_failures_total{location="default",failure="connect-refused"}';
  expect(await sample(refused)).toBeGreaterThanOrEqual(2);
  await target.listen();
  await eventually('it is over', async () => ((await sample('hindcast_incidents_open{kind="outage"}')) ? null : true));
});

it('is in the text format, each series with help and type, for a key that may read', async () => {
  const { status, headers, body } = await api.call<string>('GET', '/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of body.trim().split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    expect(line).toMatch(/^[a-z_\d]+(?:\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)*\})? (?:[-+.e\d]+|NaN|[+-]?Inf)$/i);
    const name = line.replace(/[{ ].*/, '');
    const family = name.replace(/_(?:bucket|sum|count)$/, '');
    expect(body.includes(`# TYPE ${name} `) || body.includes(`# TYPE ${family} `), name).toBe(true);
  }
  expect((await api.call('GET', '/metrics', undefined, { key: null, once: true })).status).toBe(401);
});

it('has every series that the dashboard shows', async () => {
  const file = new URL('../../config/grafana-dashboard.json', import.meta.url);
  const dashboard = JSON.parse(readFileSync(file, 'utf8')) as { panels: { targets?: { expr: string }[] }[] };
  const shown = dashboard.panels.flatMap(({ targets = [] }) =>
    targets.flatMap(({ expr }) => expr.match(/\b(?:hindcast|process|nodejs)_\w+/g)),
  );
  expect(shown.length).toBeGreaterThan(15);
  const { body } = await api.call<string>('GET', '/metrics');
  const known = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const missing = shown.filter(
    (name) => !known.has(name ?? '') && !known.has((name ?? '').replace(/_(?:bucket|sum|count)$/, '')),
  );
  expect(missing).toEqual([]);
});

it('shows the queues in Redis to an admin key in a browser, and lets nobody change them', async () => {
  await using redis = await startRedis();
  const env = { REDIS_URL: redis.url, HINDCAST_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') };
  await using scaled = await TestApi.start(env);
  const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`ops:${key}`).toString('base64')}` });
  const admin = basic('hc_test_0123456789abcdefghijklmnopqrstuvwxyz');
  const look = (path: string, headers = {}, method = 'GET') =>
    scaled.call<string & { queues: { name: string }[] }>(method, path, undefined, { key: null, headers, once: true });

  const refused = await look('/queues');
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
  const made = await scaled.call<{ key: string }>('POST', '/api-keys', { name: 'reader', scopes: ['write'] });
  expect((await look('/queues', basic(made.body.key))).status).toBe(403);
  expect((await look('/queues', admin)).body).toContain('<title>Hindcast</title>');
  expect((await look('/queues/api/queues', admin)).body.queues.map(({ name }) => name)).toEqual(['hindcast-results']);
  await scaled.call('PUT', '/monitors/far', {
    name: 'Far',
    url: target.url,
    intervalSeconds: 1,
    timeoutSeconds: 1,
    locations: ['far'],
  });
  await eventually('the queue of a new location is shown', async () => {
    const { queues } = (await look('/queues/api/queues', admin)).body;
    return queues.some(({ name }) => name === 'hindcast-probe-far') ? true : null;
  });
  expect((await look('/queues/api/queues/hindcast-results/clean/failed', admin, 'PUT')).status).toBe(405);
  expect((await api.call('GET', '/queues', undefined, { once: true })).status, 'without Redis there are none').toBe(
    404,
  );
});
