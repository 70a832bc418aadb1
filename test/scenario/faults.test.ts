import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { type CheckView, Cluster } from '../support/cluster.ts';
import { eventually, TestServer } from '../support/server.ts';
import { SlowProxy } from '../support/slow-proxy.ts';

/** Start and end of a check are read off two clocks, on a machine that does other things too. */
const CLOCKS_MS = 100;

/**
 * Faults of our own: nothing of what was measured may be lost, doubled or made up. The target is fine throughout, so
 * each check that counted must be up and have reached it once, and no incident but a blind one may be there.
 */
async function expectNothingMadeUp(cluster: Cluster, keys: readonly string[]): Promise<Map<string, CheckView[]>> {
  const rows = new Map<string, CheckView[]>();
  for (const key of keys) {
    const checks = await cluster.checks(key);
    rows.set(key, checks);
    expect(checks.filter(({ verdict }) => verdict === 'down' || verdict === 'degraded')).toEqual([]);
    const slots = checks.map(({ at, location }) => `${at} ${location}`);
    expect(new Set(slots).size, 'one row for each slot and location').toBe(slots.length);
    const hits = cluster.hits.get(`/${key}`) ?? [];
    const counted = checks.filter(({ verdict }) => verdict === 'up');
    expect(counted.length, 'every check that passed reached the target').toBeLessThanOrEqual(hits.length);
    for (const { startedAt, endedAt } of counted) {
      const off = hits.map((at) => Math.max(Date.parse(startedAt) - at, at - Date.parse(endedAt), 0));
      expect(Math.min(...off), `ms from the check at ${startedAt} to its request`).toBeLessThanOrEqual(CLOCKS_MS);
    }
    const { uptimePercent } = await cluster.server.get<{ uptimePercent: number }>(`/monitors/${key}/uptime?window=24h`);
    expect(uptimePercent).toBe(100);
  }
  expect((await cluster.incidents()).filter(({ kind }) => kind !== 'blind')).toEqual([]);
  return rows;
}

const rowsSince = (checks: readonly CheckView[], since: number) =>
  checks.filter(({ startedAt }) => Date.parse(startedAt) >= since);

