import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
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

export interface Idempotency {
  commit: Commit;
  /**
   * For a body that is read as a stream: once its hash is known, the answer that was given to the same request before.
   * With none, the answer to come is kept under the request's key.
   */
  answered(request: FastifyRequest, bodyHash: string): { status: number; body: string } | null;
}

/**
 * `Idempotency-Key` on every POST: the first answer is kept for 24 h and given again; the same key with another request
 * is 422, while the first is still running 409.
 */
export function installIdempotency(app: FastifyInstance, { store, clock, sealer }: Deps): Idempotency {
  const running = new Set<string>();
  const nameOf = ({ apiKeyId, key }: Claim) => `${apiKeyId} ${key}`;
  const context = (claim: Claim) => `idempotency:${nameOf(claim)}`;

  function keep(tx: Tx, claim: Claim, status: number, body: string): void {
    const { requestHash } = claim;
    keepAnswer(tx, claim.apiKeyId, claim.key, { requestHash, status, body: sealer.seal(body, context(claim)).sealed });
    claim.kept = true;
  }

  app.decorateRequest('idempotency', null);
  function begin(request: FastifyRequest, bodyHash: string): { status: number; body: string } | null {
    const claim = claimOf(request, bodyHash);
    if (!claim) return null;
    if (running.has(nameOf(claim))) throw new ApiProblem(409, 'a request with this Idempotency-Key is still running');
    const before = readAnswer(store.reader, claim.apiKeyId, claim.key, clock.now());
    if (before && before.requestHash !== claim.requestHash) {
      throw notValid('Idempotency-Key', 'was used with another request; give each request a key of its own');
    }
    if (before) return { status: before.status, body: sealer.open({ sealed: before.body }, context(claim)) };
    running.add(nameOf(claim));
    request.idempotency = claim;
    return null;
  }

  app.addHook('preHandler', async (request, reply) => {
    if (request.body instanceof Readable) return;
    const before = begin(request, sha256(JSON.stringify(request.body ?? null)));
    if (before) return replay(reply, before.status, before.body);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const claim = request.idempotency;
    if (!claim || claim.kept || reply.statusCode >= 300 || typeof payload !== 'string') return;
    store.transact((tx) => keep(tx, claim, reply.statusCode, payload));
  });
  app.addHook('onResponse', async (request) => {
    if (request.idempotency) running.delete(nameOf(request.idempotency));
  });

  return {
    commit: (request, status, work) =>
      store.transact((tx) => {
        const answer = work(tx);
        if (request.idempotency) keep(tx, request.idempotency, status, JSON.stringify(answer));
        return answer;
      }),
    answered: begin,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function claimOf(request: FastifyRequest, bodyHash: string): Claim | null {
  const key = request.headers['idempotency-key'];
  if (request.method !== 'POST' || key === undefined || !request.apiKey) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw notValid('Idempotency-Key', 'must be 1 to 255 visible ASCII characters');
  }
  const requestHash = sha256(`${request.method} ${request.url}\n${bodyHash}`);
  return { apiKeyId: request.apiKey.id, key, requestHash, kept: false };
}

/** The answer that was given before, to the letter. */
export function replay(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply
    .code(status)
    .header('idempotent-replayed', 'true')
    .type('application/json')
    .serializer((text: unknown) => String(text))
    .send(body);
}
