import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
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

export function locationRoutes(app: App, { locations }: RouteDeps): void {
  app.get('/locations', {
    config: { scope: 'read' },
    schema: {
      summary: 'Where checks are made from, and whether somebody makes them',
      tags: ['operation'],
      response: { 200: z.object({ data: z.array(locationAnswer) }) },
    },
    handler: async () => {
      const data = await locations();
      return {
        data: data.map((one) => ({ ...one, lastSeenAt: one.lastSeenAt === null ? null : toRfc3339(one.lastSeenAt) })),
      };
    },
  });
}
