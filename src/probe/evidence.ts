import type { Evidence } from '#src/domain/check.ts';
import type { ResponseHead } from './hop.ts';
import type { Scrubber } from './scrub.ts';

const BODY_BYTES = 2048;
const HEADER_CHARS = 300;

/** Headers that tell who answered and why. Cookies and credentials are never among them. */
const TELLING = new Set([
  'age',
  'allow',
  'alt-svc',
  'cache-control',
  'cf-ray',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'location',
  'retry-after',
  'server',
  'traceparent',
  'transfer-encoding',
  'via',
  'www-authenticate',
  'x-amz-cf-id',
  'x-amzn-requestid',
  'x-amzn-trace-id',
  'x-cache',
  'x-correlation-id',
  'x-request-id',
  'x-served-by',
]);
const NEVER = /cookie|authorization|token|secret|api-?key/i;

/** What a person wants to see of a failed check: status line, telling headers, the first 2 KiB of the body as text. */
export function evidenceOf(
  httpVersion: string | null,
  head: ResponseHead,
  body: string | null,
  judgedHeaders: string[],
  scrubber: Scrubber,
): Evidence {
  const judged = new Set(judgedHeaders.map((name) => name.toLowerCase()));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(head.headers)) {
    if (!(TELLING.has(name) || judged.has(name)) || NEVER.test(name)) continue;
    const text = [value].flat().join(', ');
    headers[name] =
      name === 'location' ? scrubber.text(scrubber.url(text), HEADER_CHARS) : scrubber.text(text, HEADER_CHARS);
  }
  const line = `HTTP/${httpVersion ?? '1.1'} ${head.status} ${head.statusText}`;
  return {
    statusLine: scrubber.text(line.trimEnd(), HEADER_CHARS),
    headers,
    body: body === null || body === '' ? null : firstBytes(scrubber.body(body, BODY_BYTES), BODY_BYTES),
  };
}

function firstBytes(text: string, bytes: number): string {
  const all = Buffer.from(text);
  return all.length <= bytes ? text : all.toString('utf8', 0, bytes).replace(/\uFFFD$/, '');
}
