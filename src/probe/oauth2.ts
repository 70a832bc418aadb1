import { createHash } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import type { OAuth2Client } from '#src/domain/monitor.ts';
import { CannotProbe } from './cannot-probe.ts';
import { AddressRefused, type ConnectionDeps, type ProxyRoute } from './connection.ts';
import { decodeText } from './decode-body.ts';
import { type Cancel, exchange } from './exchange.ts';
import { OwnFault } from './failure-reasons.ts';
import { type Hop, newHop } from './hop.ts';

/** A client with its secret opened. */
export type TokenRequest = Omit<OAuth2Client, 'clientSecret'> & { clientSecret: string };

export interface Token {
  text: string;
  /** It was kept from an earlier check, and may have been revoked since. */
  isKept: boolean;
}

/** How the token server is reached: as the target is, without its client certificate. */
export interface TokenWay {
  context: SecureContext;
  proxy: ProxyRoute | null;
}

/** Access tokens by the client credentials grant, one for all monitors that ask with the same credentials. */
export interface TokenSource {
  /**
   * Rejects with OwnFault when the token server gives none (its failure is not the target's), with the reason of
   * `cancel`, or with CannotProbe when policy forbids its address.
   */
  get(request: TokenRequest, way: TokenWay, cancel: Cancel): Promise<Token>;
  /** Forgets a token that the target did not take. */
  drop(request: TokenRequest, text: string): void;
}

const FETCH_MS = 10_000;
/** For a server that does not say how long its tokens live. */
const DEFAULT_LIFE_SECONDS = 300;
const MARGIN_MS = 30_000;
const REMEMBERED = 1000;
/** RFC 6750 2.1. */
const B64TOKEN = /^[\x21-\x7e]+$/;

export function createTokenSource(deps: ConnectionDeps): TokenSource {
  const kept = new Map<string, { text: string; until: number }>();
  const underWay = new Map<string, Promise<string>>();

  const renew = (name: string, request: TokenRequest, way: TokenWay): Promise<string> => {
    const running = underWay.get(name);
    if (running) return running;
    const fetching = fetchToken(request, way, deps)
      .then(({ text, lifeMs }) => {
        if (kept.size >= REMEMBERED) kept.clear();
        kept.set(name, { text, until: deps.now() + lifeMs - Math.min(MARGIN_MS, lifeMs / 5) });
        return text;
      })
      .finally(() => underWay.delete(name));
    underWay.set(name, fetching);
    return fetching;
  };

  return {
    async get(request, way, cancel) {
      const name = nameOf(request);
      const known = kept.get(name);
      if (known && known.until > deps.now()) return { text: known.text, isKept: true };
      return { text: await orCancelled(renew(name, request, way), cancel, request), isKept: false };
    },
    drop(request, text) {
      const name = nameOf(request);
      if (kept.get(name)?.text === text) kept.delete(name);
    },
  };
}

function nameOf({ tokenUrl, clientId, clientSecret, scopes, audience, authMethod }: TokenRequest): string {
  const all = JSON.stringify([tokenUrl, clientId, clientSecret, scopes, audience, authMethod]);
  return createHash('sha256').update(all).digest('base64');
}

/** The fetch goes on for the others who wait for it. */
function orCancelled(fetching: Promise<string>, cancel: Cancel, { tokenUrl }: TokenRequest): Promise<string> {
  if (cancel.reason) return Promise.reject(cancel.reason);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  cancel.now = (reason) =>
    reject(reason instanceof OwnFault ? reason : fault(tokenUrl, 'gave no token within the time of the check'));
  fetching.then(resolve, reject);
  return promise.finally(() => {
    cancel.now = null;
  });
}

async function fetchToken(request: TokenRequest, way: TokenWay, deps: ConnectionDeps) {
  const { tokenUrl } = request;
  const hop = newHop();
  const cancel: Cancel = { reason: null, now: null };
  const timer = setTimeout(() => cancel.now?.(fault(tokenUrl, `gave no token within ${FETCH_MS} ms`)), FETCH_MS);
  try {
    await exchange({ ...way, ...tokenMessage(request) }, hop, deps, cancel, () => true);
  } catch (error) {
    if (error instanceof AddressRefused)
      throw new CannotProbe(
        'target-refused',
        error.field === 'proxy' ? 'proxy.url' : 'auth.oauth2.tokenUrl',
        error.message,
      );
    throw error instanceof OwnFault ? error : fault(tokenUrl, `was not reached: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
  return readToken(tokenUrl, hop);
}

function tokenMessage({ tokenUrl, clientId, clientSecret, scopes, audience, authMethod }: TokenRequest) {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  if (audience !== null) form.set('audience', audience);
  const headers: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/x-www-form-urlencoded',
  };
  if (authMethod === 'basic') {
    // RFC 6749 2.3.1: both are form-encoded before they are joined.
    const encoded = [clientId, clientSecret].map((each) => new URLSearchParams({ '': each }).toString().slice(1));
    headers.authorization = `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
  } else {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
  }
  return {
    url: new URL(tokenUrl),
    method: 'POST',
    headers,
    body: form.toString(),
    ipFamily: 'any' as const,
    verify: true,
    httpVersion: 'auto' as const,
  };
}

function readToken(tokenUrl: string, { head, body }: Hop): { text: string; lifeMs: number } {
  const answer = parse(decodeText(Buffer.concat(body), ''));
  const status = head?.status ?? 0;
  if (status !== 200) {
    const code = typeof answer.error === 'string' ? ` (${answer.error.slice(0, 100)})` : '';
    throw fault(tokenUrl, `answered ${status}${code}`);
  }
  const { access_token: text, token_type: type = 'Bearer', expires_in: life = DEFAULT_LIFE_SECONDS } = answer;
  if (typeof text !== 'string' || !B64TOKEN.test(text)) throw fault(tokenUrl, 'answered without an access_token');
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    throw fault(tokenUrl, `gave a token of another type than Bearer`);
  const seconds = Number(life);
  return { text, lifeMs: (seconds > 0 ? seconds : DEFAULT_LIFE_SECONDS) * 1000 };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function fault(tokenUrl: string, what: string): OwnFault {
  const { origin, pathname } = new URL(tokenUrl);
  return new OwnFault(`OAuth2: the token server ${origin}${pathname} ${what}`);
}
