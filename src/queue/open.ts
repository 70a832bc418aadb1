import { createInProcessQueue } from './in-process.ts';
import type { Errand, ErrandDone, ProbeBatch, ResultBatch } from './messages.ts';
import { ERRANDS_DONE_QUEUE, ERRANDS_QUEUE, probeQueueName, RESULTS_QUEUE } from './names.ts';
import type { Queue } from './port.ts';
import { validateErrand, validateErrandDone, validateProbeBatch, validateResultBatch } from './validate.ts';

export interface Queues {
  /** The queue of checks for a location, opened when first asked for. */
  probesAt(location: string): Queue<ProbeBatch>;
  results: Queue<ResultBatch>;
  /** Messages that wait or are being handled, of every queue that is open. Without those that do not answer. */
  depths(): Promise<{ queue: string; depth: number }[]>;
  /** A page that shows the queues; null without Redis. */
  openBoard: (() => Promise<QueueBoard>) | null;
  close(graceMs: number): Promise<void>;
}

/** A page for operators: a plugin of the HTTP server. */
export interface QueueBoard {
  path: string;
  plugin: unknown;
  /** Shows the queues that were opened meanwhile. */
  refresh(): void;
}

/** Batches of up to 100 checks, and of up to 100 results. */
const PROBE_CAPACITY = 2_000;
const RESULT_CAPACITY = 20_000;
/** More than twice the longest timeout, and 15 s. */
const LOCK_MS = 135_000;

/** Everything in this process. */
export function openInProcessQueues(onError: (error: unknown) => void): Queues {
  const probes = new Map<string, Queue<ProbeBatch>>();
  const results = createInProcessQueue<ResultBatch>({ capacity: RESULT_CAPACITY, onError });
  const open = () => createInProcessQueue<ProbeBatch>({ capacity: PROBE_CAPACITY, onError });
  return { ...together(probes, results, open), openBoard: null };
}

/** On Redis. @throws QueueUnavailable when Redis does not answer, or may drop jobs. */
export async function openRedisQueues(redisUrl: string, onError: (error: unknown) => void): Promise<Queues> {
  const { checkRedis, createBullmqQueue } = await import('./bullmq.ts');
  await checkRedis(redisUrl);
  const shared = { redisUrl, lockMs: LOCK_MS, onError };
  const openResults = () =>
    createBullmqQueue<ResultBatch>({
      ...shared,
      name: RESULTS_QUEUE,
      capacity: RESULT_CAPACITY,
      validate: validateResultBatch,
    });
  const openProbes = (location: string) =>
    createBullmqQueue<ProbeBatch>({
      ...shared,
      name: probeQueueName(location),
      capacity: PROBE_CAPACITY,
      validate: validateProbeBatch,
    });
  const results = openResults();
  const probes = new Map<string, ReturnType<typeof openProbes>>();
  return {
    ...together(probes, results, openProbes),
    async openBoard() {
      const { createQueueBoard } = await import('./board.ts');
      return createQueueBoard(() => [results.handle, ...[...probes.values()].map(({ handle }) => handle)]);
    },
  };
}

/** The way of alerts to workers that deliver them, and back. */
export interface ErrandQueues {
  errands: Queue<Errand>;
  done: Queue<ErrandDone>;
  close(graceMs: number): Promise<void>;
}

const ERRAND_CAPACITY = 10_000;
/** Longer than an attempt takes. */
const ERRAND_LOCK_MS = 30_000;

/** On Redis. */
export async function openErrandQueues(redisUrl: string, onError: (error: unknown) => void): Promise<ErrandQueues> {
  const { createBullmqQueue } = await import('./bullmq.ts');
  const shared = { redisUrl, lockMs: ERRAND_LOCK_MS, capacity: ERRAND_CAPACITY, onError };
  const errands = createBullmqQueue<Errand>({ ...shared, name: ERRANDS_QUEUE, validate: validateErrand });
  const done = createBullmqQueue<ErrandDone>({ ...shared, name: ERRANDS_DONE_QUEUE, validate: validateErrandDone });
  return {
    errands,
    done,
    async close(graceMs) {
      await Promise.all([errands.close(graceMs), done.close(graceMs)]);
    },
  };
}

function together<P extends Queue<ProbeBatch>>(
  probes: Map<string, P>,
  results: Queue<ResultBatch>,
  open: (location: string) => P,
): Omit<Queues, 'openBoard'> {
  return {
    probesAt(location) {
      const queue = probes.get(location) ?? open(location);
      probes.set(location, queue);
      return queue;
    },
    results,
    async depths() {
      const named = [['results', results] as const, ...[...probes].map(([name, q]) => [`probe-${name}`, q] as const)];
      const read = await Promise.all(
        named.map(async ([queue, { depth }]) => ({ queue, depth: await depth().catch(() => null) })),
      );
      return read.flatMap(({ queue, depth }) => (depth === null ? [] : [{ queue, depth }]));
    },
    async close(graceMs) {
      await Promise.all([...probes.values()].map((queue) => queue.close(graceMs)));
      await results.close(graceMs);
    },
  };
}
