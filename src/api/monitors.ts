import { z } from 'zod';
import type { EpochMs } from '#src/domain/clock.ts';
import { checkId } from '#src/domain/ids.ts';
import { freeKey, keyFromName } from '#src/domain/key.ts';
import { type Monitor, type MonitorConfig, probeTargetOf } from '#src/domain/monitor.ts';
import { readChannels } from '#src/store/channels.ts';
import type { Reader } from '#src/store/database.ts';
import { readEscalation, readEscalations } from '#src/store/escalations.ts';
import { placeOf } from '#src/store/locations.ts';
import {
  deleteMonitor,
  insertMonitor,
  iterateMonitors,
  newMonitorId,
  readMonitor,
  updateMonitor,
} from '#src/store/monitors.ts';
import { AtOnce } from './at-once.ts';
import { checkAnswer, resultView } from './check-view.ts';
import type { App, RouteDeps } from './deps.ts';
import { patchConfig, toConfig } from './monitor-config.ts';
import { monitorView } from './monitor-view.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { ApiProblem, badQuery, notFound, notValid } from './problem.ts';
import { idParam, key as keySchema, page, pageQuery } from './schemas/common.ts';
import { type MonitorInput, monitorAnswer, monitorInput, monitorPatch } from './schemas/monitor.ts';

const STATUSES = ['pending', 'up', 'degraded', 'suspect', 'down', 'recovering', 'paused', 'maintenance'] as const;
const listQuery = z.strictObject({
  tag: z.string().max(300).optional().describe('name, or name:value'),
  service: z.string().max(200).optional(),
  status: z.enum(STATUSES, { error: `must be one of ${STATUSES.join(', ')}` }).optional(),
  ...pageQuery,
});
const tags = ['monitors'];
const nothing = z.strictObject({}).nullish();

/** The monitor of a path, by id or key; 404 when there is none. */
export function monitorOf(reader: Reader, idOrKey: string): Monitor {
  const monitor = readMonitor(reader, idOrKey);
  if (!monitor) throw notFound(`monitor as ${idOrKey}`);
  return monitor;
}

export function monitorRoutes(app: App, deps: RouteDeps): void {
  readRoutes(app, deps);
  writeRoutes(app, deps);
  pauseRoutes(app, deps);
  probeRoutes(app, deps);
}

function readRoutes(app: App, { store, clock }: RouteDeps): void {
  app.get('/monitors', {
    config: { scope: 'read' },
    schema: {
      summary: 'List monitors, oldest first',
      tags,
      querystring: listQuery,
      response: { 200: page(monitorAnswer) },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query);
      const [after = 0] = decodeCursor(query.cursor, 'number') ?? [];
      const found: Monitor[] = [];
      for (const monitor of iterateMonitors(store.reader, after)) {
        if (matches(store.reader, monitor, query, clock.now())) found.push(monitor);
        if (found.length > limit) break;
      }
      return toPage(
        found,
        limit,
        (monitor) => monitorView(store.reader, monitor, clock.now()),
        (monitor) => [monitor.no],
      );
    },
  });
  app.get('/monitors/:id', {
    config: { scope: 'read' },
    schema: { summary: 'One monitor, by id or key', tags, params: idParam, response: { 200: monitorAnswer } },
    handler: async ({ params }) => monitorView(store.reader, monitorOf(store.reader, params.id), clock.now()),
  });
}

function matches(reader: Reader, monitor: Monitor, query: z.output<typeof listQuery>, now: EpochMs): boolean {
  const { config } = monitor;
  if (query.service !== undefined && config.service !== query.service) return false;
  if (query.tag !== undefined) {
    const [name = '', ...value] = query.tag.split(':');
    if (!Object.hasOwn(config.tags, name) || (value.length > 0 && config.tags[name] !== value.join(':'))) return false;
  }
  return query.status === undefined || monitorView(reader, monitor, now).state.status === query.status;
}

