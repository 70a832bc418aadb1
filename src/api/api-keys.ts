import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import {
  type ApiKey,
  deleteApiKey,
  insertApiKey,
  newKeyText,
  readApiKey,
  readApiKeys,
  SCOPES,
} from '#src/store/api-keys.ts';
import { grants } from './auth.ts';
import type { App, RouteDeps } from './deps.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { ApiProblem, notFound, notValid } from './problem.ts';
import { idParam, page, pageQuery, time, timeInput, toMs, words } from './schemas/common.ts';

const scope = z.enum(SCOPES, { error: `must be one of ${SCOPES.join(', ')}` });
const keyAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(scope),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable(),
  })
  .meta({ id: 'ApiKey' });
const newKeyAnswer = keyAnswer.extend({ key: z.string().describe('shown this once') }).meta({ id: 'NewApiKey' });

const view = ({ id, name, scopes, createdAt, expiresAt, lastUsedAt }: ApiKey) => ({
  id,
  name,
  scopes,
  createdAt: toRfc3339(createdAt),
  expiresAt: expiresAt === null ? null : toRfc3339(expiresAt),
  lastUsedAt: lastUsedAt === null ? null : toRfc3339(lastUsedAt),
});

const tags = ['keys'];

export function apiKeyRoutes(app: App, { store, clock, commit }: RouteDeps): void {
  const { reader } = store;
  app.post('/api-keys', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Make a key; its text is answered this once',
      tags,
      body: z.strictObject({
        name: words(200),
        scopes: z
          .array(scope)
          .min(1, `must name at least one of ${SCOPES.join(', ')}`)
          .max(SCOPES.length),
        expiresAt: timeInput.nullable().optional(),
      }),
      response: { 201: newKeyAnswer },
    },
    handler: async (request, reply) => {
      const { name, scopes, expiresAt } = request.body;
      const own = request.apiKey?.scopes ?? [];
      const beyond = scopes.find((wanted) => !grants(own, wanted));
      if (beyond) throw new ApiProblem(403, `scopes: a key grants no more than it has, and this one lacks ${beyond}`);
      const expires = expiresAt ? toMs(expiresAt) : null;
      if (expires !== null && expires <= clock.now()) throw notValid('expiresAt', 'must lie in the future');
      const text = newKeyText();
      const fields = { name, scopes: [...new Set(scopes)], expiresAt: expires };
      const made = commit(request, 201, (tx) => ({ ...view(insertApiKey(tx, text, fields)), key: text }));
      return reply.code(201).send(made);
    },
  });
  app.get('/api-keys', {
    config: { scope: 'admin' },
    schema: {
      summary: 'List keys, without their text',
      tags,
      querystring: z.strictObject(pageQuery),
      response: { 200: page(keyAnswer) },
    },
    handler: async ({ query }) => {
      const [at, id] = decodeCursor(query.cursor, 'number', 'string') ?? [-1, ''];
      const rows = readApiKeys(reader).filter((key) => key.createdAt > at || (key.createdAt === at && key.id > id));
      return toPage(rows, limitOf(query), view, (key) => [key.createdAt, key.id]);
    },
  });
  app.get('/api-keys/:id', {
    config: { scope: 'admin' },
    schema: { summary: 'One key, without its text', tags, params: idParam, response: { 200: keyAnswer } },
    handler: async ({ params }) => {
      const key = readApiKey(reader, params.id);
      if (!key) throw notFound(`key as ${params.id}`);
      return view(key);
    },
  });
  app.delete('/api-keys/:id', {
    config: { scope: 'admin' },
    schema: { summary: 'Delete a key: it stops working at once', tags, params: idParam, response: { 204: z.null() } },
    handler: async ({ params }, reply) => {
      store.transact((tx) => {
        if (!readApiKey(tx, params.id)) throw notFound(`key as ${params.id}`);
        const others = readApiKeys(tx).some((key) => key.id !== params.id && key.scopes.includes('admin'));
        if (!others) throw new ApiProblem(409, 'this is the last admin key; make another one first');
        deleteApiKey(tx, params.id);
      });
      return reply.code(204).send(null);
    },
  });
}
