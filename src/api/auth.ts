import type { FastifyRequest } from 'fastify';
import type { Clock } from '#src/domain/clock.ts';
import { type ApiKey, findApiKey, markUsed, type Scope } from '#src/store/api-keys.ts';
import type { Store } from '#src/store/database.ts';
import { ApiProblem } from './problem.ts';
import { RateLimit } from './rate-limit.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller must be allowed to do; `public` for what is open. Every route names one. */
    scope?: Scope | 'public';
  }
  interface FastifyRequest {
    apiKey: ApiKey | null;
  }
}

/** Wrong keys from one address: 20 at once, then one in 3 s. */
const WRONG_KEYS = { burst: 20, perSecond: 1 / 3 };
/** Requests with one valid key. */
const PER_KEY = { burst: 300, perSecond: 100 };
const MARK_USED_MS = 60_000;

export function grants(scopes: readonly Scope[], wanted: Scope): boolean {
  return (
    scopes.includes('admin') ||
    scopes.includes(wanted) ||
    (wanted === 'read' && scopes.includes('write')) ||
    (wanted === 'ingest' && scopes.includes('write'))
  );
}

/** Checks the bearer key of a request against the scope that its route names. */
export function createGate({ store, clock }: { store: Store; clock: Clock }) {
  const wrongKeys = new RateLimit(WRONG_KEYS, clock);
  const perKey = new RateLimit(PER_KEY, clock);

  function authenticate(request: FastifyRequest): ApiKey {
    const header = request.headers.authorization;
    const text = header && /^Bearer +(\S{1,200})$/i.exec(header)?.[1];
    const key = text ? findApiKey(store.reader, text, clock.now()) : null;
    // A right key is never held up by somebody else's wrong ones behind the same address.
    if (key) return key;
    const waitMs = wrongKeys.waitMs(request.ip);
    if (waitMs > 0) throw tooMany('too many wrong keys from this address', waitMs);
    if (header === undefined) throw unauthorized('send a key: Authorization: Bearer hc_…');
    wrongKeys.take(request.ip);
    throw unauthorized(text ? 'the key is not known, or has expired' : 'send a key: Authorization: Bearer hc_…');
  }

  return (request: FastifyRequest): void => {
    const wanted = request.routeOptions.config.scope;
    if (wanted === 'public' || request.is404) return;
    const key = authenticate(request);
    const waitMs = perKey.take(key.id);
    if (waitMs > 0) throw tooMany('too many requests with this key', waitMs);
    if (!wanted || !grants(key.scopes, wanted)) {
      throw new ApiProblem(403, `the key lacks the scope ${wanted}; it has ${key.scopes.join(', ') || 'none'}`);
    }
    request.apiKey = key;
    if (clock.now() - (key.lastUsedAt ?? 0) > MARK_USED_MS) store.transact((tx) => markUsed(tx, key.id));
  };
}

function unauthorized(detail: string): ApiProblem {
  return new ApiProblem(401, detail, { headers: { 'www-authenticate': 'Bearer' } });
}

export function tooMany(detail: string, waitMs: number): ApiProblem {
  return new ApiProblem(429, detail, { headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) } });
}
