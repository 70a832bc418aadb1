import type { ApiDeps, App } from './deps.ts';

export function metricsRoutes(app: App, { metrics }: ApiDeps): void {
  app.get('/metrics', {
    config: { scope: 'read' },
    schema: {
      summary: 'What the server counts of itself, in the Prometheus text format',
      description: 'Prometheus sends the key of a scope `read` with `authorization: {credentials: hc_…}`.',
      tags: ['operation'],
      produces: ['text/plain'],
    },
    handler: async (_request, reply) =>
      reply
        .type(metrics.contentType)
        .serializer(String)
        .send(await metrics.text()),
  });
}