function writeRoutes(app: App, deps: RouteDeps): void {
  const { store, commit } = deps;
  app.post('/monitors', {
    config: { scope: 'write' },
    schema: { summary: 'Create a monitor', tags, body: monitorInput, response: { 201: monitorAnswer } },
    handler: async (request, reply) => {
      const created = commit(request, 201, (tx) =>
        monitorView(tx, create(tx, deps, request.body, request.body.key ?? null), tx.now),
      );
      return reply.code(201).header('location', `/api/v1/monitors/${created.id}`).send(created);
    },
  });
  app.put('/monitors/:id', {
    config: { scope: 'write' },
    schema: {
      summary: 'Create or replace the monitor with a key',
      description:
        'Configuration as code: what is absent takes its default. A secret given as null keeps the stored one.',
      tags,
      params: idParam,
      body: monitorInput,
      response: { 200: monitorAnswer, 201: monitorAnswer },
    },
    handler: async ({ params, body }, reply) => {
      const { monitor, isNew } = store.transact((tx) => putMonitor(tx, deps, params.id, body));
      return reply.code(isNew ? 201 : 200).send(monitorView(store.reader, monitor, deps.clock.now()));
    },
  });
  app.patch('/monitors/:id', {
    config: { scope: 'write' },
    schema: {
      summary: 'Change a monitor',
      description:
        'Fields that are given replace. confirm, targets, impact, tls and expect are merged member by member.',
      tags,
      params: idParam,
      body: monitorPatch,
      response: { 200: monitorAnswer },
    },
    handler: async ({ params, body }) =>
      store.transact((tx) => {
        const before = monitorOf(tx, params.id);
        if (body.key !== undefined) refuseTaken(tx, body.key, before.id);
        const config = patchConfig(before.config, body, {
          sealer: deps.sealer,
          monitorId: before.id,
          before: before.config,
        });
        checkAround(tx, deps, config);
        return monitorView(tx, updateMonitor(tx, before, config), tx.now);
      }),
  });
  app.delete('/monitors/:id', {
    config: { scope: 'write' },
    schema: {
      summary: 'Delete a monitor',
      description: 'Checking stops and the key is free; its checks and the incidents that name it stay.',
      tags,
      params: idParam,
      response: { 204: z.null() },
    },
    handler: async ({ params }, reply) => {
      store.transact((tx) => {
        const monitor = monitorOf(tx, params.id);
        deps.onMonitorDeleted(tx, monitor);
        deleteMonitor(tx, monitor);
      });
      return reply.code(204).send(null);
    },
  });
}

type Writer = Parameters<typeof insertMonitor>[0];

function create(tx: Writer, deps: RouteDeps, input: MonitorInput, wanted: string | null): Monitor {
  if (wanted !== null) refuseTaken(tx, wanted, null);
  const key = wanted ?? freeKey(keyFromName(input.name), (candidate) => readMonitor(tx, candidate) !== null);
  const id = newMonitorId();
  const config = toConfig(input, key, { sealer: deps.sealer, monitorId: id, before: null });
  checkAround(tx, deps, config);
  return insertMonitor(tx, id, config);
}

/** Creates or replaces by key; what the request says of the key must be the same. */
export function putMonitor(
  tx: Writer,
  deps: RouteDeps,
  idOrKey: string,
  input: MonitorInput,
): { monitor: Monitor; isNew: boolean } {
  const before = readMonitor(tx, idOrKey);
  if (!before) {
    const read = keySchema.safeParse(idOrKey);
    if (!read.success) throw badQuery('key', read.error.issues[0]?.message ?? 'is not a key');
    if (input.key !== undefined && input.key !== idOrKey)
      throw notValid('key', `must be ${idOrKey}, as in the path, or absent`);
    return { monitor: create(tx, deps, input, idOrKey), isNew: true };
  }
  const key = input.key ?? before.config.key;
  refuseTaken(tx, key, before.id);
  const config = toConfig(input, key, { sealer: deps.sealer, monitorId: before.id, before: before.config });
  checkAround(tx, deps, config);
  return { monitor: updateMonitor(tx, before, config), isNew: false };
}