describe.concurrent('nothing is lost, doubled or made up when', { timeout: 240_000 }, () => {
  it('a worker is killed with checks in flight, and another goes on', async () => {
    await using cluster = await Cluster.start();
    cluster.delayMs = 300;
    const first = cluster.worker();
    const keys = await cluster.watch(20);
    await cluster.freshCheck('m1', 0);
    cluster.worker();
    await sleep(3_000);
    await first.end('SIGKILL');
    const killedAt = Date.now();
    await cluster.freshCheck('m1', killedAt, 10_000);
    await sleep(15_000);
    const rows = await expectNothingMadeUp(cluster, keys);
    for (const key of keys) {
      const later = rowsSince(rows.get(key) ?? [], killedAt + 8_000).filter(({ verdict }) => verdict === 'up');
      expect(later.length, 'the other one makes all checks').toBeGreaterThanOrEqual(5);
    }
  });

  it('the server is killed for a minute while workers go on', async () => {
    await using cluster = await Cluster.start();
    cluster.worker();
    const keys = await cluster.watch(5);
    await cluster.freshCheck('m1', 0);
    // What is queued when the server dies is made meanwhile, and comes back with its own times.
    cluster.delayMs = 900;
    await sleep(2_500);
    await cluster.server.end('SIGKILL');
    const diedAt = Date.now();
    await sleep(60_000);
    cluster.delayMs = 0;
    await cluster.server.start();
    const backAt = Date.now();
    await cluster.freshCheck('m1', backAt, 15_000);
    const rows = await expectNothingMadeUp(cluster, keys);
    const hitsMeanwhile = keys.flatMap((key) =>
      (cluster.hits.get(`/${key}`) ?? []).filter((at) => at > diedAt - 900 && at < backAt - 5_000),
    );
    const kept = keys.flatMap((key) =>
      rowsSince(rows.get(key) ?? [], diedAt - 1_000).filter(({ startedAt }) => Date.parse(startedAt) < backAt - 5_000),
    );
    expect(hitsMeanwhile.length, 'checks were under way when it died').toBeGreaterThan(0);
    expect(kept.filter(({ verdict }) => verdict === 'up').length).toBeGreaterThanOrEqual(hitsMeanwhile.length - 1);
    const uptime = await cluster.server.get<{ unobservedSeconds: number }>('/monitors/m1/uptime?window=24h');
    expect(uptime.unobservedSeconds).toBeGreaterThan(50);
    expect(uptime.unobservedSeconds).toBeLessThan(75);
  });

  it('Redis is away for a minute, and comes back empty', async () => {
    await using cluster = await Cluster.start();
    cluster.worker();
    const keys = await cluster.watch(5);
    await cluster.freshCheck('m1', 0);
    await cluster.redis.kill();
    const goneAt = Date.now();
    await sleep(2_000);
    expect((await cluster.server.call('GET', '/monitors')).status, 'reads work without it').toBe(200);
    expect((await cluster.server.call('GET', '/incidents')).status).toBe(200);
    await sleep(58_000);
    await cluster.redis.restart();
    const backAt = Date.now();
    await cluster.freshCheck('m1', backAt, 10_000);
    await sleep(3_000);
    const rows = await expectNothingMadeUp(cluster, keys);
    for (const key of keys)
      expect(
        rowsSince(rows.get(key) ?? [], goneAt + 3_000).filter(
          ({ verdict, startedAt }) => verdict === 'up' && Date.parse(startedAt) < backAt,
        ),
      ).toEqual([]);
    const uptime = await cluster.server.get<{ unobservedSeconds: number }>('/monitors/m1/uptime?window=24h');
    expect(uptime.unobservedSeconds).toBeGreaterThan(50);
  });

  it('Redis is flushed again and again, and its clients are cut off each second', async () => {
    await using cluster = await Cluster.start();
    cluster.worker();
    const keys = await cluster.watch(5);
    await cluster.freshCheck('m1', 0);
    const admin = new Redis(cluster.redis.url);
    try {
      for (let second = 0; second < 20; second++) {
        if (second % 5 === 0) await admin.flushall();
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await sleep(1_000);
      }
    } finally {
      admin.disconnect();
    }
    const calmAt = Date.now();
    await cluster.freshCheck('m1', calmAt, 10_000);
    await eventually('the location is healthy', async () => ((await cluster.locations())[0]?.healthy ? true : null));
    await sleep(8_000);
    const rows = await expectNothingMadeUp(cluster, keys);
    for (const key of keys)
      expect(
        rowsSince(rows.get(key) ?? [], calmAt).filter(({ verdict }) => verdict === 'up').length,
      ).toBeGreaterThanOrEqual(3);
  });

  it('Redis is out of memory for a while', async () => {
    await using cluster = await Cluster.start();
    cluster.worker();
    const keys = await cluster.watch(5);
    await cluster.freshCheck('m1', 0);
    const admin = new Redis(cluster.redis.url);
    try {
      await admin.config('SET', 'maxmemory', '1mb');
      await sleep(15_000);
      expect((await cluster.server.call('GET', '/monitors')).status).toBe(200);
      await admin.config('SET', 'maxmemory', '0');
    } finally {
      admin.disconnect();
    }
    const calmAt = Date.now();
    await cluster.freshCheck('m1', calmAt, 10_000);
    await sleep(3_000);
    await expectNothingMadeUp(cluster, keys);
  });

  it('Redis takes five seconds for each answer', async () => {
    let proxy: SlowProxy | null = null;
    await using cluster = await Cluster.start({
      proxied: async ({ port }) => {
        proxy = await SlowProxy.start(port);
        return `redis://127.0.0.1:${proxy.port}`;
      },
    });
    await using slow = proxy as unknown as SlowProxy;
    cluster.worker();
    const keys = await cluster.watch(5, { intervalSeconds: 30, timeoutSeconds: 2 });
    await cluster.freshCheck('m1', 0, 45_000);
    slow.delayMs = 2_500;
    await sleep(90_000);
    await expectNothingMadeUp(cluster, keys);
    slow.delayMs = 0;
    await cluster.freshCheck('m1', Date.now(), 60_000);
    await expectNothingMadeUp(cluster, keys);
  });

  it('a worker stands still for a minute and goes on', async () => {
    await using cluster = await Cluster.start();
    cluster.delayMs = 300;
    const stopped = cluster.worker();
    const keys = await cluster.watch(5);
    await cluster.freshCheck('m1', 0);
    await sleep(2_000);
    stopped.signal('SIGSTOP');
    await eventually(
      'the location is lost',
      async () => ((await cluster.locations())[0]?.healthy === false ? true : null),
      15_000,
    );
    await sleep(48_000);
    stopped.signal('SIGCONT');
    const backAt = Date.now();
    await cluster.freshCheck('m1', backAt, 10_000);
    await sleep(3_000);
    const rows = await expectNothingMadeUp(cluster, keys);
    const hits = (cluster.hits.get('/m1') ?? []).filter((at) => at > backAt && at < backAt + 2_000);
    expect(hits.length, 'what was due meanwhile is not made up for in a burst').toBeLessThanOrEqual(4);
    expect(rowsSince(rows.get('m1') ?? [], backAt).some(({ verdict }) => verdict === 'up')).toBe(true);
  });

  it('a second server is started by mistake', async () => {
    await using cluster = await Cluster.start();
    cluster.worker();
    const keys = await cluster.watch(5);
    await cluster.freshCheck('m1', 0);
    const same = TestServer.start({ ...cluster.env, HINDCAST_DATA_DIR: cluster.server.dir });
    await expect(same).rejects.toThrow('another Hindcast server is using the data folder');
    // One with a folder of its own would take the first one's results for checks of monitors that it does not have.
    await expect(TestServer.start(cluster.env)).rejects.toThrow('REDIS_URL: another Hindcast server');
    const since = Date.now();
    await sleep(10_000);
    const rows = await expectNothingMadeUp(cluster, keys);
    for (const key of keys)
      expect(
        rowsSince(rows.get(key) ?? [], since).filter(({ verdict }) => verdict === 'up').length,
      ).toBeGreaterThanOrEqual(7);
  });
});
