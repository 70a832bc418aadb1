import swagger from '@fastify/swagger';
import fastify, { LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { acknowledgeLinkRoutes } from './acknowledge-link.ts';
import { actionRoutes } from './actions.ts';
import { alertRoutes } from './alerts.ts';
import { apiKeyRoutes } from './api-keys.ts';
import { createGate } from './auth.ts';
import { changeRoutes } from './changes.ts';
import { channelRoutes } from './channels.ts';
import { checkRoutes } from './checks.ts';
import type { ApiDeps, App, RouteDeps } from './deps.ts';
import { docsRoutes } from './docs.ts';
import { escalationRoutes } from './escalations.ts';
import { followUpRoutes } from './follow-up.ts';
import { healthRoutes } from './health.ts';
import { installIdempotency } from './idempotency.ts';
import { importRoutes } from './import.ts';
import { incidentRoutes } from './incidents.ts';
import { lintRoutes } from './lint.ts';
import { locationRoutes } from './locations.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { measureRoutes } from './measures.ts';
import { metricsRoutes } from './metrics.ts';
import { monitorRoutes } from './monitors.ts';
import { nearMissRoutes } from './near-misses.ts';
import { postmortemRevisionRoutes } from './postmortem-revisions.ts';
import { postmortemWriteRoutes } from './postmortem-writes.ts';
import { postmortemRoutes } from './postmortems.ts';
import { ApiProblem, notFound, onError, problemSchema, sendProblem } from './problem.ts';
import { boardRoutes } from './queue-board.ts';
import { replayRoutes } from './replay.ts';
import { silenceRoutes } from './silences.ts';
import { timelineRoutes } from './timeline.ts';
import { trackerRoutes } from './trackers.ts';

const BODY_LIMIT = 256 * 1024;
/** A request that is not finished by then is ended. */
const REQUEST_MS = 30_000;

const ROUTES: ((app: App, deps: RouteDeps) => void)[] = [
  monitorRoutes,
  checkRoutes,
  importRoutes,
  replayRoutes,
  measureRoutes,
  incidentRoutes,
  nearMissRoutes,
  timelineRoutes,
  postmortemRoutes,
  lintRoutes,
  actionRoutes,
  trackerRoutes,
  postmortemWriteRoutes,
  postmortemRevisionRoutes,
  followUpRoutes,
  changeRoutes,
  maintenanceRoutes,
  channelRoutes,
  alertRoutes,
  escalationRoutes,
  silenceRoutes,
  apiKeyRoutes,
  locationRoutes,
];

/** The HTTP interface: not listening yet. */
export async function buildApi(deps: ApiDeps): Promise<App> {
  const app = fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_MS,
    connectionTimeout: REQUEST_MS + 5_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  } as Parameters<typeof fastify>[0]).withTypeProvider<ZodTypeProvider>() as unknown as App;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(onError);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, notFound(`path as ${request.url.split('?', 1)[0]}`)),
  );
  demandScopes(app, deps.board?.path ?? null);
  acceptEmptyJson(app);

  const gate = createGate(deps);
  app.decorateRequest('apiKey', null);
  app.addHook('onRequest', async (request) => gate(request));
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
  });
  const idempotency = installIdempotency(app, deps);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Hindcast',
        version: '1',
        description: 'Uptime monitoring that writes the first draft of the postmortem.',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: hc_…' } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(
    async (scope) => {
      for (const routes of ROUTES) routes(scope as unknown as App, { ...deps, ...idempotency });
    },
    { prefix: '/api/v1' },
  );
  healthRoutes(app, deps);
  metricsRoutes(app, deps);
  boardRoutes(app, deps);
  acknowledgeLinkRoutes(app, deps);
  docsRoutes(app);
  await app.ready();
  return app;
}

/** A route without a scope fails here, at boot, and not open to everyone later. */
function demandScopes(app: App, boardPath: string | null): void {
  app.addHook('onRoute', (route) => {
    if (boardPath && (route.url === boardPath || route.url.startsWith(`${boardPath}/`)))
      route.config = { ...route.config, scope: 'admin', basic: true };
    if (route.url.startsWith('/docs')) route.config = { ...route.config, scope: 'public' };
    if (!route.config?.scope) throw new Error(`the route ${String(route.method)} ${route.url} names no scope`);
    const problem = { description: 'Refused', content: { 'application/problem+json': { schema: problemSchema } } };
    const schema = route.schema as { response?: Record<string, unknown>; hide?: boolean } | undefined;
    if (schema && !schema.hide) schema.response = { ...schema.response, '4xx': problem };
  });
}

/** A POST without a body may still say that it would be JSON. */
function acceptEmptyJson(app: App): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') return done(null, undefined);
    try {
      done(null, JSON.parse(text as string, refusePrototype));
    } catch {
      done(new ApiProblem(400, 'the body is not valid JSON'));
    }
  });
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a field named __proto__');
  return value;
}
