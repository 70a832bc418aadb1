import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { connect } from './bullmq.ts';
import { WORKER_BEAT_MS, WORKER_LOST_MS, WORKERS_KEY } from './names.ts';

export interface SignOptions {
  redisUrl: string;
  location: string;
  worker: string;
  /** Hash of the workers of its kind. */
  key?: string;
  clock: Clock;
  onError(error: unknown): void;
}

/** Signs every 3 s that a worker of a location is alive. Call what it answers with to sign off. */
export function signWorker({
  redisUrl,
  location,
  worker,
  key = WORKERS_KEY,
  clock,
  onError,
}: SignOptions): () => Promise<void> {
  const redis = connect(redisUrl, { maxRetriesPerRequest: 1, enableOfflineQueue: true });
  redis.on('error', onError);
  const field = `${location}/${worker}`;
  const sign = () => {
    redis.hset(key, field, String(clock.now())).catch(onError);
  };
  sign();
  const timer = setInterval(sign, WORKER_BEAT_MS);
  return async () => {
    clearInterval(timer);
    // The location stays listed, without this worker.
    await redis.hset(key, field, String(-clock.now())).catch(onError);
    redis.disconnect();
  };
}

export interface WorkersAt {
  location: string;
  /** Workers that signed within the last 10 s. */
  alive: number;
  lastSeenAt: EpochMs;
}

/** Who makes checks where, by their signs of life; a location is listed until its last worker is an hour gone. */
export function createWorkerRegister(
  redisUrl: string,
  clock: Clock,
  onError: (error: unknown) => void,
  key: string = WORKERS_KEY,
) {
  const redis = connect(redisUrl, { maxRetriesPerRequest: 1, enableOfflineQueue: true });
  redis.on('error', onError);
  const FORGET_MS = 3_600_000;
  return {
    async read(): Promise<WorkersAt[]> {
      const signs = await redis.hgetall(key);
      const places = new Map<string, WorkersAt>();
      const gone: string[] = [];
      for (const [field, text] of Object.entries(signs)) {
        const at = Math.abs(Number(text));
        const signedOff = text.startsWith('-');
        const location = field.slice(0, field.lastIndexOf('/'));
        const age = clock.now() - at;
        if (age > FORGET_MS) gone.push(field);
        const place = places.get(location) ?? { location, alive: 0, lastSeenAt: 0 };
        place.alive += !signedOff && age <= WORKER_LOST_MS ? 1 : 0;
        place.lastSeenAt = Math.max(place.lastSeenAt, at);
        places.set(location, place);
      }
      if (gone.length > 0) await redis.hdel(key, ...gone);
      return [...places.values()].sort((a, b) => (a.location < b.location ? -1 : 1));
    },
    close: () => redis.disconnect(),
  };
}
