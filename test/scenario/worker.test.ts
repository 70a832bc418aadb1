import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { BreakableTarget } from '../support/breakable-target.ts';
import { startRedis } from '../support/redis.ts';
import { eventually, TestServer } from '../support/server.ts';

const WORKER = new URL('../../workers/probe.ts', import.meta.url).pathname;

function startWorker(env: Record<string, string>): ChildProcess & AsyncDisposable {
  const child = spawn(process.execPath, [WORKER], {
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
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
