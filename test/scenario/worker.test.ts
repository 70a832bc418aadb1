import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { BreakableTarget } from '../support/breakable-target.ts';
import { startRedis } from '../support/redis.ts';
import { eventually, TestServer } from '../support/server.ts';

const WORKER = new URL('../../workers/probe.ts', import.meta.url).pathname;
const ALERT_WORKER = new URL('../../workers/alert.ts', import.meta.url).pathname;

const startWorker = (env: Record<string, string>) => startProcess(WORKER, env);

function startProcess(script: string, env: Record<string, string>): ChildProcess & AsyncDisposable {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  });
}

interface Location {
  name: string;
  healthy: boolean;
  workers: number;
}

it('has checks made by a worker in another process, and knows when it is gone', { timeout: 90_000 }, async () => {
  await using redis = await startRedis();
  await using target = await BreakableTarget.start();
  const shared = { REDIS_URL: redis.url, HINDCAST_SECRET_KEY: randomBytes(32).toString('base64') };
  await using server = await TestServer.start(shared);
  const locations = async () => (await server.get<{ data: Location[] }>('/locations')).data;
  expect(await locations()).toEqual([]);

  const secret = 'canary-7c0ffee';
  const monitor = { key: 'far', name: 'Far', url: target.url, intervalSeconds: 1, timeoutSeconds: 1 };
  await server.post('/monitors', { ...monitor, headers: { 'x-key': { secret } }, confirm: { retrySeconds: 1 } });
  const first = startWorker({ ...shared, HINDCAST_LOCATION: 'default' });
  await eventually('the location is listed', async () => ((await locations())[0]?.healthy ? true : null));
  const status = async (wanted: string) =>
    (await server.get<{ state: { status: string } }>('/monitors/far')).state.status === wanted || null;
  await eventually('the monitor is up', () => status('up'));
  await target.refuse();
  await eventually('the outage is found', () => status('down'));
  await target.listen();
  await eventually('the recovery is found', () => status('up'));

  const killed = once(first, 'exit');
  first.kill('SIGKILL');
  await killed;
  await eventually(
    'the location is unhealthy',
    async () => ((await locations())[0]?.healthy === false ? true : null),
    15_000,
  );
  expect(await status('up'), 'a lost worker is not an outage').toBe(true);

  await using second = startWorker({ ...shared, HINDCAST_LOCATION: 'default' });
  await eventually('the location is healthy again', async () => ((await locations())[0]?.healthy ? true : null), 7_000);
  const hits = target.hits;
  await eventually('checks are made again', () => (target.hits > hits + 2 ? true : null));
  const exited = once(second, 'exit') as Promise<[number | null]>;
  second.kill('SIGTERM');
  expect((await exited)[0]).toBe(0);
});

it('refuses to start without what it needs, and says what that is', async () => {
  const child = spawn(process.execPath, [WORKER], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(1);
  expect(text).toContain('REDIS_URL');
  expect(text).toContain('HINDCAST_SECRET_KEY');
});

it('has alerts delivered by a worker while there is one, and delivers them itself when there is none', {
  timeout: 120_000,
}, async () => {
  await using redis = await startRedis();
  await using target = await BreakableTarget.start();
  await using receiver = await AlertReceiver.start();
  const shared = { REDIS_URL: redis.url, HINDCAST_SECRET_KEY: randomBytes(32).toString('base64') };
  await using server = await TestServer.start(shared);
  await using _probe = startWorker({ ...shared, HINDCAST_LOCATION: 'default' });
  const alerting = startProcess(ALERT_WORKER, { ...shared, LOG_LEVEL: 'info' });
  await using _alerting = alerting;
  let log = '';
  alerting.stdout?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await server.post('/channels', { key: 'ops', type: 'webhook', url: receiver.url });
  await eventually('the worker runs', () => (log.includes('worker.started') ? true : null));
  const monitor = {
    key: 'far',
    name: 'Far',
    url: target.url,
    intervalSeconds: 1,
    timeoutSeconds: 1,
    channels: ['ops'],
  };
  await server.post('/monitors', { ...monitor, confirm: { retrySeconds: 1, recoveries: 1 } });
  const status = async (wanted: string) =>
    (await server.get<{ state: { status: string } }>('/monitors/far')).state.status === wanted || null;
  const received = (event: string) => receiver.received.find(({ type }) => type === event) ?? null;
  await eventually('the monitor is up', () => status('up'));
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await target.refuse();
  await eventually('the alert came', () => received('incident.opened'));
  await eventually('the worker made the attempt', () => (log.includes('alert.attempted') ? true : null));
  const attempts = log.split('alert.attempted').length;

  // A worker that stands still is one that does not answer: the server makes up for it, under the same id.
  alerting.kill('SIGSTOP');
  await target.listen();
  await eventually('the resolution came without it', () => received('incident.resolved'), 60_000);
  alerting.kill('SIGCONT');
  expect(log.split('alert.attempted').length).toBe(attempts);
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(receiver.received.length);
});
