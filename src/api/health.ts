import { z } from 'zod';
import type { ApiDeps, App } from './deps.ts';

const answer = z.object({
  status: z.enum(['ok', 'not ready']),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});

export function healthRoutes(app: App, { health }: ApiDeps): void {
  app.get('/healthz', {
    config: { scope: 'public' },
    schema: {
      summary: 'The process turns',
      tags: ['operation'],
      response: { 200: z.object({ status: z.literal('ok') }) },
    },
    handler: async () => ({ status: 'ok' as const }),
  });
  app.get('/readyz', {
    config: { scope: 'public' },
    schema: {
      summary: 'Checks are made, recorded and told in time',
      tags: ['operation'],
      response: { 200: answer, 503: answer },
    },
    handler: async (_request, reply) => {
      const { ready, checks } = health();
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'not ready', checks });
    },
  });
}
