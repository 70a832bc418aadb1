import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { basicOrBearer, headersInput } from './request-credentials.ts';
import { expectInput, expectPatch } from './request-expect.ts';

const MAX_URL = 2048;
const MAX_BODY_BYTES = 65_536;
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Why a text is not a URL that can be probed, or null. The rules are those of api.md "Limits and meanings". */
export function urlProblem(text: string): string | null {
  if (text.length > MAX_URL) return `must be at most ${MAX_URL} characters`;
  if (text !== text.trim()) return 'must not begin or end with white space';
  const url = URL.parse(text);
  if (!url || !/^https?:\/\/[^/\\]/i.test(text)) return 'must be a full URL such as https://shop.example/health';
  if (url.username !== '' || url.password !== '') return 'must not contain credentials; use auth instead';
  const host = url.hostname.replace(/\.$/, '');
  if (host === '') return 'must name a host';
  if (host.length > 253) return 'the host must be at most 253 characters';
  if (!host.startsWith('[') && host.split('.').some((label) => label.length === 0 || label.length > 63))
    return 'each label of the host must be 1 to 63 characters';
  if (url.port === '0') return 'the port must be 1 to 65535';
  return null;
}

/** Whether a text is PEM certificates that parse, and nothing else. */
function isPem(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const rest = blocks.reduce((left, block) => left.replace(block, ''), text);
  if (blocks.length === 0 || rest.trim() !== '') return false;
  try {
    return blocks.every((block) => new X509Certificate(block).subject !== null);
  } catch {
    return false;
  }
}

const url = z.string().check((context) => {
  const problem = urlProblem(context.value);
  if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value });
});
const method = z.enum(METHODS, { error: `must be one of ${METHODS.join(', ')}` });
const body = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= MAX_BODY_BYTES, `must be at most ${MAX_BODY_BYTES} bytes (64 KiB)`)
  .nullable();
const timeoutSeconds = z.number().min(0.1, 'must be 0.1 to 60 seconds').max(60, 'must be 0.1 to 60 seconds');
const followRedirects = z.int32('must be a whole number').min(0, 'must be 0 to 20').max(20, 'must be 0 to 20');
const ca = z
  .string()
  .max(MAX_BODY_BYTES, 'must be at most 64 KiB')
  .refine(isPem, 'must be one or more PEM certificates (-----BEGIN CERTIFICATE-----)');
const ipFamily = z.union([z.literal('any'), z.literal(4), z.literal(6)], { error: 'must be "any", 4 or 6' });
const httpVersion = z.enum(['auto', '1.1', '2'], { error: 'must be "auto", "1.1" or "2"' });

/** The request part of a monitor as it is created or replaced: to spread in a `z.strictObject`. Defaults filled in. */
export const requestShape = {
  url,
  method: method.default('GET'),
  headers: headersInput.default({}),
  body: body.default(null),
  auth: basicOrBearer.default(null),
  timeoutSeconds: timeoutSeconds.default(10),
  followRedirects: followRedirects.default(10),
  tls: z
    .strictObject({ verify: z.boolean().default(true), ca: ca.nullable().exactOptional() })
    .default({ verify: true }),
  ipFamily: ipFamily.default('any'),
  httpVersion: httpVersion.default('auto'),
  expect: expectInput.prefault({}),
};

/** The same fields for a PATCH: all optional and without defaults; `expect` and `tls` are merged member by member. */
export const requestPatchShape = {
  url: url.exactOptional(),
  method: method.exactOptional(),
  headers: headersInput.exactOptional(),
  body: body.exactOptional(),
  auth: basicOrBearer.exactOptional(),
  timeoutSeconds: timeoutSeconds.exactOptional(),
  followRedirects: followRedirects.exactOptional(),
  tls: z.strictObject({ verify: z.boolean().exactOptional(), ca: ca.nullable().exactOptional() }).exactOptional(),
  ipFamily: ipFamily.exactOptional(),
  httpVersion: httpVersion.exactOptional(),
  expect: expectPatch.exactOptional(),
};

export interface RequestIssue {
  path: (string | number)[];
  message: string;
}

/**
 * What is wrong between fields of a whole request (after a PATCH was merged): credentials given twice, a body or body
 * expectations with a method that has none, HTTP/2 without TLS.
 */
export function requestIssues(request: {
  url: string;
  method: string;
  headers: Record<string, unknown>;
  body: string | null;
  auth: unknown;
  httpVersion: string;
  expect: { body: unknown[]; json: unknown[] };
}): RequestIssue[] {
  const issues: RequestIssue[] = [];
  const names = Object.keys(request.headers).map((name) => name.toLowerCase());
  if (request.auth !== null && names.includes('authorization'))
    issues.push({ path: ['auth'], message: 'give either auth or an authorization header, not both' });
  if (request.body !== null && request.method === 'HEAD')
    issues.push({ path: ['body'], message: 'must be null for HEAD' });
  for (const kind of ['body', 'json'] as const)
    if (request.method === 'HEAD' && request.expect[kind].length > 0)
      issues.push({ path: ['expect', kind], message: 'must be empty for HEAD, whose answers have no body' });
  if (request.httpVersion === '2' && !request.url.toLowerCase().startsWith('https:'))
    issues.push({ path: ['httpVersion'], message: 'HTTP/2 needs an https URL' });
  return issues;
}
