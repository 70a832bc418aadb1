import { createLinkSigner } from '#src/alert/acknowledge-link.ts';
import { runErrand } from '#src/alert/hand-out.ts';
import { createSend } from '#src/alert/send.ts';
import { createGuardedAgent, createGuardedDial } from '#src/probe/address-guard.ts';
import { ALERT_WORKERS_KEY } from '#src/queue/names.ts';
import { openErrandQueues } from '#src/queue/open.ts';
import { signWorker } from '#src/queue/workers.ts';
import { createSealer } from '#src/seal.ts';
import { runWorker } from './process.ts';

/**
 * Delivers alerts for the server while it runs: takes errands from Redis, makes the attempt, and says what came of it.
 * It has no database; what to send, and when to send it again, the server decides.
 */
const AT_ONCE = 50;
const GRACE_MS = 5_000;

runWorker(async ({ config, worker, clock, logger, onError }) => {
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
  const key = ALERT_WORKERS_KEY;
  const unsign = signWorker({ redisUrl, location, worker, key, clock, onError: onError('sign of life') });
  return async () => {
    await unsign();
    await queues.close(GRACE_MS);
  };
});
