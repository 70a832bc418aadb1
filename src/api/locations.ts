import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { readLocationDemands } from '#src/store/locations.ts';
import type { App, RouteDeps } from './deps.ts';
import { time } from './schemas/common.ts';

const locationAnswer = z
  .object({
    name: z.string(),
    healthy: z.boolean(),
    workers: z.int32(),
    lagMs: z.number(),
    lastSeenAt: time.nullable(),
  })
  .meta({ id: 'Location' });

export function locationRoutes(app: App, { locations, store }: RouteDeps): void {
  app.get('/locations', {
    config: { scope: 'read' },
    schema: {
      summary: 'Where checks are made from, and whether somebody makes them',
      tags: ['operation'],
      response: { 200: z.object({ data: z.array(locationAnswer) }) },
    },
    handler: async () => {
      const served = await locations();
      const named = new Set(readLocationDemands(store.reader).flatMap((demand) => demand.locations));
      for (const { name } of served) named.delete(name);
      const unserved = [...named].map((name) => ({ name, healthy: false, workers: 0, lagMs: 0, lastSeenAt: null }));
      const data = [...served, ...unserved].sort((a, b) => (a.name < b.name ? -1 : 1));
      return {
        data: data.map((one) => ({ ...one, lastSeenAt: one.lastSeenAt === null ? null : toRfc3339(one.lastSeenAt) })),
      };
    },
  });
}
