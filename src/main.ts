import './heap.ts';
import { pino } from 'pino';
import { ConfigError } from '#config/config.ts';
import { loadConfig } from '#config/load.ts';
import { compose } from './compose.ts';
import type { Clock } from './domain/clock.ts';
import { SealError } from './seal.ts';
import { StoreError } from './store/database.ts';

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
/** After this long a stop that hangs is ended by force. */
const STOP_MS = 7_500;

/** Mistakes of the operator are told in words; everything else is a bug and keeps its stack. */
function fail(error: unknown): never {
  const expected = error instanceof ConfigError || error instanceof StoreError || error instanceof SealError;
  const coded = (error as { code?: string }).code ?? '';
  const told = ['HINDCAST_QUEUE_UNAVAILABLE', 'HINDCAST_CONFIG_FILE'].includes(coded);
  if (expected || told) process.stderr.write(`${(error as Error).message}\n`);
  else if (coded === 'EADDRINUSE')
    process.stderr.write('PORT: something else listens on that address; give another port\n');
  else if (coded === 'EACCES' || coded === 'EADDRNOTAVAIL' || coded === 'EROFS')
    process.stderr.write(`${(error as Error).message}\n`);
  else process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

try {
  const config = loadConfig(process.env);
  const logger = pino({ level: config.logLevel, base: null });
  const service = await compose({ config, clock, logger, onFatal: (error) => end(error) });
  logger.info({ event: 'server.listening', url: service.url, dataDir: config.dataDir });
  if (service.newAdminKey) welcome(service.url, service.newAdminKey);

  const end = (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    stop('SIGTERM', 1);
  };
  let stopping = false;
  const stop = (signal: NodeJS.Signals, code = 0) => {
    if (stopping) return;
    stopping = true;
    logger.info({ event: 'server.stopping', signal });
    setTimeout(() => process.exit(1), STOP_MS).unref();
    service.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        logger.error({ event: 'server.stop_failed', err: error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', (signal) => stop(signal));
  process.on('SIGINT', (signal) => stop(signal));
} catch (error) {
  fail(error);
}

function welcome(url: string, key: string): void {
  process.stdout.write(`
Hindcast listens on ${url}. The admin key is shown this once; keep it:

  export HC_KEY=${key}

A first monitor:

  curl -sS ${url}/api/v1/monitors -H "authorization: Bearer ${key}" -H "content-type: application/json" -d '{"name":"Example","url":"${url}/healthz","intervalSeconds":10}'

The API reference is at ${url}/docs

`);
}
