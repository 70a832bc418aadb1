import { expect, test } from 'vitest';
import { z } from 'zod';
import { requestIssues, requestPatchShape, requestShape } from '#src/api/schemas/request.ts';
import { createAuthority } from '#test/support/certificates.ts';

const schema = z.strictObject(requestShape);
const url = 'https://shop.example/health';

test('a URL is enough, the rest has its defaults', () => {
  expect(schema.parse({ url })).toEqual({
    url,
    method: 'GET',
    headers: {},
    body: null,
    auth: null,
    timeoutSeconds: 10,
    followRedirects: 10,
    tls: { verify: true },
    proxy: null,
    ipFamily: 'any',
    httpVersion: 'auto',
    expect: {
      status: ['200-299'],
      body: [],
      json: [],
      headers: [],
      finalUrl: null,
      httpVersion: null,
      latencyMs: { degraded: null, down: null },
      certificateDays: { degraded: null, down: null },
    },
  });
});

test('everything the contract names is accepted', () => {
  const request = {
    url: 'http://[::1]:8080/a?b=c',
    method: 'POST',
    headers: {
      accept: 'application/json',
      'x-api-key': { secret: 'k' },
      'x-kept': { secret: null },
      host: 'shop.example',
    },
    body: '{}',
    auth: { basic: { username: 'u', password: null } },
    timeoutSeconds: 0.5,
    followRedirects: 0,
    tls: { verify: false, ca: createAuthority().cert },
    ipFamily: 6,
    httpVersion: '1.1',
    expect: {
      status: ['200', '300-399'],
      body: [{ contains: 'ok' }, { notContains: 'error' }, { matches: '^OK' }, { notMatches: 'x' }],
      json: [
        { path: '$.status', equals: null },
        { path: '$.queue', below: 100 },
        { path: '$.a[*]', count: 0 },
      ],
      headers: [{ name: 'content-type', contains: 'json' }],
      latencyMs: { degraded: 800, down: null },
      certificateDays: { degraded: 21 },
    },
  };
  expect(schema.parse(request)).toMatchObject(request);
});

test('a PATCH carries only what was given', () => {
  const patch = z.strictObject(requestPatchShape);
  expect(patch.parse({})).toEqual({});
  expect(patch.parse({ expect: { latencyMs: { down: 5 } } })).toEqual({ expect: { latencyMs: { down: 5 } } });
});

