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
    /** A page for browsers, which can send a key only as the password of Basic. */
    basic?: boolean;
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
    const basic = request.routeOptions.config.basic === true;
    const text = header && (/^Bearer +(\S{1,200})$/i.exec(header)?.[1] ?? (basic ? passwordOf(header) : null));
    const key = text ? findApiKey(store.reader, text, clock.now()) : null;
    // A right key is never held up by somebody else's wrong ones behind the same address.
    if (key) return key;
    const waitMs = wrongKeys.waitMs(request.ip);
    if (waitMs > 0) throw tooMany('too many wrong keys from this address', waitMs);
    if (header === undefined) throw unauthorized('send a key: Authorization: Bearer hc_…', basic);
    wrongKeys.take(request.ip);
    throw unauthorized(text ? 'the key is not known, or has expired' : 'send a key: Authorization: Bearer hc_…', basic);
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

/** RFC 7617: whatever the name is, the password is the key. */
function passwordOf(header: string): string | null {
  const encoded = /^Basic +([A-Za-z0-9+/=]{1,600})$/i.exec(header)?.[1];
  const [, password] = /:(\S{1,200})$/.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  return password ?? null;
}

function unauthorized(detail: string, basic: boolean): ApiProblem {
  const asked = basic ? 'Basic realm="Hindcast: an admin key as the password", charset="UTF-8"' : 'Bearer';
  return new ApiProblem(401, detail, { headers: { 'www-authenticate': asked } });
}

export function tooMany(detail: string, waitMs: number): ApiProblem {
  return new ApiProblem(429, detail, { headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) } });
}
