import type { Clock } from '#src/domain/clock.ts';
import { ALERT_WORKERS_KEY, WORKER_BEAT_MS } from './names.ts';
import { createWorkerRegister } from './workers.ts';

/** Whether workers that deliver alerts are alive, asked of Redis now and then. While Redis is away there are none. */
export function watchAlertWorkers(redisUrl: string, clock: Clock, onError: (error: unknown) => void) {
  const register = createWorkerRegister(redisUrl, clock, onError, ALERT_WORKERS_KEY);
  let alive = false;
  const look = async () => {
    const places = await register.read().catch(() => []);
    alive = places.some((place) => place.alive > 0);
  };
  const timer = setInterval(() => void look(), WORKER_BEAT_MS);
  return {
    hasWorker: () => alive,
    /** Resolves when the first look is done. */
    ready: look(),
    close() {
      clearInterval(timer);
      register.close();
    },
  };
}
