import type { Clock } from '#src/domain/clock.ts';
import type { LocationHealth } from '#src/domain/location.ts';

export interface Locations {
  read(): Promise<LocationHealth[]>;
  close(): void;
}

/** The locations and their health: this process alone, or those whose workers sign in Redis. */
export async function watchLocations(options: {
  redisUrl: string | null;
  /** The location of this process, in the embedded shape. */
  own: string;
  clock: Clock;
  lagMs(): number;
  onError(error: unknown): void;
}): Promise<Locations> {
  const { redisUrl, own, clock, lagMs, onError } = options;
  const lag = () => Math.round(lagMs());
  if (redisUrl === null) {
    const self = () => ({ name: own, healthy: true, workers: 1, lagMs: lag(), lastSeenAt: clock.now() });
    return { read: async () => [self()], close: () => {} };
  }
  const { createWorkerRegister } = await import('./workers.ts');
  const register = createWorkerRegister(redisUrl, clock, onError);
  return {
    async read() {
      const places = await register.read();
      return places.map(({ location, alive, lastSeenAt }) => ({
        name: location,
        healthy: alive > 0,
        workers: alive,
        lagMs: lag(),
        lastSeenAt,
      }));
    },
    close: register.close,
  };
}