const oauth2 = (fields: object) => ({
  oauth2: { tokenUrl: 'https://idp.example/token', clientId: 'c', clientSecret: 's', ...fields },
});
const long = (length: number) => 'a'.repeat(length);
const refused: [what: string, field: object, path: string, says: string][] = [
  ['another scheme', { url: 'ftp://x/' }, 'url', 'full URL'],
  ['no scheme', { url: 'shop.example' }, 'url', 'full URL'],
  ['a scheme without slashes', { url: 'http:shop.example' }, 'url', 'full URL'],
  ['credentials', { url: 'https://u:p@x/' }, 'url', 'auth'],
  ['a URL that is too long', { url: `http://x/${long(2040)}` }, 'url', '2048'],
  ['a label that is too long', { url: `http://${long(64)}.test/` }, 'url', '63'],
  ['a host that is too long', { url: `http://${`${long(60)}.`.repeat(5)}test/` }, 'url', '253'],
  ['an empty label', { url: 'http://a..test/' }, 'url', 'label'],
  ['port 0', { url: 'http://x:0/' }, 'url', 'port'],
  ['an unknown method', { method: 'TRACE' }, 'method', 'GET'],
  [
    'a header the engine writes',
    { headers: { 'Transfer-Encoding': 'chunked' } },
    'headers.Transfer-Encoding',
    'cannot be set',
  ],
  ['Expect', { headers: { expect: '100-continue' } }, 'headers.expect', 'cannot be set'],
  ['a header name with a space', { headers: { 'a b': 'c' } }, 'headers.a b', 'header name'],
  ['a header value with a line break', { headers: { a: 'b\r\nc: d' } }, 'headers.a', 'line break'],
  ['a secret header with a line break', { headers: { a: { secret: 'b\nc' } } }, 'headers.a.secret', 'line break'],
  ['a header value beyond Latin-1', { headers: { a: '→' } }, 'headers.a', 'Latin-1'],
  ['a header value that is too long', { headers: { a: long(8193) } }, 'headers.a', '8 KiB'],
  ['a header given twice', { headers: { a: '1', A: '2' } }, 'headers.A', 'twice'],
  ['51 headers', { headers: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`h${i}`, ''])) }, 'headers', '50'],
  ['a body that is too long', { body: 'ü'.repeat(32_769) }, 'body', '64 KiB'],
  ['a user name with a colon', { auth: { basic: { username: 'a:b', password: 'p' } } }, 'auth.basic.username', 'colon'],
  ['two kinds of auth', { auth: { basic: { username: 'a', password: 'p' }, bearer: 't' } }, 'auth', ''],
  ['a time-out of 0', { timeoutSeconds: 0 }, 'timeoutSeconds', '0.1 to 60'],
  ['a time-out of 61', { timeoutSeconds: 61 }, 'timeoutSeconds', '0.1 to 60'],
  ['21 redirects', { followRedirects: 21 }, 'followRedirects', '0 to 20'],
  ['half a redirect', { followRedirects: 0.5 }, 'followRedirects', 'whole'],
  ['an authority that is no certificate', { tls: { ca: 'PEM' } }, 'tls.ca', 'BEGIN CERTIFICATE'],
  ['a form of numbers', { body: { form: { a: 1 } } }, 'body', '"form"'],
  ['a JSON body that is too long', { body: { json: long(65_536) } }, 'body', '64 KiB'],
  ['a token server without a scheme', { auth: oauth2({ tokenUrl: 'idp/token' }) }, 'auth.oauth2.tokenUrl', 'full URL'],
  ['a scope with a space', { auth: oauth2({ scopes: ['a b'] }) }, 'auth.oauth2.scopes.0', 'scope'],
  ['a client certificate that is none', { tls: { cert: 'PEM', key: null } }, 'tls.cert', 'BEGIN CERTIFICATE'],
  ['a client key that is none', { tls: { cert: null, key: 'PEM' } }, 'tls.key', 'BEGIN PRIVATE KEY'],
  ['a proxy with TLS', { proxy: 'https://proxy:3128' }, 'proxy', 'HTTP proxy such as'],
  ['a proxy with a path', { proxy: { url: 'http://proxy:3128/a' } }, 'proxy.url', 'without path'],
  ['a final URL without an operator', { expect: { finalUrl: {} } }, 'expect.finalUrl', 'exactly one'],
  ['an unknown version of HTTP', { expect: { httpVersion: ['3'] } }, 'expect.httpVersion.0', '"1.1"'],
  ['an unknown field', { retries: 3 }, '', 'retries'],
  ['an unknown expectation', { expect: { speed: 1 } }, 'expect', 'speed'],
  ['no status', { expect: { status: [] } }, 'expect.status', 'at least one'],
  ['a status that is no range', { expect: { status: ['2xx'] } }, 'expect.status.0', 'NNN'],
  ['a status range turned around', { expect: { status: ['299-200'] } }, 'expect.status.0', 'above'],
  ['an empty text', { expect: { body: [{ contains: '' }] } }, 'expect.body.0.contains', 'empty'],
  ['an expectation of nothing', { expect: { body: [{}] } }, 'expect.body.0', 'exactly one'],
  ['two operators', { expect: { json: [{ path: '$', equals: 1, above: 2 }] } }, 'expect.json.0', 'exactly one'],
  ['look-ahead', { expect: { body: [{ matches: '(?=a)' }] } }, 'expect.body.0.matches', 'RE2'],
  ['a back-reference', { expect: { body: [{ notMatches: '(a)\\1' }] } }, 'expect.body.0.notMatches', 'RE2'],
  ['a pattern that is too long', { expect: { body: [{ matches: long(513) }] } }, 'expect.body.0.matches', '512'],
  [
    'a path that does not parse',
    { expect: { json: [{ path: 'status', exists: true }] } },
    'expect.json.0.path',
    'JSONPath',
  ],
  [
    'a path with a script',
    { expect: { json: [{ path: '$[(@.length-1)]', exists: true }] } },
    'expect.json.0.path',
    'JSONPath',
  ],
  ['a limit of no time', { expect: { latencyMs: { down: 0 } } }, 'expect.latencyMs.down', 'above 0'],
];
test.for(refused)('%s is refused by name', ([, field, path, says]) => {
  const { error } = schema.safeParse({ url, ...field });
  const issues = error?.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  expect(issues).toContainEqual({ path, message: expect.stringContaining(says) });
});

const between: [string, object, string[]][] = [
  ['auth and an authorization header', { auth: { bearer: 't' }, headers: { Authorization: 'x' } }, ['auth']],
  ['a body for HEAD', { method: 'HEAD', body: 'x' }, ['body']],
  ['body expectations for HEAD', { method: 'HEAD', expect: { body: [{ contains: 'x' }] } }, ['expect.body']],
  ['HTTP/2 without TLS', { url: 'http://x/', httpVersion: '2' }, ['httpVersion']],
  ['half a client certificate', { tls: { cert: createAuthority().cert } }, ['tls.key']],
  ['nothing wrong', {}, []],
];
test.for(between)('%s is noticed between fields', ([, fields, paths]) => {
  expect(requestIssues(schema.parse({ url, ...fields })).map(({ path }) => path.join('.'))).toEqual(paths);
});

test('the schema can be written into the OpenAPI document, for requests and for answers', () => {
  for (const shape of [requestShape, requestPatchShape])
    for (const io of ['input', 'output'] as const)
      expect(z.toJSONSchema(z.strictObject(shape), { io })).toHaveProperty('properties.url');
});
