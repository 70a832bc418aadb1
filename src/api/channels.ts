import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CHANNEL_TYPES, type Channel, channelSecretContext } from '#src/domain/channel.ts';
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
import type { App, RouteDeps } from './deps.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { ApiProblem, notFound, notValid } from './problem.ts';
import { idParam, key, page, pageQuery, time } from './schemas/common.ts';
import { urlProblem } from './schemas/http-url.ts';

const url = z.string().check((context) => {
  const problem = urlProblem(context.value);
  if (problem)
    context.issues.push({ code: 'custom', message: problem.replace('; use auth instead', ''), input: context.value });
});
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')
  .refine((text) => {
    const { length } = Buffer.from(text.slice(6), 'base64');
    return length >= 24 && length <= 64;
  }, 'must be whsec_ and 24 to 64 bytes in base64');
const type = z.enum(CHANNEL_TYPES, { error: `must be one of ${CHANNEL_TYPES.join(', ')}` });

export const channelInput = z
  .strictObject({
    key,
    type,
    url,
    secret: secret.nullable().optional().describe('made and shown once when absent'),
    human: z.boolean().default(true).describe('false for a machine: never counts as the first person alerted'),
  })
  .meta({ id: 'ChannelDefinition' });
const channelPatch = z
  .strictObject({
    key: key.optional(),
    url: url.optional(),
    secret: secret.nullable().optional(),
    human: z.boolean().optional(),
  })
  .meta({ id: 'ChannelChanges' });
const channelAnswer = z
  .object({
    id: z.string(),
    key: z.string(),
    type: z.string(),
    url: z.string(),
    secret: z.string().nullable().describe('only in the answer that made it'),
    human: z.boolean(),
    disabledReason: z.string().nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Channel' });
const testAnswer = z.object({
  outcome: z.enum(['sent', 'retry', 'rejected', 'gone']),
  statusCode: z.number().nullable(),
  detail: z.string().nullable(),
  latencyMs: z.number(),
});

function view(channel: Channel, shown: string | null = null): z.input<typeof channelAnswer> {
  const { id, key: ownKey, type: ownType, human, disabledReason } = channel;
  const times = { createdAt: toRfc3339(channel.createdAt), updatedAt: toRfc3339(channel.updatedAt) };
  return { id, key: ownKey, type: ownType, url: channel.url, secret: shown, human, disabledReason, ...times };
}

function channelOf(reader: Reader, idOrKey: string): Channel {
  const channel = readChannel(reader, idOrKey);
  if (!channel) throw notFound(`channel as ${idOrKey}`);
  return channel;
}

type Writer = Parameters<typeof insertChannel>[0];

/** Creates, or with `before` replaces, a channel; answers with a secret that was made. */
export function putChannel(
  tx: Writer,
  deps: Pick<RouteDeps, 'sealer' | 'refuseAddress'>,
  input: z.output<typeof channelInput>,
  before: Channel | null,
): { channel: Channel; made: string | null } {
  const taken = readChannel(tx, input.key);
  if (taken && taken.id !== before?.id) {
    const message = `${input.key} is the key of another channel`;
    throw new ApiProblem(409, `key: ${message}`, { errors: [{ path: 'key', message }] });
  }
  const host = new URL(input.url).hostname.replace(/^\[|\]$/g, '');
  const refusal = /^[\d.]+$|:/.test(host) ? deps.refuseAddress(host) : null;
  if (refusal) throw notValid('url', `${host} must not be sent to: ${refusal}`);
  const id = before?.id ?? newId('chn');
  const made = input.secret || before ? null : `whsec_${randomBytes(32).toString('base64')}`;
  const text = input.secret ?? made;
  const sealed = text ? deps.sealer.seal(text, channelSecretContext(id)) : (before?.secret as Sealed);
  const fields = { id, key: input.key, type: input.type, url: input.url, human: input.human, secret: sealed };
  return { channel: before ? updateChannel(tx, fields) : insertChannel(tx, fields), made };
}

const tags = ['channels'];

export function channelRoutes(app: App, deps: RouteDeps): void {
  const { store, commit } = deps;
  const { reader } = store;
  app.get('/channels', {
    config: { scope: 'read' },
    schema: {
      summary: 'List channels',
      tags,
      querystring: z.strictObject(pageQuery),
      response: { 200: page(channelAnswer) },
    },
    handler: async ({ query }) => {
      const [after = 0] = decodeCursor(query.cursor, 'number') ?? [];
      const rows = readChannels(reader).filter((channel) => channel.no > after);
      return toPage(
        rows,
        limitOf(query),
        (channel) => view(channel),
        (channel) => [channel.no],
      );
    },
  });
  app.get('/channels/:id', {
    config: { scope: 'read' },
    schema: { summary: 'One channel, by id or key', tags, params: idParam, response: { 200: channelAnswer } },
    handler: async ({ params }) => view(channelOf(reader, params.id)),
  });
  app.post('/channels', {
    config: { scope: 'admin' },
    schema: { summary: 'Create a channel', tags, body: channelInput, response: { 201: channelAnswer } },
    handler: async (request, reply) => {
      const created = commit(request, 201, (tx) => {
        const { channel, made } = putChannel(tx, deps, request.body, null);
        return view(channel, made);
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
      body: channelPatch,
      response: { 200: channelAnswer },
    },
    handler: async ({ params, body }) =>
      store.transact((tx) => {
        const before = channelOf(tx, params.id);
        const users = usersOfChannel(tx, before.key);
        if (body.key !== undefined && body.key !== before.key && users.length > 0) throw inUse(before, users);
        if (body.key !== undefined && body.key !== before.key) refuseEscalated(tx, before);
        const { key: ownKey = before.key, url: ownUrl = before.url, human = before.human } = body;
        const input = { key: ownKey, type: before.type, url: ownUrl, human, secret: body.secret ?? null };
        return view(putChannel(tx, deps, input, before).channel);
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
