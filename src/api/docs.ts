import scalar from '@scalar/fastify-api-reference';
import type { App } from './deps.ts';

/** Scalar's page sets inline scripts and styles; it loads nothing from elsewhere. */
const CSP = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** `/openapi.json`, made from the schemas that validate requests, and a reference to read at `/docs`. */
export function docsRoutes(app: App): void {
  app.get('/openapi.json', {
    config: { scope: 'public' },
    schema: { hide: true },
    handler: async (_request, reply) => reply.serializer(JSON.stringify).type('application/json').send(app.swagger()),
  });
  app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', CSP);
    });
    await scope.register(scalar, {
      routePrefix: '/docs',
      configuration: { url: '/openapi.json', title: 'Hindcast API', withDefaultFonts: false, telemetry: false },
    });
  });
}
