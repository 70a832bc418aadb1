import { z } from 'zod';
import { httpUrl } from './http-url.ts';

const MAX_HEADERS = 50;
const MAX_HEADER_BYTES = 8192;
/** RFC 9110 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 5.5: visible characters, spaces and tabs inside; no line breaks. One byte each on the wire. */
const FIELD_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * Written by the HTTP engine itself, or changing what the message is. `host` may be set: it names the virtual host
 * when the URL holds an address (the name that TLS checks stays that of the URL).
 */
export const FORBIDDEN_HEADERS = [
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

export const headerName = z.string().min(1).max(256).regex(TOKEN, 'must be a header name: letters, digits and hyphens');

const headerText = z
  .string()
  .regex(FIELD_VALUE, 'must be a header value: Latin-1 text without line breaks')
  .refine((value) => Buffer.byteLength(value) <= MAX_HEADER_BYTES, `must be at most ${MAX_HEADER_BYTES} bytes (8 KiB)`);

const secretHeader = z.strictObject({
  /** null keeps the stored secret. */
  secret: headerText.nullable(),
});

export const headersInput = z
  .record(
    z.string(),
    z.union([headerText, secretHeader], {
      error: 'must be Latin-1 text of at most 8 KiB without line breaks, or {"secret": "…"}',
    }),
  )
  .check((context) => {
    const names = Object.keys(context.value);
    const issue = (path: string[], message: string) =>
      context.issues.push({ code: 'custom', message, path, input: context.value });
    if (names.length > MAX_HEADERS) issue([], `must be at most ${MAX_HEADERS} headers`);
    const seen = new Set<string>();
    for (const name of names) {
      const lower = name.toLowerCase();
      if (!headerName.safeParse(name).success) issue([name], 'must be a header name: letters, digits and hyphens');
      if (FORBIDDEN_HEADERS.includes(lower))
        issue([name], `${lower} cannot be set; it is written by the request itself`);
      if (seen.has(lower)) issue([name], `${lower} is given twice`);
      seen.add(lower);
    }
  });

const noColon = z
  .string()
  .max(1024)
  .regex(/^[^:\p{Cc}]*$/u, 'must not contain a colon or control characters (RFC 7617)');
const secretText = (what: string) =>
  z
    .string()
    .min(1, `${what} must not be empty`)
    .max(8192)
    .regex(/^\P{Cc}*$/u, `${what} must not contain control characters`)
    .nullable();

const token = (what: string, most: number) =>
  z
    .string()
    .min(1, `${what} must not be empty`)
    .max(most, `${what} must be at most ${most} characters`)
    .regex(/^\P{Cc}*$/u, `${what} must not contain control characters`);
/** RFC 6749 3.3. */
const scope = z
  .string()
  .max(256)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be a scope: visible ASCII without spaces, quotes and backslashes');

const oauth2 = z.strictObject({
  tokenUrl: httpUrl,
  clientId: token('clientId', 1024),
  /** null keeps the stored secret. */
  clientSecret: secretText('clientSecret'),
  scopes: z.array(scope).max(50).default([]),
  audience: token('audience', 1024).nullable().default(null),
  authMethod: z.enum(['basic', 'post'], { error: 'must be "basic" or "post"' }).default('basic'),
});

/** `null`: none. A `password`, `bearer` or `clientSecret` of null keeps the stored secret. */
export const authInput = z
  .union(
    [
      z.strictObject({ basic: z.strictObject({ username: noColon, password: secretText('password') }) }),
      z.strictObject({
        bearer: secretText('bearer').refine(
          (value) => value === null || FIELD_VALUE.test(value),
          'bearer must be Latin-1 text',
        ),
      }),
      z.strictObject({ oauth2 }),
    ],
    {
      error:
        'must be null, {"basic": {"username", "password"}}, {"bearer": "token"} or {"oauth2": {"tokenUrl", "clientId", "clientSecret"}}',
    },
  )
  .nullable();

const proxyUrl = httpUrl.refine(
  (text) => /^http:\/\/[^/?#]+\/?$/i.test(text),
  'must be the address of an HTTP proxy such as http://proxy.example:3128, without path or query',
);

/** `null`: none. A text, or an object when the proxy wants a name and a password (null keeps the stored one). */
export const proxyInput = z
  .union(
    [
      proxyUrl,
      z.strictObject({
        url: proxyUrl,
        basic: z
          .strictObject({ username: noColon, password: secretText('password') })
          .nullable()
          .default(null),
      }),
    ],
    { error: 'must be null, "http://host:port" or {"url", "basic": {"username", "password"}}' },
  )
  .nullable();
