import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { RequestBody } from '#src/domain/monitor.ts';
import { encodeBody } from '#src/domain/request-body.ts';
import { httpUrl } from './http-url.ts';
import { authInput, headersInput, proxyInput } from './request-credentials.ts';
import { expectInput, expectPatch } from './request-expect.ts';

const MAX_BODY_BYTES = 65_536;
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

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

const method = z.enum(METHODS, { error: `must be one of ${METHODS.join(', ')}` });
const fitting = (value: Exclude<RequestBody, null>) =>
  Buffer.byteLength(encodeBody(value)?.text ?? '') <= MAX_BODY_BYTES;
const tooLong = {
  error: `must be at most ${MAX_BODY_BYTES} bytes (64 KiB) when encoded`,
  when: ({ issues }: { issues: unknown[] }) => issues.length === 0,
};
const field = z.union([z.string(), z.array(z.string()).max(1000)]);
const body = z
  .union(
    [
      z.string().refine(fitting, tooLong),
      z
        .strictObject({ json: z.unknown().refine((value) => value !== undefined, 'must be a JSON value') })
        .refine(fitting, tooLong),
      z.strictObject({ form: z.record(z.string(), field) }).refine(fitting, tooLong),
    ],
    { error: 'must be null, a text, {"json": any value} or {"form": {"field": "text" or ["text", …]}}' },
  )
  .nullable();
const timeoutSeconds = z.number().min(0.1, 'must be 0.1 to 60 seconds').max(60, 'must be 0.1 to 60 seconds');
const followRedirects = z.int32('must be a whole number').min(0, 'must be 0 to 20').max(20, 'must be 0 to 20');
const ca = z
  .string()
  .max(MAX_BODY_BYTES, 'must be at most 64 KiB')
  .refine(isPem, 'must be one or more PEM certificates (-----BEGIN CERTIFICATE-----)');
const cert = z
  .string()
  .max(MAX_BODY_BYTES, 'must be at most 64 KiB')
  .refine(isPem, 'must be the PEM certificate to show, with the chain after it (-----BEGIN CERTIFICATE-----)');
/** null keeps the stored key. */
const clientKey = z
  .string()
  .max(MAX_BODY_BYTES, 'must be at most 64 KiB')
  .refine(isPrivateKey, 'must be an unencrypted PEM private key (-----BEGIN PRIVATE KEY-----)')
  .nullable();
const ipFamily = z.union([z.literal('any'), z.literal(4), z.literal(6)], { error: 'must be "any", 4 or 6' });
const tlsMembers = {
  ca: ca.nullable().exactOptional(),
  cert: cert.nullable().exactOptional(),
  key: clientKey.exactOptional(),
};
const httpVersion = z.enum(['auto', '1.1', '2'], { error: 'must be "auto", "1.1" or "2"' });

function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

/** The request part of a monitor as it is created or replaced: to spread in a `z.strictObject`. Defaults filled in. */
export const requestShape = {
  url: httpUrl,
  method: method.default('GET'),
  headers: headersInput.default({}),
  body: body.default(null),
  auth: authInput.default(null),
  timeoutSeconds: timeoutSeconds.default(10),
  followRedirects: followRedirects.default(10),
  tls: z.strictObject({ verify: z.boolean().default(true), ...tlsMembers }).default({ verify: true }),
  proxy: proxyInput.default(null),
  ipFamily: ipFamily.default('any'),
  httpVersion: httpVersion.default('auto'),
  expect: expectInput.prefault({}),
};

/** The same fields for a PATCH: all optional and without defaults; `expect` and `tls` are merged member by member. */
export const requestPatchShape = {
  url: httpUrl.exactOptional(),
  method: method.exactOptional(),
  headers: headersInput.exactOptional(),
  body: body.exactOptional(),
  auth: authInput.exactOptional(),
  timeoutSeconds: timeoutSeconds.exactOptional(),
  followRedirects: followRedirects.exactOptional(),
  tls: z.strictObject({ verify: z.boolean().exactOptional(), ...tlsMembers }).exactOptional(),
  proxy: proxyInput.exactOptional(),
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
 * expectations with a method that has none, half a client certificate, HTTP/2 without TLS.
 */
export function requestIssues(request: {
  url: string;
  method: string;
  headers: Record<string, unknown>;
  body: RequestBody;
  auth: unknown;
  tls: { cert?: string | null; key?: unknown };
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
  const { cert = null, key = null } = request.tls;
  if ((cert === null) !== (key === null))
    issues.push({ path: ['tls', cert === null ? 'cert' : 'key'], message: 'tls.cert and tls.key go together' });
  if (request.httpVersion === '2' && !request.url.toLowerCase().startsWith('https:'))
    issues.push({ path: ['httpVersion'], message: 'HTTP/2 needs an https URL' });
  return issues;
}
