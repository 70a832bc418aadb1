import { TargetFailure } from './failure-reasons.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** The URL a redirect points to. Throws `redirect-invalid` when there is none that can be followed. */
export function redirectTarget(from: URL, location: string | string[] | undefined): URL {
  if (location === undefined || location === '') throw invalid('a redirect without a Location header');
  if (Array.isArray(location)) throw invalid('a redirect with several Location headers');
  const to = URL.parse(location, from.href);
  if (!to) throw invalid(`the Location is not a URL: ${location.slice(0, 200)}`);
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    throw invalid(`a redirect to ${to.protocol} is not followed`);
  if (to.port === '0') throw invalid('a redirect to port 0');
  to.hash = '';
  return to;
}

function invalid(detail: string): TargetFailure {
  return new TargetFailure('redirect-invalid', detail);
}

/** RFC 9110 15.4: 303 turns everything but HEAD into GET, 301 and 302 turn POST into GET, 307 and 308 change nothing. */
export function rewritesToGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

/** Headers that describe a body which is no longer sent. */
export function withoutBodyHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));
}
