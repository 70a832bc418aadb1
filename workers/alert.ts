import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { ConfigError, parseWorkerConfig, type WorkerConfig } from '#config/config.ts';
import { createLinkSigner } from '#src/alert/acknowledge-link.ts';
import { runErrand } from '#src/alert/hand-out.ts';
import { createSend } from '#src/alert/send.ts';
import type { Clock } from '#src/domain/clock.ts';
import { createGuardedAgent, createGuardedDial } from '#src/probe/address-guard.ts';
import { ALERT_WORKERS_KEY } from '#src/queue/names.ts';
import { openErrandQueues } from '#src/queue/open.ts';
import { signWorker } from '#src/queue/workers.ts';
import { createSealer } from '#src/seal.ts';

/**
 * Delivers alerts for the server while it runs: takes errands from Redis, makes the attempt, and says what came of it.
 * It has no database; what to send, and when to send it again, the server decides.
 */
const AT_ONCE = 50;
const GRACE_MS = 5_000;
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
  const { redisUrl, targets, location } = config;
  const sealer = createSealer(config.secretKey);
  const queues = await openErrandQueues(redisUrl, onError('queue'));
  const send = createSend({
    clock,
    agent: createGuardedAgent(targets),
    dial: createGuardedDial(targets),
    open: sealer.open,
    signLink: createLinkSigner(sealer.derive('acknowledge link')).sign,
  });
  queues.errands.consume(
    async (errand) => {
      const done = await runErrand(errand, send, clock);
      if (!done) return;
      const { alertId } = errand.delivery;
      logger.info({ event: 'alert.attempted', alertId, channel: errand.channel.key, outcome: done.outcome.outcome });
      await queues.done.publish(done, { id: done.id });
    },
    { concurrency: AT_ONCE },
  );
  const worker = randomUUID();
  const unsign = signWorker({
    redisUrl,
    location,
    worker,
    key: ALERT_WORKERS_KEY,
    clock,
    onError: onError('sign of life'),
  });
  logger.info({ event: 'worker.started', worker });

  const stop = (signal: NodeJS.Signals) => {
    logger.info({ event: 'worker.stopping', signal });
    setTimeout(() => process.exit(1), STOP_MS).unref();
    void (async () => {
      await unsign();
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
