import type { SecureContext } from 'node:tls';
import type { RedirectHop } from '#src/domain/check.ts';
import type { ProbeTarget } from '#src/domain/monitor.ts';
import { CannotProbe } from './cannot-probe.ts';
import { AddressRefused, type ConnectionDeps } from './connection.ts';
import { type Cancel, exchange } from './exchange.ts';
import { codeOf, TargetFailure } from './failure-reasons.ts';
import { type Hop, newHop } from './hop.ts';
import { isRedirect, redirectTarget, rewritesToGet, withoutBodyHeaders } from './redirect.ts';
import type { PreparedRequest } from './request-headers.ts';
import type { Scrubber } from './scrub.ts';

const SHOWN_URL_CHARS = 2048;

/** One check on its way: what was followed so far, and the hop that is running or was the last. */
export interface Journey {
  target: ProbeTarget;
  redirects: RedirectHop[];
  hop: Hop | null;
  /** What is requested in the hop, without fragment. */
  url: URL;
  scrubber: Scrubber;
}

/**
 * Sends the request and follows redirects, each on a new connection through the same guard. Resolves with `journey.hop`
 * holding the answer to judge. The body of a redirect is not read at all. Throws TargetFailure, TlsRefused, OwnFault,
 * whatever undici threw, or CannotProbe when the first hop may not or cannot be tried.
 */
export async function travel(
  journey: Journey,
  prepared: PreparedRequest,
  contexts: { own: SecureContext; foreign: SecureContext },
  deps: ConnectionDeps,
  cancel: Cancel,
): Promise<void> {
  const { target, redirects, scrubber } = journey;
  const home = new URL(target.url);
  home.hash = '';
  const follows = target.followRedirects > 0;
  const visited = new Set<string>();
  let url = home;
  let { method, body, own: headers } = prepared;
  let context = contexts.own;
  for (;;) {
    if (cancel.reason) throw cancel.reason;
    const hop = newHop();
    journey.hop = hop;
    journey.url = url;
    const startedAt = deps.now();
    visited.add(`${method} ${url.href}`);
    const request = {
      url,
      method,
      headers,
      body,
      ipFamily: target.ipFamily,
      verify: target.tls.verify,
      httpVersion: target.httpVersion,
      context,
      proxy: prepared.proxy,
    };
    try {
      await exchange(request, hop, deps, cancel, ({ status }) => !(follows && isRedirect(status)));
    } catch (error) {
      throw redirects.length === 0 ? onFirstHop(error) : onRedirect(error);
    }
    const head = hop.head;
    if (!head || !follows || !isRedirect(head.status)) return;
    const { location } = head.headers;
    redirects.push({
      url: scrubber.url(url.href).slice(0, SHOWN_URL_CHARS),
      status: head.status,
      location: typeof location === 'string' ? scrubber.url(location).slice(0, SHOWN_URL_CHARS) : null,
      latencyMs: deps.now() - startedAt,
    });
    const next = redirectTarget(url, location);
    if (rewritesToGet(head.status, method)) {
      method = 'GET';
      body = null;
      headers = withoutBodyHeaders(headers);
    }
    if (visited.has(`${method} ${next.href}`))
      throw new TargetFailure('redirect-limit', `a redirect loop back to ${scrubber.url(next.href)}`);
    if (redirects.length > target.followRedirects)
      throw new TargetFailure('redirect-limit', `more than ${target.followRedirects} redirects`);
    // Once a redirect has left the origin, what belongs to the owner is not sent again, not even back home.
    if (next.origin !== home.origin) {
      headers = foreignHeaders(headers, prepared, body);
      context = contexts.foreign;
    }
    url = next;
  }
}

function foreignHeaders(headers: Record<string, string>, prepared: PreparedRequest, body: string | null) {
  const type = headers['content-type'];
  return body !== null && type !== undefined ? { ...prepared.foreign, 'content-type': type } : prepared.foreign;
}

function onFirstHop(error: unknown): unknown {
  if (error instanceof AddressRefused)
    return new CannotProbe('target-refused', error.field === 'proxy' ? 'proxy.url' : 'url', error.message);
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED')
    return new CannotProbe('invalid-request', 'headers', `cannot be sent: ${(error as Error).message}`);
  return error;
}

function onRedirect(error: unknown): unknown {
  return error instanceof AddressRefused && error.field === 'url'
    ? new TargetFailure('target-refused', error.message)
    : error;
}
