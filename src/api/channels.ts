import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Channel, channelSecretContext } from '#src/domain/channel.ts';
import { toRfc3339 } from '#src/domain/clock.ts';
import type { Sealed } from '#src/domain/monitor.ts';
import {
  deleteChannel,
  insertChannel,
  readChannel,
  readChannels,
  updateChannel,
  usersOfChannel,
} from '#src/store/channels.ts';
import type { Reader } from '#src/store/database.ts';
import { escalationsNaming } from '#src/store/escalations.ts';
import { newId } from '#src/store/new-id.ts';
import type { App, ChannelKind, RouteDeps } from './deps.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { ApiProblem, notFound, notValid } from './problem.ts';
import { type ChannelFormats, type ChannelInput, channelFormats, mustParse } from './schemas/channel.ts';
import { idParam, page, pageQuery } from './schemas/common.ts';

const testAnswer = z.object({
  outcome: z.enum(['sent', 'retry', 'rejected', 'gone']),
  statusCode: z.number().nullable(),
  detail: z.string().nullable(),
  latencyMs: z.number(),
});

function view(channel: Channel, formats: ChannelFormats, shown: Record<string, string> = {}) {
  const { id, key: ownKey, type, human, digest, disabledReason, settings } = channel;
  const names = Object.keys(formats.kinds[type].secrets);
  const secrets = Object.fromEntries(names.map((name) => [name, shown[name] ?? null]));
  const times = { createdAt: toRfc3339(channel.createdAt), updatedAt: toRfc3339(channel.updatedAt) };
  return { id, key: ownKey, type, ...settings, ...secrets, human, digest, disabledReason, ...times };
}

function channelOf(reader: Reader, idOrKey: string): Channel {
  const channel = readChannel(reader, idOrKey);
  if (!channel) throw notFound(`channel as ${idOrKey}`);
  return channel;
}

type PutDeps = Pick<RouteDeps, 'sealer' | 'refuseAddress' | 'channelKinds'>;

/** Creates, or with `before` replaces, a channel; answers with the secrets that were made. */
export function putChannel(
  tx: Parameters<typeof insertChannel>[0],
  deps: PutDeps,
  input: ChannelInput,
  before: Channel | null,
): { channel: Channel; made: Record<string, string> } {
  const taken = readChannel(tx, input.key);
  if (taken && taken.id !== before?.id) {
    const message = `${input.key} is the key of another channel`;
    throw new ApiProblem(409, `key: ${message}`, { errors: [{ path: 'key', message }] });
  }
  if (before && before.type !== input.type) {
    throw notValid('type', `must stay ${before.type}; a channel of another type is another channel, with its own key`);
  }
  const id = before?.id ?? newId('chn');
  const kind = deps.channelKinds[input.type];
  const { key: ownKey, type, human, digest, ...own } = input;
  const settings = Object.fromEntries(Object.keys(kind.fields).map((name) => [name, own[name]]));
  const { secrets, opened, made } = secretsOf(deps, kind, id, own, before);
  const problem = kind.problem({ ...settings, ...opened });
  if (problem) throw notValid(problem.path, problem.message);
  for (const { path, host } of kind.hosts({ ...settings, ...opened })) refuseHost(deps, path, host);
  const fields = { id, key: ownKey, type, settings, secrets, human, digest };
  return { channel: before ? updateChannel(tx, fields) : insertChannel(tx, fields), made };
}

/** Each secret: the one that was sent, or the one that is kept, or one that is made, in that order. */
function secretsOf(
  deps: PutDeps,
  kind: ChannelKind,
  id: string,
  given: Record<string, unknown>,
  before: Channel | null,
) {
  const secrets: Record<string, Sealed> = {};
  const opened: Record<string, string | null> = {};
  const made: Record<string, string> = {};
  for (const [name, { when }] of Object.entries(kind.secrets)) {
    const context = channelSecretContext(id, name);
    const kept = before?.secrets[name];
    let text = (given[name] ?? null) as string | null;
    if (text === null && !kept && when === 'made') text = made[name] = `whsec_${randomBytes(32).toString('base64')}`;
    if (text === null && !kept && when === 'required') throw notValid(name, 'must be given');
    const sealed = text === null ? kept : deps.sealer.seal(text, context);
    if (sealed) secrets[name] = sealed;
    opened[name] = text ?? (kept ? deps.sealer.open(kept, context) : null);
  }
  return { secrets, opened, made };
}

