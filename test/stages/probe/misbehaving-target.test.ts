import type net from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import type { Failure } from '#src/domain/check.ts';
import { type TargetOverrides, targetAt, testProber } from '#test/support/target-monitor.ts';
import { drip, flood, startRawServer } from '#test/support/target-server.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const prober = testProber();
afterAll(() => prober.close());

/** Generous for a busy machine; the promise itself is 250 ms (reliability.md 9), measured at rest. */
const MARGIN_MS = 1500;
const needsBody: TargetOverrides = { expect: { body: [{ contains: 'never there' }] } };

interface Case {
  does: string;
  serve: (socket: net.Socket) => void;
  fails: Failure | null;
  says?: string;
  on?: 'connection' | 'request';
  monitor?: TargetOverrides;
  https?: boolean;
}

const cases: Case[] = [
  { does: 'closes at once', on: 'connection', serve: (s) => s.destroy(), fails: 'connect-reset' },
  { does: 'resets at once', on: 'connection', serve: (s) => s.resetAndDestroy(), fails: 'connect-reset' },
  { does: 'closes after the request', serve: (s) => s.end(), fails: 'connect-reset' },
  { does: 'ends in the middle of the head', serve: (s) => s.end(`${OK}server: x`), fails: 'connect-reset' },
  {
    does: 'resets in the middle of the head',
    serve: (s) => s.write('HTTP/1.1 200', () => s.resetAndDestroy()),
    fails: 'connect-reset',
  },
  { does: 'never answers', serve: () => {}, fails: 'first-byte-timeout' },
  { does: 'drips header lines for ever', serve: (s) => drip(s, `a: b\r\n`, 20), fails: 'http-malformed' },
  {
    does: 'drips headers after a status line',
    serve: (s) => drip(after(s, OK), 'a: b\r\n', 20),
    fails: 'first-byte-timeout',
  },
  {
    does: 'sends 103 now and then, for ever',
    serve: (s) => drip(s, 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n', 20),
    fails: 'first-byte-timeout',
  },
  {
    does: 'floods with 103',
    serve: (s) => flood(s, 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(100)),
    fails: 'first-byte-timeout',
  },
  {
    does: 'answers 100 without being asked',
    serve: (s) => s.write('HTTP/1.1 100 Continue\r\n\r\n'),
    fails: 'http-malformed',
  },
  {
    does: 'switches protocols',
    serve: (s) => s.write('HTTP/1.1 101 Now\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    fails: 'http-malformed',
  },
  { does: 'speaks SSH', serve: (s) => s.write('SSH-2.0-OpenSSH_9.9\r\n'), fails: 'http-malformed' },
  {
    does: 'sends bytes that are no text',
    serve: (s) => s.write(Buffer.from([0, 1, 2, 3, 255])),
    fails: 'http-malformed',
  },
  {
    does: 'sends more than 16 KiB of headers',
    serve: (s) => s.write(`${OK}x: ${'a'.repeat(20_000)}\r\n\r\n`),
    fails: 'http-malformed',
    says: '16 KiB',
  },
  { does: 'has status 099', serve: (s) => s.end('HTTP/1.1 099 No\r\n\r\n'), fails: 'http-malformed' },
  { does: 'has status 1000', serve: (s) => s.end('HTTP/1.1 1000 No\r\n\r\n'), fails: 'http-malformed' },
  {
    does: 'has status 999',
    serve: (s) => s.end('HTTP/1.1 999 No\r\n\r\n'),
    fails: 'status',
    says: 'expected 200-299, got 999',
  },
  { does: 'has a header with a NUL', serve: (s) => s.end(`${OK}a: b\0c\r\n\r\n`), fails: 'http-malformed' },
  {
    does: 'sends half of a body of known length',
    serve: (s) => s.end(`${OK}content-length: 9\r\n\r\nhalf`),
    fails: 'download-reset',
  },
  {
    does: 'sends half of a chunked body',
    serve: (s) => s.end(`${OK}transfer-encoding: chunked\r\n\r\n9\r\nhalf`),
    fails: 'download-reset',
  },
  {
    does: 'resets in the middle of a body',
    serve: (s) => s.write(`${OK}content-length: 9\r\n\r\nhalf`, () => s.resetAndDestroy()),
    fails: 'download-reset',
  },
  {
    does: 'sends a chunk size that is no number',
    serve: (s) => s.write(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`),
    fails: 'http-malformed',
  },
  { does: 'drips a body for ever', serve: (s) => drip(after(s, `${OK}\r\n`), '.', 20), fails: 'download-timeout' },
  {
    does: 'sends an endless body that is needed',
    serve: (s) => flood(after(s, `${OK}\r\n`), Buffer.alloc(65_536)),
    fails: 'too-large',
    monitor: needsBody,
  },
  {
    does: 'sends an endless body that is not needed',
    serve: (s) => flood(after(s, `${OK}\r\n`), Buffer.alloc(65_536)),
    fails: null,
  },
  {
    does: 'sends a decompression bomb',
    serve: (s) => s.end(coded('gzip', gzipSync(Buffer.alloc(20_000_000)))),
    fails: 'too-large',
  },
  {
    does: 'sends a bomb inside a bomb',
    serve: (s) => s.end(coded('gzip, deflate', deflateSync(gzipSync(Buffer.alloc(20_000_000))))),
    fails: 'too-large',
  },
  {
    does: 'says gzip and sends none',
    serve: (s) => s.end(`${OK}content-encoding: gzip\r\n\r\nplain`),
    fails: 'http-malformed',
    says: 'cannot be decoded as gzip',
  },
  {
    does: 'cuts a gzip stream short',
    serve: (s) => s.end(coded('gzip', gzipSync('hello').subarray(0, 12))),
    fails: 'http-malformed',
    says: 'cannot be decoded',
  },
  {
    does: 'uses an unknown coding for a body that is needed',
    serve: (s) => s.end(coded('rot13', Buffer.from('x'))),
    fails: 'http-malformed',
    says: 'rot13',
    monitor: needsBody,
  },
  {
    does: 'uses an unknown coding for a body that is not needed',
    serve: (s) => s.end(coded('rot13', Buffer.from('x'))),
    fails: null,
  },
  {
    does: 'speaks plain HTTP where TLS is expected',
    serve: (s) => s.end('HTTP/1.1 400 Bad\r\n\r\n'),
    fails: 'tls-handshake',
    https: true,
  },
  { does: 'closes in the TLS handshake', serve: (s) => s.end(), fails: 'tls-handshake', https: true },
  { does: 'resets in the TLS handshake', serve: (s) => s.resetAndDestroy(), fails: 'tls-handshake', https: true },
  { does: 'stalls in the TLS handshake', serve: () => {}, fails: 'tls-handshake', https: true },
  {
    does: 'sends a header called __proto__',
    serve: (s) => s.end(`${OK}__proto__: x\r\ncontent-length: 2\r\n\r\nok`),
    fails: null,
  },
];

test.for(cases)('a target that $does gives $fails in time', async ({ serve, fails, says, on, monitor, https }) => {
  await using server = await startRawServer(serve, on ? { on } : {});
  const url = https ? server.url.replace('http:', 'https:') : server.url;
  const timeoutSeconds = 0.4;
  const startedAt = performance.now();
  const result = await prober.probe(targetAt(`${url}/`, { timeoutSeconds, ...monitor }));
  expect(result.failure, JSON.stringify(result.failures)).toBe(fails);
  expect(result.verdict).toBe(fails ? 'down' : 'up');
  if (says) expect(result.detail).toContain(says);
  expect(performance.now() - startedAt).toBeLessThan(timeoutSeconds * 1000 + MARGIN_MS);
});

test('a port where nobody listens refuses the connection', async () => {
  const port = await (async () => {
    await using server = await startRawServer(() => {});
    return server.port;
  })();
  const result = await prober.probe(targetAt(`http://127.0.0.1:${port}/`));
  expect(result).toMatchObject({ verdict: 'down', failure: 'connect-refused', status: null, peer: null });
});

function after(socket: net.Socket, bytes: string): net.Socket {
  socket.write(bytes);
  return socket;
}

function coded(coding: string, body: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${OK}content-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`),
    body,
  ]);
}
