import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import type { Failure } from '#src/domain/check.ts';
import { selfSigned } from '#test/support/certificates.ts';
import { type TargetOverrides, targetAt, testProber } from '#test/support/target-monitor.ts';
import { startRawServer } from '#test/support/target-server.ts';

const certificate = selfSigned({ names: ['127.0.0.1'] });
const prober = testProber();
afterAll(() => prober.close());

async function startHttp2Server(handle: (stream: http2.ServerHttp2Stream, path: string) => void) {
  const server = http2.createSecureServer({ ...certificate, allowHTTP1: false });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    handle(stream, String(headers[':path']));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sessions,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      for (const session of sessions) session.destroy();
      server.close();
      await closed;
    },
  };
}

const over2 = (overrides: TargetOverrides = {}): TargetOverrides => ({
  httpVersion: '2',
  tls: { verify: false },
  timeoutSeconds: 0.5,
  ...overrides,
});

test('HTTP/2 is spoken when it is asked for', async () => {
  const body = gzipSync('{"status":"up"}');
  await using server = await startHttp2Server((stream) => {
    stream.respond({ ':status': 200, 'content-encoding': 'gzip', 'x-two': ['a', 'b'] });
    stream.end(body);
  });
  const json = [{ path: '$.status', equals: 'up' }];
  const headers = [{ name: 'x-two', equals: 'a, b' }];
  const result = await prober.probe(targetAt(server.url, over2({ expect: { json, headers } })));
  expect(result, JSON.stringify(result.failures)).toMatchObject({ verdict: 'up', status: 200, httpVersion: '2' });
  expect(result.phases.firstByte).toBeGreaterThan(0);
  for (const session of server.sessions) if (!session.destroyed) await once(session, 'close');
});

test('a redirect is followed over HTTP/2', async () => {
  await using server = await startHttp2Server((stream, path) => {
    stream.respond(path === '/' ? { ':status': 302, location: '/end' } : { ':status': 204 });
    stream.end();
  });
  expect(await prober.probe(targetAt(server.url, over2()))).toMatchObject({ verdict: 'up', status: 204 });
});

const cases: { does: string; handle: (stream: http2.ServerHttp2Stream) => void; fails: Failure }[] = [
  { does: 'never answers', handle: () => {}, fails: 'first-byte-timeout' },
  {
    does: 'floods with 103',
    handle: (stream) => {
      for (let sent = 0; sent < 200; sent += 1) stream.additionalHeaders({ ':status': 103, link: 'x' });
    },
    fails: 'first-byte-timeout',
  },
  {
    does: 'resets the stream',
    handle: (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
    fails: 'connect-reset',
  },
  { does: 'goes away', handle: (stream) => stream.session?.destroy(), fails: 'connect-reset' },
  {
    does: 'goes away in the middle of the body',
    handle: (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half', () => stream.session?.destroy());
    },
    fails: 'download-reset',
  },
  {
    does: 'never ends the body',
    handle: (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half');
    },
    fails: 'download-timeout',
  },
];
test.for(cases)('an HTTP/2 target that $does gives $fails', async ({ handle, fails }) => {
  await using server = await startHttp2Server(handle);
  const result = await prober.probe(targetAt(server.url, over2()));
  expect(result.failure, JSON.stringify(result)).toBe(fails);
});

test('a server without HTTP/2 fails the handshake in words', async () => {
  await using server = await startRawServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'), { certificate });
  expect(await prober.probe(targetAt(server.url, over2()))).toMatchObject({
    verdict: 'down',
    failure: 'tls-handshake',
    detail: expect.stringMatching(/HTTP\/2/),
  });
});

test('without being asked for, HTTP/2 is not spoken', async () => {
  await using server = await startHttp2Server((stream) => stream.end());
  const result = await prober.probe(targetAt(server.url, over2({ httpVersion: 'auto' })));
  expect(result).toMatchObject({ verdict: 'down', httpVersion: null });
});