/** A name is judged when it is resolved, a literal address now. */
function refuseHost(deps: PutDeps, path: string, name: string): void {
  const host = name.replace(/^\[|\]$/g, '');
  const refusal = /^[\d.]+$|:/.test(host) ? deps.refuseAddress(host) : null;
  if (refusal) throw notValid(path, `${host} must not be sent to: ${refusal}`);
}

const tags = ['channels'];

export function channelRoutes(app: App, deps: RouteDeps): void {
  const { store, commit } = deps;
  const { reader } = store;
  const formats = channelFormats(deps.channelKinds);
  app.get('/channels', {
    config: { scope: 'read' },
    schema: {
      summary: 'List channels',
      tags,
      querystring: z.strictObject(pageQuery),
      response: { 200: page(formats.answer) },
    },
    handler: async ({ query }) => {
      const [after = 0] = decodeCursor(query.cursor, 'number') ?? [];
      const rows = readChannels(reader).filter((channel) => channel.no > after);
      return toPage(
        rows,
        limitOf(query),
        (channel) => view(channel, formats),
        (channel) => [channel.no],
      );
    },
  });
  app.get('/channels/:id', {
    config: { scope: 'read' },
    schema: { summary: 'One channel, by id or key', tags, params: idParam, response: { 200: formats.answer } },
    handler: async ({ params }) => view(channelOf(reader, params.id), formats),
  });
  app.post('/channels', {
    config: { scope: 'admin' },
    schema: { summary: 'Create a channel', tags, body: formats.input, response: { 201: formats.answer } },
    handler: async (request, reply) => {
      const created = commit(request, 201, (tx) => {
        const { channel, made } = putChannel(tx, deps, request.body, null);
        return view(channel, formats, made);
      });
      return reply.code(201).header('location', `/api/v1/channels/${created.id}`).send(created);
    },
  });
  app.patch('/channels/:id', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Change a channel; it receives again if it had been switched off',
      tags,
      params: idParam,
      body: formats.changes,
      response: { 200: formats.answer },
    },
    handler: async ({ params, body }) =>
      store.transact((tx) => {
        const before = channelOf(tx, params.id);
        const users = usersOfChannel(tx, before.key);
        if (body.key !== undefined && body.key !== before.key && users.length > 0) throw inUse(before, users);
        if (body.key !== undefined && body.key !== before.key) refuseEscalated(tx, before);
        const { id: _id, no: _no, secrets: _secrets, settings, ...own } = before;
        const merged = { key: own.key, type: own.type, human: own.human, digest: own.digest, ...settings, ...body };
        return view(putChannel(tx, deps, mustParse(formats.inputs[before.type], merged), before).channel, formats);
      }),
  });
  app.delete('/channels/:id', {
    config: { scope: 'admin' },
    schema: { summary: 'Delete a channel that no monitor names', tags, params: idParam, response: { 204: z.null() } },
    handler: async ({ params }, reply) => {
      store.transact((tx) => {
        const channel = channelOf(tx, params.id);
        const users = usersOfChannel(tx, channel.key);
        if (users.length > 0) throw inUse(channel, users);
        refuseEscalated(tx, channel);
        deleteChannel(tx, channel);
      });
      return reply.code(204).send(null);
    },
  });
  app.post('/channels/:id/test', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Send a test message now and say what came of it',
      tags,
      params: idParam,
      body: z.strictObject({}).nullish(),
      response: { 200: testAnswer },
    },
    handler: async ({ params }) => {
      const { outcome, statusCode, detail, latencyMs } = await deps.testChannel(channelOf(reader, params.id));
      return { outcome, statusCode, detail, latencyMs };
    },
  });
}

function refuseEscalated(reader: Reader, { key: named }: Channel): void {
  const users = escalationsNaming(reader, named);
  if (users.length === 0) return;
  throw new ApiProblem(
    409,
    `the channel ${named} is in the escalations ${users.join(', ')}; take it out of them first`,
  );
}

function inUse(channel: Channel, users: string[]): ApiProblem {
  const named = users.slice(0, 10).join(', ');
  return new ApiProblem(
    409,
    `the channel ${channel.key} is named by ${users.length} monitors (${named}); take it out of them first`,
  );
}
