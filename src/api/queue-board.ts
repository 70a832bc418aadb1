import type { FastifyPluginAsync } from 'fastify';
import type { ApiDeps, App } from './deps.ts';
import { ApiProblem, onError } from './problem.ts';

/** The page asks for fonts from elsewhere; nothing is loaded from elsewhere. */
const CSP = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The queues in Redis as a page for operators; a browser asks for an admin key as the password. Absent without Redis. */
export function boardRoutes(app: App, { board }: ApiDeps): void {
  if (!board) return;
  app.register(async (scope) => {
    // The page's own handler would make a 500 of a missing key.
    scope.addHook('onRoute', (route) => {
      route.errorHandler = onError;
    });
    scope.addHook('onRequest', async (request) => {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        throw new ApiProblem(405, 'the queues can be looked at here, not changed', { headers: { allow: 'GET, HEAD' } });
      board.refresh();
    });
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', CSP);
    });
    await scope.register(board.plugin as FastifyPluginAsync, { prefix: board.path });
  });
}
