import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from '#test/support/redis.ts';
import type { Embedded } from './embedded.ts';
import { cpuMs, start, stop } from './processes.ts';
import { measureBare, pathOf, readRows, START_FLAGS, startServer, startTarget, writeMonitors } from './rig.ts';

/** One server, one probe worker and a real Redis: CPU per check of each, then the bare loop at the same rate. */
export async function measureScaled({ monitors, intervalSeconds, seconds }: Embedded) {
  await using target = await startTarget();
  await using redis = await startRedis();
  const shared = { REDIS_URL: redis.url, HINDCAST_SECRET_KEY: randomBytes(32).toString('base64') };
  const redisPid = await pidOf(redis.url);
  const started = (line: string) => (line.includes('worker.started') ? line : null);
  const workerFile = pathOf('../../workers/probe.ts');
  const worker = await start(workerFile, [], { ...process.env, ...shared }, started, START_FLAGS);
  try {
    const config = writeMonitors(target.dir, monitors, intervalSeconds, target.url);
    const server = await startServer(target.dir, { ...shared, HINDCAST_CONFIG: config });
    try {
      await sleep((intervalSeconds + 5) * 1000);
      const pids = [server.pid, worker.pid, redisPid];
      const before = pids.map(cpuMs);
      const from = Date.now();
      await sleep(seconds * 1000);
      const to = Date.now();
      const used = pids.map((pid, i) => cpuMs(pid) - (before[i] ?? 0));
      await sleep(1_000);
      await stop(server.child);
      const rows = readRows(target.dir, from, to);
      const bare = await measureBare(target.url, monitors / intervalSeconds, seconds);
      const [serverMs = 0, workerMs = 0, redisMs = 0] = used.map((ms) => ms / rows.checks);
      return { ...rows, bare, serverMs, workerMs, redisMs };
    } finally {
      await stop(server.child);
    }
  } finally {
    await stop(worker.child);
  }
}

async function pidOf(url: string): Promise<number> {
  const client = new Redis(url);
  const info = await client.info('server');
  client.disconnect();
  return Number(/process_id:(\d+)/.exec(info)?.[1]);
}
