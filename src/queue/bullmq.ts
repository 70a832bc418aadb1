import { Queue as BullQueue, type ConnectionOptions, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Queue } from './port.ts';

/** The queue with its handle in Redis, for those who only look. */
export interface BullmqQueue<T> extends Queue<T> {
  handle: BullQueue;
}

export interface BullmqOptions<T> {
  /** URL, or the absolute path of a socket. */
  redisUrl: string;
  name: string;
  /** Messages waiting or being handled, at most. */
  capacity: number;
  /** A worker that does not renew its lock for this long is dead, and its message is handed out again. */
  lockMs: number;
  /** The message, or why it cannot be one: versions and shapes are checked on the consuming end. */
  validate(data: unknown): { message: T } | { problem: string };
  onError(error: unknown): void;
}

/** Redis cannot be reached, or does not answer: nothing was added. */
export class QueueUnavailable extends Error {
  readonly code = 'HINDCAST_QUEUE_UNAVAILABLE';
}

/** A message is handed out until its handler takes it. */
const ATTEMPTS = Number.MAX_SAFE_INTEGER;
const MOST_STALLS = 1_000_000;
/** Handlers have this long to end after they were told to. */
const AFTER_ABORT_MS = 1_000;
const RETRY_MS = 500;
/** Two answers of a Redis that takes seconds for each. */
const PUBLISH_TIMEOUT_MS = 15_000;
const DEPTH_TIMEOUT_MS = 2_000;
/** After an error of Redis a worker asks again this soon. */
const ASK_AGAIN_MS = 1_000;
/** The depth is asked for this often; in between what was added here is counted. */
const DEPTH_FRESH_MS = 1_000;

/** The queue of the scaled-out shape. Loaded only when Redis is configured. */
export function createBullmqQueue<T>(options: BullmqOptions<T>): BullmqQueue<T> {
  const { redisUrl, name, capacity, lockMs, validate, onError } = options;
  const producerConnection = connect(redisUrl, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
  const producer = new BullQueue(name, { connection: producerConnection as unknown as ConnectionOptions });
  producerConnection.on('error', onError);
  producer.on('error', onError);
  let worker: Worker | null = null;
  let workerConnection: Redis | null = null;
  const abort = new AbortController();

  const running = new Set<Promise<void>>();
  const adding = new Set<string>();
  /** Messages there may be: the depth when it was asked for, and all that was added here since. */
  let most = Number.POSITIVE_INFINITY;
  let askedAt = 0;

  async function hasRoom(): Promise<boolean> {
    if (most >= capacity || performance.now() - askedAt > DEPTH_FRESH_MS) {
      askedAt = performance.now();
      most = (await depth()) + adding.size - 1;
    }
    return most < capacity;
  }

  async function add(message: T, jobId: string): Promise<'queued' | 'duplicate' | 'full'> {
    if (adding.has(jobId)) return 'duplicate';
    adding.add(jobId);
    try {
      const [known, room] = await Promise.all([producer.getJob(jobId), hasRoom()]);
      if (known) return 'duplicate';
      if (!room || most >= capacity) return 'full';
      most++;
      await producer.add(name, message, {
        jobId,
        attempts: ATTEMPTS,
        backoff: { type: 'fixed', delay: RETRY_MS },
        removeOnComplete: true,
        removeOnFail: { age: 3600, count: 1000 },
      });
      return 'queued';
    } finally {
      adding.delete(jobId);
    }
  }

  async function depth(): Promise<number> {
    const counts = await producer.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  return {
    handle: producer,
    publish: (message, { id }) => withinTime(() => add(message, jobIdOf(id)), PUBLISH_TIMEOUT_MS),
    consume(handler, { concurrency }) {
      if (worker) throw new Error('this queue has a consumer');
      workerConnection = connect(redisUrl, { maxRetriesPerRequest: null });
      workerConnection.on('error', onError);
      worker = new Worker(
        name,
        async (job) => {
          const read = validate(job.data);
          if ('problem' in read) return onError(new Error(`a message of ${name} was dropped: ${read.problem}`));
          const handling = handler(read.message, abort.signal);
          running.add(handling);
          await handling.finally(() => running.delete(handling));
        },
        {
          connection: workerConnection as unknown as ConnectionOptions,
          concurrency,
          lockDuration: lockMs,
          stalledInterval: Math.max(1_000, Math.floor(lockMs / 2)),
          maxStalledCount: MOST_STALLS,
          runRetryDelay: ASK_AGAIN_MS,
        },
      );
      worker.on('error', onError);
      worker.on('failed', (_job, error) => onError(error));
    },
    depth: () => withinTime(depth, DEPTH_TIMEOUT_MS),
    async close(graceMs) {
      await worker?.pause(true).catch(onError);
      const late = setTimeout(() => abort.abort(), graceMs);
      let last: NodeJS.Timeout | undefined;
      const deaf = new Promise<void>((resolve) => {
        last = setTimeout(resolve, graceMs + AFTER_ABORT_MS);
      });
      await Promise.race([Promise.allSettled([...running]), deaf]);
      clearTimeout(late);
      clearTimeout(last);
      // A handler that does not end keeps its lock until that runs out; then its message is handed out again.
      await worker?.close(running.size > 0).catch(onError);
      await producer.close().catch(onError);
      producerConnection.disconnect();
      workerConnection?.disconnect();
    },
  };
}

/** BullMQ takes neither colons nor plain numbers. */
function jobIdOf(id: string): string {
  return `m-${encodeURIComponent(id)}`;
}

export function connect(
  redisUrl: string,
  options: { maxRetriesPerRequest: number | null; enableOfflineQueue?: boolean },
): Redis {
  const retryStrategy = (times: number) => Math.min(2_000, 100 * times);
  const settings = { ...options, retryStrategy, lazyConnect: false };
  return redisUrl.startsWith('/') ? new Redis({ path: redisUrl, ...settings }) : new Redis(redisUrl, settings);
}

/** With another eviction policy Redis may drop jobs when memory is short: refused at start. */
export async function checkRedis(redisUrl: string): Promise<void> {
  const redis = connect(redisUrl, { maxRetriesPerRequest: 3 });
  redis.on('error', () => {});
  try {
    const info = await redis.info('memory').catch((cause: unknown) => {
      throw new QueueUnavailable('REDIS_URL: Redis does not answer there', { cause });
    });
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
    if (policy && policy !== 'noeviction') {
      throw new QueueUnavailable(
        `REDIS_URL: Redis has maxmemory-policy ${policy}, under which it may drop jobs; set it to noeviction`,
      );
    }
  } finally {
    redis.disconnect();
  }
}

async function withinTime<R>(work: () => Promise<R>, timeoutMs: number): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new QueueUnavailable('Redis does not answer')), timeoutMs);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    if (error instanceof QueueUnavailable) throw error;
    throw new QueueUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
