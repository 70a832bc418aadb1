import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { ConfigError, parseWorkerConfig, type WorkerConfig } from '#config/config.ts';
import type { Clock } from '#src/domain/clock.ts';
import { createProber } from '#src/probe/prober.ts';
import { createBatchRunner } from '#src/probe/run-batch.ts';
import { openRedisQueues } from '#src/queue/open.ts';
import { signWorker } from '#src/queue/workers.ts';
import { createSealer } from '#src/seal.ts';

/**
 * A probe process of one location: takes batches of checks from Redis, makes them, and sends the results back. It has
 * no database and keeps nothing; as many as wanted may run.
 */
const PROBES_AT_ONCE = 512;
const BATCHES_AT_ONCE = 50;
const GRACE_MS = 3_000;
const STOP_MS = 7_500;
const KEEP_RESULTS_MS = 100_000;
const SEND_AGAIN_MS = 1_000;
let stopping = false;

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

function readConfig(): WorkerConfig {
  try {
    return parseWorkerConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const logger = pino({ level: config.logLevel, base: null });
const onError = (stage: string) => (error: unknown) => logger.error({ event: 'stage.error', stage, err: error });

async function run(): Promise<void> {
  const { location, redisUrl } = config;
  const queues = await openRedisQueues(redisUrl, onError('queue'));
  const prober = createProber({ targets: config.targets, open: createSealer(config.secretKey).open, clock });
  let batches = 0;
  const worker = randomUUID();
  const runner = createBatchRunner({
    prober,
    clock,
    concurrency: PROBES_AT_ONCE,
    onError: onError('probe'),
    async publish(place, outcomes) {
      const id = `${worker}-${batches++}`;
      await patiently(async () => {
        const answer = await queues.results.publish({ v: 1, location: place, outcomes }, { id });
        if (answer === 'full') throw new Error('the queue of results is full');
      }, onError('results'));
    },
  });
  queues.probesAt(location).consume(runner.run, { concurrency: BATCHES_AT_ONCE });
  const unsign = signWorker({ redisUrl, location, worker, clock, onError: onError('sign of life') });
  logger.info({ event: 'worker.started', location, worker });

  const stop = (signal: NodeJS.Signals) => {
    stopping = true;
    logger.info({ event: 'worker.stopping', signal });
    setTimeout(() => process.exit(1), STOP_MS).unref();
    void (async () => {
      await unsign();
      await prober.close();
      await queues.close(GRACE_MS);
      process.exit(0);
    })();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** What was measured is kept while Redis is away, for less time than a batch may take before it is handed out again. */
async function patiently(work: () => Promise<void>, report: (error: unknown) => void): Promise<void> {
  const until = clock.monotonic() + KEEP_RESULTS_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (stopping || clock.monotonic() > until) throw error;
      report(error);
      await sleep(SEND_AGAIN_MS);
    }
  }
}

run().catch((error: unknown) => {
  const coded = (error as { code?: string }).code === 'HINDCAST_QUEUE_UNAVAILABLE';
  process.stderr.write(`${coded ? (error as Error).message : (error as Error).stack}\n`);
  process.exit(1);
});
