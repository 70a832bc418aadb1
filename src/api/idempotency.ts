import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '#src/domain/clock.ts';
import type { Sealer } from '#src/seal.ts';
import type { Store, Tx } from '#src/store/database.ts';
import { keepAnswer, readAnswer } from '#src/store/idempotency.ts';
import { ApiProblem, notValid } from './problem.ts';

interface Claim {
  apiKeyId: string;
  key: string;
  requestHash: string;
  kept: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    idempotency: Claim | null;
  }
}

interface Deps {
  store: Store;
  clock: Clock;
  sealer: Sealer;
}

/** Runs a write and, in the same transaction, keeps its answer under the request's Idempotency-Key. */
export type Commit = <T>(request: FastifyRequest, status: number, work: (tx: Tx) => T) => T;

/**
 * `Idempotency-Key` on every POST: the first answer is kept for 24 h and given again; the same key with another request
 * is 422, while the first is still running 409.
 */
export function installIdempotency(app: FastifyInstance, { store, clock, sealer }: Deps): Commit {
  const running = new Set<string>();
  const nameOf = ({ apiKeyId, key }: Claim) => `${apiKeyId} ${key}`;
  const context = (claim: Claim) => `idempotency:${nameOf(claim)}`;

  function keep(tx: Tx, claim: Claim, status: number, body: string): void {
    const { requestHash } = claim;
    keepAnswer(tx, claim.apiKeyId, claim.key, { requestHash, status, body: sealer.seal(body, context(claim)).sealed });
    claim.kept = true;
  }

  app.decorateRequest('idempotency', null);
  app.addHook('preHandler', async (request, reply) => {
    const claim = claimOf(request);
    if (!claim) return;
    if (running.has(nameOf(claim))) throw new ApiProblem(409, 'a request with this Idempotency-Key is still running');
    const before = readAnswer(store.reader, claim.apiKeyId, claim.key, clock.now());
    if (before && before.requestHash !== claim.requestHash) {
      throw notValid('Idempotency-Key', 'was used with another request; give each request a key of its own');
    }
    if (before) return replay(reply, before.status, sealer.open({ sealed: before.body }, context(claim)));
    running.add(nameOf(claim));
    request.idempotency = claim;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const claim = request.idempotency;
    if (!claim || claim.kept || reply.statusCode >= 300 || typeof payload !== 'string') return;
    store.transact((tx) => keep(tx, claim, reply.statusCode, payload));
  });
  app.addHook('onResponse', async (request) => {
    if (request.idempotency) running.delete(nameOf(request.idempotency));
  });

  return (request, status, work) =>
    store.transact((tx) => {
      const answer = work(tx);
      if (request.idempotency) keep(tx, request.idempotency, status, JSON.stringify(answer));
      return answer;
    });
}

function claimOf(request: FastifyRequest): Claim | null {
  const key = request.headers['idempotency-key'];
  if (request.method !== 'POST' || key === undefined || !request.apiKey) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw notValid('Idempotency-Key', 'must be 1 to 255 visible ASCII characters');
  }
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`);
  return { apiKeyId: request.apiKey.id, key, requestHash: hash.digest('hex'), kept: false };
}

function replay(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply
    .code(status)
    .header('idempotent-replayed', 'true')
    .type('application/json')
    .serializer((text: unknown) => String(text))
    .send(body);
}
