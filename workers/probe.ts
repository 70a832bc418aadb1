import { setTimeout as sleep } from 'node:timers/promises';
import { createProber } from '#src/probe/prober.ts';
import { createBatchRunner } from '#src/probe/run-batch.ts';
import { openRedisQueues } from '#src/queue/open.ts';
import { signWorker } from '#src/queue/workers.ts';
import { createSealer } from '#src/seal.ts';
import { runWorker, type WorkerProcess } from './process.ts';

/**
 * A probe process of one location: takes batches of checks from Redis, makes them, and sends the results back. It has
 * no database and keeps nothing; as many as wanted may run.
 */
const PROBES_AT_ONCE = 512;
const BATCHES_AT_ONCE = 50;
const GRACE_MS = 3_000;
const KEEP_RESULTS_MS = 100_000;
const SEND_AGAIN_MS = 1_000;

runWorker(async (self) => {
  const { config, worker, clock, onError } = self;
  const { location, redisUrl } = config;
  const queues = await openRedisQueues(redisUrl, onError('queue'));
  const prober = createProber({ targets: config.targets, open: createSealer(config.secretKey).open, clock });
  let batches = 0;
  const runner = createBatchRunner({
    prober,
    clock,
    concurrency: PROBES_AT_ONCE,
    onError: onError('probe'),
    async publish(place, outcomes) {
      const id = `${worker}-${batches++}`;
      await patiently(self, async () => {
        const answer = await queues.results.publish({ v: 1, location: place, outcomes }, { id });
        if (answer === 'full') throw new Error('the queue of results is full');
      });
    },
  });
  queues.probesAt(location).consume(runner.run, { concurrency: BATCHES_AT_ONCE });
  const unsign = signWorker({ redisUrl, location, worker, clock, onError: onError('sign of life') });
  return async () => {
    await unsign();
    await prober.close();
    await queues.close(GRACE_MS);
  };
});

/** What was measured is kept while Redis is away, for less time than a batch may take before it is handed out again. */
async function patiently({ clock, isStopping, onError }: WorkerProcess, work: () => Promise<void>): Promise<void> {
  const until = clock.monotonic() + KEEP_RESULTS_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isStopping() || clock.monotonic() > until) throw error;
      onError('results')(error);
      await sleep(SEND_AGAIN_MS);
    }
  }
}