function refuseTaken(reader: Reader, key: string, ownId: string | null): void {
  const other = readMonitor(reader, key);
  if (!other || other.id === ownId) return;
  const message = `${key} is the key of another monitor (${other.id})`;
  throw new ApiProblem(409, `key: ${message}`, { errors: [{ path: 'key', message }] });
}

/** What a configuration names outside itself must be there, and its address must be allowed. */
function checkAround(reader: Reader, deps: RouteDeps, config: MonitorConfig): void {
  const known = new Set(readChannels(reader).map((channel) => channel.key));
  const missing = config.channels.findIndex((key) => !known.has(key));
  if (missing >= 0) {
    const have =
      known.size > 0 ? `the channels are ${[...known].join(', ')}` : 'there are none yet; POST /channels first';
    throw notValid(`channels.${missing}`, `there is no channel ${config.channels[missing]}; ${have}`);
  }
  if (config.escalation && !readEscalation(reader, config.escalation)) {
    const keys = readEscalations(reader).map(({ key }) => key);
    const have =
      keys.length > 0 ? `the escalations are ${keys.join(', ')}` : 'there are none yet; POST /escalations first';
    throw notValid('escalation', `there is no escalation ${config.escalation}; ${have}`);
  }
  refuseLiteral(deps, 'url', config.url);
  if (config.proxy) refuseLiteral(deps, 'proxy.url', config.proxy.url);
  if (config.auth && 'oauth2' in config.auth) refuseLiteral(deps, 'auth.oauth2.tokenUrl', config.auth.oauth2.tokenUrl);
}

/** Names are judged when they are resolved, at each check. */
function refuseLiteral(deps: RouteDeps, path: string, url: string): void {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const refusal = /^[\d.]+$|:/.test(host) ? deps.refuseAddress(host) : null;
  if (refusal) throw notValid(path, `${host} must not be connected to: ${refusal}`);
}

function pauseRoutes(app: App, { commit }: RouteDeps): void {
  for (const [verb, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    app.post(`/monitors/:id/${verb}`, {
      config: { scope: 'write' },
      schema: {
        summary: paused ? 'Stop checking; the time is recorded as unobserved' : 'Check again',
        tags,
        params: idParam,
        body: nothing,
        response: { 200: monitorAnswer },
      },
      handler: async (request) =>
        commit(request, 200, (tx) => {
          const before = monitorOf(tx, request.params.id);
          const same = before.config.paused === paused;
          return monitorView(tx, same ? before : updateMonitor(tx, before, { ...before.config, paused }), tx.now);
        }),
    });
  }
}

function probeRoutes(app: App, deps: RouteDeps): void {
  const { store } = deps;
  const atOnce = new AtOnce(10);
  app.post('/monitors/:id/check', {
    config: { scope: 'write' },
    schema: {
      summary: 'Probe now, record it, and answer with the whole check',
      tags,
      params: idParam,
      body: nothing,
      response: { 200: checkAnswer },
    },
    handler: async ({ params }) => {
      const monitor = monitorOf(store.reader, params.id);
      const { at, location, result } = await atOnce.run(monitor.id, () => deps.checkNow(monitor));
      const locationNo = placeOf(store.reader, location);
      return resultView(result, { id: checkId({ monitorNo: monitor.no, at, locationNo }), at, location });
    },
  });
  app.post('/monitors/test', {
    config: { scope: 'write' },
    schema: { summary: 'Probe a monitor that is not saved', tags, body: monitorInput, response: { 200: checkAnswer } },
    handler: async ({ body, apiKey }) => {
      const id = newMonitorId();
      const config = toConfig(body, body.key ?? keyFromName(body.name), {
        sealer: deps.sealer,
        monitorId: id,
        before: null,
      });
      checkAround(store.reader, deps, { ...config, channels: [], escalation: null });
      const result = await atOnce.run(`test ${apiKey?.id}`, () => deps.testMonitor(probeTargetOf({ id, config })));
      return resultView(result, { at: result.startedAt, location: config.locations[0] ?? '' });
    },
  });
}
