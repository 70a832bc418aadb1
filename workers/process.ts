import { randomUUID } from 'node:crypto';
import { type Logger, pino } from 'pino';
import { ConfigError, parseWorkerConfig, type WorkerConfig } from '#config/config.ts';
import type { Clock } from '#src/domain/clock.ts';

/** What a process beside the server has: its configuration, its name among its kind, and the ways to speak. */
export interface WorkerProcess {
  config: WorkerConfig;
  worker: string;
  clock: Clock;
  logger: Logger;
  onError(stage: string): (error: unknown) => void;
  /** It was told to end. */
  isStopping(): boolean;
}

/** After this long a stop that hangs is ended by force. */
const STOP_MS = 7_500;

/**
 * Runs a process that takes its work from Redis. `start` begins it and answers with what ends it, which SIGTERM and
 * SIGINT call. Mistakes of the operator are told in words; everything else is a bug and keeps its stack.
 */
export function runWorker(start: (process: WorkerProcess) => Promise<() => Promise<void>>): void {
  const config = readConfig();
  const logger = pino({ level: config.logLevel, base: null });
  const worker = randomUUID();
  let stopping = false;
  const begun = start({
    config,
    worker,
    logger,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    onError: (stage) => (error) => logger.error({ event: 'stage.error', stage, err: error }),
    isStopping: () => stopping,
  });
  begun.then(
    (end) => {
      logger.info({ event: 'worker.started', location: config.location, worker });
      const stop = (signal: NodeJS.Signals) => {
        stopping = true;
        logger.info({ event: 'worker.stopping', signal });
        setTimeout(() => process.exit(1), STOP_MS).unref();
        void end().then(() => process.exit(0));
      };
      process.once('SIGTERM', stop);
      process.once('SIGINT', stop);
    },
    (error: unknown) => {
      const coded = (error as { code?: string }).code === 'HINDCAST_QUEUE_UNAVAILABLE';
      fail(coded ? (error as Error).message : (error as Error).stack);
    },
  );
}

function readConfig(): WorkerConfig {
  try {
    return parseWorkerConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return fail(error.message);
  }
}

function fail(message: string | undefined): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
