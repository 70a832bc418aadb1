import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRedis, createBullmqQueue } from '#src/queue/bullmq.ts';
import { createInProcessQueue } from '#src/queue/in-process.ts';
import type { Queue } from '#src/queue/port.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/server.ts';

const HANDLER = new URL('../support/queue-handler.ts', import.meta.url).pathname;

interface Message {
  n: number;
}

type Open = (options: { capacity: number; onError?: (error: unknown) => void }) => Queue<Message>;

let redis: TestRedis;
let names = 0;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

const shapes: [string, Open][] = [
  [
    'in process',
    ({ capacity, onError = () => {} }) => createInProcessQueue<Message>({ capacity, retryDelayMs: 10, onError }),
  ],
  [
    'on Redis',
    ({ capacity, onError = () => {} }) =>
      createBullmqQueue<Message>({
        redisUrl: redis.url,
        name: `contract-${names++}`,
        capacity,
        lockMs: 5_000,
        validate: (data) =>
          typeof (data as Message).n === 'number' ? { message: data as Message } : { problem: 'no n' },
        onError,
      }),
  ],
];

/** A promise that is resolved from outside. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe.each(shapes)('a queue %s', (_, open) => {
  it('hands out every message, first come first served', async () => {
    const queue = open({ capacity: 100 });
    const got: number[] = [];
    for (let n = 0; n < 20; n++) expect(await queue.publish({ n }, { id: `m${n}` })).toBe('queued');
    queue.consume(async ({ n }) => void got.push(n), { concurrency: 1 });
    await eventually('all', () => (got.length === 20 ? true : null));
    expect(got).toEqual(Array.from({ length: 20 }, (_x, n) => n));
    await eventually('it is empty', async () => ((await queue.depth()) === 0 ? true : null));
    await queue.close(1_000);
  });

  it('takes no second message of an id while the first is waiting or handled, and takes it again afterwards', async () => {
    const queue = open({ capacity: 100 });
    const { open: finish, opened } = gate();
    let handled = 0;
    await queue.publish({ n: 1 }, { id: 'same' });
    expect(await queue.publish({ n: 1 }, { id: 'same' })).toBe('duplicate');
    let started = false;
    queue.consume(
      async () => {
        started = true;
        await opened;
        handled++;
      },
      { concurrency: 2 },
    );
    await eventually('it is being handled', () => started || null);
    expect(await queue.publish({ n: 1 }, { id: 'same' })).toBe('duplicate');
    finish();
    await eventually('it is done', async () => ((await queue.depth()) === 0 ? true : null));
    expect(handled).toBe(1);
    expect(await queue.publish({ n: 2 }, { id: 'same' })).toBe('queued');
    await eventually('the second is done', () => (handled === 2 ? true : null));
    await queue.close(1_000);
  });

  it('hands a message out again when its handler throws, and reports why', async () => {
    const errors: unknown[] = [];
    const queue = open({ capacity: 100, onError: (error) => errors.push(error) });
    let attempts = 0;
    queue.consume(
      async () => {
        if (++attempts < 3) throw new Error('not yet');
      },
      { concurrency: 1 },
    );
    await queue.publish({ n: 1 }, { id: 'retry' });
    await eventually('the third attempt', () => (attempts === 3 ? true : null));
    await eventually('it is done', async () => ((await queue.depth()) === 0 ? true : null));
    expect(errors.map(String).filter((text) => text.includes('not yet'))).toHaveLength(2);
    await queue.close(1_000);
  });

  it('refuses more than its capacity', async () => {
    const queue = open({ capacity: 3 });
    for (let n = 0; n < 3; n++) expect(await queue.publish({ n }, { id: `c${n}` })).toBe('queued');
    expect(await queue.publish({ n: 3 }, { id: 'c3' })).toBe('full');
    expect(await queue.depth()).toBe(3);
    await queue.close(1_000);
  });

  it('handles as many at once as it was told, and not more', async () => {
    const queue = open({ capacity: 100 });
    let running = 0;
    let most = 0;
    let done = 0;
    for (let n = 0; n < 12; n++) await queue.publish({ n }, { id: `p${n}` });
    queue.consume(
      async () => {
        most = Math.max(most, ++running);
        await sleep(20);
        running--;
        done++;
      },
      { concurrency: 4 },
    );
    await eventually('all', () => (done === 12 ? true : null));
    expect(most).toBe(4);
    await queue.close(1_000);
  });

  it('lets handlers finish when it is closed', async () => {
    const queue = open({ capacity: 100 });
    let finished = false;
    let started = false;
    queue.consume(
      async () => {
        started = true;
        await sleep(150);
        finished = true;
      },
      { concurrency: 1 },
    );
    await queue.publish({ n: 1 }, { id: 'slow' });
    await eventually('it started', () => started || null);
    await queue.close(5_000);
    expect(finished).toBe(true);
  });

  it('aborts the signal of handlers that outlast the grace', async () => {
    const queue = open({ capacity: 100 });
    let aborted = false;
    let started = false;
    queue.consume(
      (_message, signal) => {
        started = true;
        return new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve();
          }),
        );
      },
      { concurrency: 1 },
    );
    await queue.publish({ n: 1 }, { id: 'endless' });
    await eventually('it started', () => started || null);
    await queue.close(100);
    expect(aborted).toBe(true);
  });

  it('is closed even when a handler does not listen to its signal', async () => {
    const queue = open({ capacity: 100 });
    let started = false;
    queue.consume(
      () => {
        started = true;
        return new Promise(() => {});
      },
      { concurrency: 1 },
    );
    await queue.publish({ n: 1 }, { id: 'deaf' });
    await eventually('it started', () => started || null);
    await queue.close(50);
  });

  it('takes ids of any form', async () => {
    const queue = open({ capacity: 100 });
    for (const id of ['7', 'a:b', 'a-b', 'a b/c%']) expect(await queue.publish({ n: 1 }, { id })).toBe('queued');
    expect(await queue.depth()).toBe(4);
    await queue.close(1_000);
  });

  it('keeps to its ids and its capacity when messages are published all at once', async () => {
    const queue = open({ capacity: 3 });
    const same = await Promise.all([1, 2].map((n) => queue.publish({ n }, { id: 'same' })));
    expect(same.sort()).toEqual(['duplicate', 'queued']);
    await Promise.all([1, 2, 3, 4].map((n) => queue.publish({ n }, { id: `m${n}` })));
    expect(await queue.depth()).toBe(3);
    await queue.close(1_000);
  });
});

describe('a queue on Redis', () => {
  it('hands a message out again when the process that handled it was killed', { timeout: 30_000 }, async () => {
    const name = `contract-${names++}`;
    const lockMs = 1_000;
    const validate = (data: unknown) => ({ message: data as Message });
    const queue = createBullmqQueue<Message>({
      redisUrl: redis.url,
      name,
      capacity: 10,
      lockMs,
      validate,
      onError: () => {},
    });
    const child = spawn(process.execPath, [HANDLER, redis.url, name, String(lockMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await queue.publish({ n: 7 }, { id: 'orphan' });
    const [taken] = (await once(child.stdout, 'data')) as [Buffer];
    expect(JSON.parse(taken.toString())).toEqual({ n: 7 });
    const killed = once(child, 'exit');
    child.kill('SIGKILL');
    await killed;
    const got: Message[] = [];
    queue.consume(async (message) => void got.push(message), { concurrency: 1 });
    await eventually('it is handed out again', () => (got.length === 1 ? true : null));
    expect(got).toEqual([{ n: 7 }]);
    await queue.close(1_000);
  });

  it('never gives a message up, however often its handler throws', { timeout: 30_000 }, async () => {
    const raw = new Redis(redis.url);
    const name = `contract-${names++}`;
    const queue = createBullmqQueue<Message>({
      redisUrl: redis.url,
      name,
      capacity: 10,
      lockMs: 5_000,
      validate: (data) => ({ message: data as Message }),
      onError: () => {},
    });
    await queue.publish({ n: 1 }, { id: 'stubborn' });
    const [key = ''] = (await raw.keys(`bull:${name}:*stubborn*`)).filter((each) => each.endsWith('stubborn'));
    // As after a night of failures.
    await raw.hset(key, 'atm', 100_000);
    let attempts = 0;
    queue.consume(
      async () => {
        if (++attempts < 2) throw new Error('the disk is still full');
      },
      { concurrency: 1 },
    );
    await eventually('it is handed out again', () => (attempts === 2 ? true : null));
    await eventually('it is done', async () => ((await queue.depth()) === 0 ? true : null));
    await queue.close(1_000);
    raw.disconnect();
  });

  it('refuses a Redis that may drop messages when memory is short', async () => {
    const raw = new Redis(redis.url);
    await raw.config('SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      await expect(checkRedis(redis.url)).rejects.toMatchObject({
        code: 'HINDCAST_QUEUE_UNAVAILABLE',
        message: expect.stringContaining('noeviction'),
      });
    } finally {
      await raw.config('SET', 'maxmemory-policy', 'noeviction');
      raw.disconnect();
    }
    await checkRedis(redis.url);
  });

  it('drops a message that is not of its version, says so, and goes on', async () => {
    const errors: unknown[] = [];
    const name = `contract-${names++}`;
    const settings = { redisUrl: redis.url, name, capacity: 10, lockMs: 5_000 };
    const sender = createBullmqQueue<unknown>({
      ...settings,
      validate: (data) => ({ message: data }),
      onError: () => {},
    });
    const receiver = createBullmqQueue<Message>({
      ...settings,
      validate: (data) =>
        typeof (data as Message).n === 'number' ? { message: data as Message } : { problem: 'no n' },
      onError: (error) => errors.push(error),
    });
    await sender.publish({ other: true }, { id: 'a' });
    await sender.publish({ n: 7 }, { id: 'b' });
    const got: number[] = [];
    receiver.consume(async ({ n }) => void got.push(n), { concurrency: 1 });
    await eventually('the good one', () => (got.length === 1 ? true : null));
    expect(got).toEqual([7]);
    expect(errors.map(String)).toEqual([expect.stringContaining('no n')]);
    await Promise.all([sender.close(1_000), receiver.close(1_000)]);
  });

  it('says within seconds that Redis is away instead of waiting for it', { timeout: 30_000 }, async () => {
    await using own = await startRedis();
    const queue = createBullmqQueue<Message>({
      redisUrl: own.url,
      name: 'away',
      capacity: 10,
      lockMs: 5_000,
      validate: (data) => ({ message: data as Message }),
      onError: () => {},
    });
    expect(await queue.publish({ n: 1 }, { id: 'x' })).toBe('queued');
    await own.kill();
    await expect(queue.publish({ n: 2 }, { id: 'y' })).rejects.toMatchObject({ code: 'HINDCAST_QUEUE_UNAVAILABLE' });
    await own.restart();
    await eventually('it takes messages again', () => queue.publish({ n: 3 }, { id: 'z' }).catch(() => null));
    await queue.close(1_000);
  });
});
