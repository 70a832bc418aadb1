import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Failure } from '#src/domain/check.ts';
import type { BodyExpectation, HeaderExpectation, JsonExpectation } from '#src/domain/monitor.ts';
import { targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer, type TargetServer } from '#test/support/target-server.ts';

const DOCUMENT = {
  status: 'up',
  queue: 5,
  text: '12.5',
  none: null,
  on: true,
  list: [1, 2, 3],
  empty: [],
  names: ['a', 'b'],
  deep: { b: { c: [{ x: 1 }, { x: 2 }] }, a: 1 },
  notNumber: '12 apples',
};

let server: TargetServer;
const prober = testProber();
beforeAll(async () => {
  server = await startHttpServer((request, response) => {
    const status = Number(/^\/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
    response.writeHead(status, { 'content-type': 'application/json', 'x-two': ['one', 'two'], 'x-empty': '' });
    response.end(request.url === '/text' ? 'All is OK\nsecond line' : JSON.stringify(DOCUMENT));
  });
});
afterAll(async () => {
  await prober.close();
  await server[Symbol.asyncDispose]();
});

const statuses: [number, string[], boolean][] = [
  [200, ['200-299'], true],
  [299, ['200-299'], true],
  [300, ['200-299'], false],
  [503, ['200-299'], false],
  [503, ['200', '500-599'], true],
  [404, ['404'], true],
];
test.for(statuses)('status %i against %j holds: %s', async ([status, ranges, holds]) => {
  const url = `${server.url}/status/${status}`;
  const result = await prober.probe(targetAt(url, { followRedirects: 0, expect: { status: ranges } }));
  expect(result.failure).toBe(holds ? null : 'status');
  if (!holds) expect(result.detail).toBe(`expected ${ranges.join(' or ')}, got ${status}`);
});

const bodies: [BodyExpectation, boolean][] = [
  [{ contains: 'OK' }, true],
  [{ contains: 'ok' }, false],
  [{ notContains: 'error' }, true],
  [{ notContains: 'OK' }, false],
  [{ matches: '^All' }, true],
  [{ matches: '^second' }, false],
  [{ matches: '(?m)^second' }, true],
  [{ notMatches: '\\d' }, true],
  [{ notMatches: 'lines?$' }, false],
  [{ contains: '.*' }, false],
];
test.for(bodies)('body %j holds: %s', async ([body, holds]) => {
  const result = await prober.probe(targetAt(`${server.url}/text`, { expect: { body: [body] } }));
  expect(result.failure).toBe(holds ? null : 'body');
});

const values: [JsonExpectation, boolean][] = [
  [{ path: '$.status', equals: 'up' }, true],
  [{ path: '$.queue', equals: 5 }, true],
  [{ path: '$.queue', equals: '5' }, false],
  [{ path: '$.none', equals: null }, true],
  [{ path: '$.missing', equals: null }, false],
  [{ path: '$.on', equals: 'true' }, false],
  [{ path: '$.deep', equals: { a: 1, b: { c: [{ x: 1 }, { x: 2 }] } } }, true],
  [{ path: '$.list', equals: [3, 2, 1] }, false],
  [{ path: '$.queue', notEquals: 6 }, true],
  [{ path: '$.queue', notEquals: '5' }, true],
  [{ path: '$.missing', notEquals: 6 }, false],
  [{ path: '$.queue', above: 4 }, true],
  [{ path: '$.queue', above: 5 }, false],
  [{ path: '$.text', above: 12 }, true],
  [{ path: '$.notNumber', above: 1 }, false],
  [{ path: '$.none', below: 1 }, false],
  [{ path: '$.on', atLeast: 1 }, false],
  [{ path: '$.queue', below: 5 }, false],
  [{ path: '$.queue', atLeast: 5 }, true],
  [{ path: '$.queue', atMost: 4.9 }, false],
  [{ path: '$.status', contains: 'u' }, true],
  [{ path: '$.names', contains: 'b' }, true],
  [{ path: '$.queue', contains: '5' }, false],
  [{ path: '$.status', notContains: 'down' }, true],
  [{ path: '$.missing', notContains: 'down' }, false],
  [{ path: '$.status', matches: '^(up|ok)$' }, true],
  [{ path: '$.queue', matches: '5' }, false],
  [{ path: '$.status', oneOf: ['ok', 'up'] }, true],
  [{ path: '$.queue', oneOf: ['5'] }, false],
  [{ path: '$.missing', exists: true }, false],
  [{ path: '$.missing', exists: false }, true],
  [{ path: '$.none', exists: true }, true],
  [{ path: '$.__proto__', exists: false }, true],
  [{ path: '$.constructor', exists: false }, true],
  [{ path: '$.list.length', exists: false }, true],
  [{ path: '$.list', count: 3 }, true],
  [{ path: '$.list[*]', count: 3 }, true],
  [{ path: '$.list[?@ > 1]', count: 2 }, true],
  [{ path: '$.empty[*]', count: 0 }, true],
  [{ path: '$.missing', count: 0 }, false],
  [{ path: '$.missing[*]', count: 0 }, false],
  [{ path: '$.list[*]', above: 0 }, true],
  [{ path: '$.list[*]', above: 1 }, false],
  [{ path: '$..x', count: 2 }, true],
  [{ path: '$.deep.b.c[?@.x == 2].x', equals: 2 }, true],
  [{ path: '$.names[?match(@, "[a-z]")]', count: 2 }, true],
  [{ path: '$.names[?search(@, "b")]', count: 1 }, true],
  [{ path: '$.list[-1]', equals: 3 }, true],
  [{ path: '$.list[::-1]', count: 3 }, true],
];
test.for(values)('json %j holds: %s', async ([json, holds]) => {
  const result = await prober.probe(targetAt(`${server.url}/`, { expect: { json: [json] } }));
  expect(result.failure, result.detail ?? '').toBe(holds ? null : 'json');
});

const headers: [HeaderExpectation, boolean][] = [
  [{ name: 'Content-Type', contains: 'json' }, true],
  [{ name: 'content-type', equals: 'application/json' }, true],
  [{ name: 'content-type', matches: '^text/' }, false],
  [{ name: 'content-type', notMatches: '^text/' }, true],
  [{ name: 'x-two', contains: 'two' }, true],
  [{ name: 'x-two', equals: 'one, two' }, true],
  [{ name: 'x-two', notContains: 'two' }, false],
  [{ name: 'x-none', exists: false }, true],
  [{ name: 'x-none', exists: true }, false],
  [{ name: 'x-none', notContains: 'a' }, false],
  [{ name: 'x-empty', equals: '' }, true],
  [{ name: '__proto__', exists: false }, true],
];
test.for(headers)('header %j holds: %s', async ([header, holds]) => {
  const result = await prober.probe(targetAt(`${server.url}/`, { expect: { headers: [header] } }));
  expect(result.failure, result.detail ?? '').toBe(holds ? null : 'header');
});

test('every failure is named, and the first by layer is the failure', async () => {
  const result = await prober.probe(
    targetAt(`${server.url}/status/503`, {
      expect: {
        status: ['200'],
        body: [{ contains: 'nowhere' }, { notContains: 'status' }],
        json: [{ path: '$.queue', below: 1 }],
        headers: [{ name: 'x-none', exists: true }],
        latencyMs: { degraded: null, down: 0.001 },
      },
    }),
  );
  const all: Failure[] = ['status', 'body', 'body', 'json', 'header', 'latency'];
  expect(result.failures.map(({ failure }) => failure)).toEqual(all);
  expect(result).toMatchObject({ verdict: 'down', failure: 'status', detail: 'expected 200, got 503' });
});

test('a slow answer degrades, and a very slow one is down', async () => {
  const check = (degraded: number | null, down: number | null) =>
    prober.probe(targetAt(`${server.url}/`, { expect: { latencyMs: { degraded, down } } }));
  expect(await check(10_000, null)).toMatchObject({ verdict: 'up', failures: [] });
  expect(await check(0.001, null)).toMatchObject({ verdict: 'degraded', failure: 'latency', evidence: null });
  expect(await check(0.001, 0.002)).toMatchObject({ verdict: 'down', failure: 'latency' });
});

test('a body that is no JSON fails the json expectation in words', async () => {
  const json = [{ path: '$.a', exists: false }];
  expect(await prober.probe(targetAt(`${server.url}/text`, { expect: { json } }))).toMatchObject({
    failure: 'json',
    detail: 'expected JSON, the body is not JSON',
  });
});

const text = Buffer.from('übergröße OK');
const codings: [string, Buffer][] = [
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['identity', text],
];
test.for(codings)('a body in %s is read', async ([coding, body]) => {
  await using coded = await startHttpServer((_request, response) => {
    response.setHeader('content-encoding', coding).end(body);
  });
  const result = await prober.probe(targetAt(`${coded.url}/`, { expect: { body: [{ contains: 'größe OK' }] } }));
  expect(result).toMatchObject({ verdict: 'up', bytes: { wire: body.length, decoded: text.length } });
});

test('a body in another charset is read as what it says', async () => {
  await using latin = await startHttpServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; charset=iso-8859-1').end(Buffer.from('Größe', 'latin1'));
  });
  expect(await prober.probe(targetAt(`${latin.url}/`, { expect: { body: [{ contains: 'Größe' }] } }))).toMatchObject({
    verdict: 'up',
  });
});
