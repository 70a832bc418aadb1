import { randomUUID } from 'node:crypto';
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
      const answer = await queues.results.publish(
        { v: 1, location: place, outcomes },
        { id: `${worker}-${batches++}` },
      );
      if (answer === 'full') throw new Error('the queue of results is full');
    },
  });
  queues.probesAt(location).consume(runner.run, { concurrency: BATCHES_AT_ONCE });
  const unsign = signWorker({ redisUrl, location, worker, clock, onError: onError('sign of life') });
  logger.info({ event: 'worker.started', location, worker });

  const stop = (signal: NodeJS.Signals) => {
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

run().catch((error: unknown) => {
  const coded = (error as { code?: string }).code === 'HINDCAST_QUEUE_UNAVAILABLE';
  process.stderr.write(`${coded ? (error as Error).message : (error as Error).stack}\n`);
  process.exit(1);
});
