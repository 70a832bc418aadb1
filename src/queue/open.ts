import { createInProcessQueue } from './in-process.ts';
import type { ProbeBatch, ResultBatch } from './messages.ts';
import { probeQueueName, RESULTS_QUEUE } from './names.ts';
import type { Queue } from './port.ts';
import { validateProbeBatch, validateResultBatch } from './validate.ts';

export interface Queues {
  /** The queue of checks for a location, opened when first asked for. */
  probesAt(location: string): Queue<ProbeBatch>;
  results: Queue<ResultBatch>;
  close(graceMs: number): Promise<void>;
}

/** Batches of up to 100 checks, and of up to 50 results. */
const PROBE_CAPACITY = 2_000;
const RESULT_CAPACITY = 20_000;
/** More than twice the longest timeout, and 15 s. */
const LOCK_MS = 135_000;

/** Everything in this process. */
export function openInProcessQueues(onError: (error: unknown) => void): Queues {
  const probes = new Map<string, Queue<ProbeBatch>>();
  const results = createInProcessQueue<ResultBatch>({ capacity: RESULT_CAPACITY, onError });
  return withClose(probes, results, () => createInProcessQueue<ProbeBatch>({ capacity: PROBE_CAPACITY, onError }));
}

/** On Redis. @throws QueueUnavailable when Redis does not answer, or may drop jobs. */
export async function openRedisQueues(redisUrl: string, onError: (error: unknown) => void): Promise<Queues> {
  const { checkRedis, createBullmqQueue } = await import('./bullmq.ts');
  await checkRedis(redisUrl);
  const shared = { redisUrl, lockMs: LOCK_MS, onError };
  const results = createBullmqQueue<ResultBatch>({
    ...shared,
    name: RESULTS_QUEUE,
    capacity: RESULT_CAPACITY,
    validate: validateResultBatch,
  });
  return withClose(new Map(), results, (location) =>
    createBullmqQueue<ProbeBatch>({
      ...shared,
      name: probeQueueName(location),
      capacity: PROBE_CAPACITY,
      validate: validateProbeBatch,
    }),
  );
}

function withClose(
  probes: Map<string, Queue<ProbeBatch>>,
  results: Queue<ResultBatch>,
  open: (location: string) => Queue<ProbeBatch>,
): Queues {
  return {
    probesAt(location) {
      const queue = probes.get(location) ?? open(location);
      probes.set(location, queue);
      return queue;
    },
    results,
    async close(graceMs) {
      await Promise.all([...probes.values()].map((queue) => queue.close(graceMs)));
      await results.close(graceMs);
    },
  };
}
