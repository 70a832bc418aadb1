import { afterAll, expect, test } from 'vitest';
import { SealError } from '#src/seal.ts';
import { CANARY, targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer } from '#test/support/target-server.ts';

const prober = testProber();
afterAll(() => prober.close());
const basic = Buffer.from(`user:${CANARY}`).toString('base64');

test('a good check carries its phases, peer and bytes, and no evidence', async () => {
  await using server = await startHttpServer((_request, response) => response.end('fine'));
  const before = Date.now();
  const result = await prober.probe(targetAt(`${server.url}/`));
  expect(result).toMatchObject({
    verdict: 'up',
    failure: null,
    detail: null,
    failures: [],
    peer: '127.0.0.1',
    httpVersion: '1.1',
    bytes: { wire: 4, decoded: 4 },
    evidence: null,
    phases: { dns: null, tls: null },
  });
  const { connect, firstByte, download } = result.phases;
  expect((connect ?? 0) + (firstByte ?? 0) + (download ?? 0)).toBeLessThanOrEqual(result.latencyMs ?? 0);
  expect(result.startedAt).toBeGreaterThanOrEqual(before);
  expect(result.endedAt).toBeGreaterThanOrEqual(result.startedAt);
});

test('what the owner configured is what is sent', async () => {
  const seen: Record<string, unknown>[] = [];
  await using server = await startHttpServer((request, response) => {
    seen.push({ method: request.method, url: request.url, ...request.headers });
    request.resume().on('end', () => response.end());
  });
  await prober.probe(targetAt(`${server.url}/a?b=c#d`));
  await prober.probe(
    targetAt(`${server.url}/`, {
      method: 'POST',
      body: 'payload',
      headers: { 'User-Agent': 'mine', Host: 'shop.example', 'X-Key': { sealed: 'x' } },
      auth: { basic: { username: 'user', password: { sealed: 'x' } } },
    }),
  );
  expect(seen[0]).toMatchObject({
    method: 'GET',
    url: '/a?b=c',
    'user-agent': expect.stringMatching(/^Hindcast\/\d.*\(\+uptime check\)$/),
  });
  expect(seen[1]).toMatchObject({
    method: 'POST',
    'content-length': '7',
    'user-agent': 'mine',
    host: 'shop.example',
    'x-key': CANARY,
    authorization: `Basic ${basic}`,
  });
});

test('each sealed value is opened for the place it belongs to', async () => {
  const contexts: string[] = [];
  const open = (_value: unknown, context: string) => {
    contexts.push(context);
    return 'x';
  };
  await using own = testProber({ open });
  await using server = await startHttpServer((_request, response) => response.end());
  const headers = { 'X-Key': { sealed: 'x' } };
  await own.probe(targetAt(`${server.url}/`, { headers, auth: { bearer: { sealed: 'x' } } }));
  await own.probe(targetAt(`${server.url}/`, { auth: { basic: { username: 'u', password: { sealed: 'x' } } } }));
  expect(contexts).toEqual([
    'monitor:mon_test:headers.x-key',
    'monitor:mon_test:auth.token',
    'monitor:mon_test:auth.password',
  ]);
});

test('a secret that cannot be opened is a mistake of configuration, not a check', async () => {
  await using own = testProber({
    open: () => {
      throw new SealError('sealed with another key');
    },
  });
  await expect(own.probe(targetAt('http://127.0.0.1/', { auth: { bearer: { sealed: 'x' } } }))).rejects.toMatchObject({
    code: 'secret-unreadable',
    path: 'auth.token',
  });
});

test('no secret comes back out of a check, wherever the target echoes it', async () => {
  await using server = await startHttpServer((request, response) => {
    if (request.url?.startsWith('/in')) {
      const echo = `${JSON.stringify(request.headers)} ${encodeURIComponent(CANARY)} ${'x'.repeat(1990)}${CANARY}`;
      response.writeHead(500, `oops ${CANARY}`, {
        server: CANARY,
        'set-cookie': `sid=${CANARY}`,
        via: basic,
        'x-echo': CANARY,
      });
      response.end(echo);
    } else response.writeHead(302, { location: `/in?token=${CANARY}&other=hidden-value` }).end();
  });
  const monitor = {
    headers: { 'x-key': { sealed: 'x' } },
    auth: { basic: { username: 'user', password: { sealed: 'x' } } },
    expect: {
      headers: [
        { name: 'x-echo', equals: 'other' },
        { name: 'set-cookie', exists: true },
      ],
    },
  };
  const result = await prober.probe(targetAt(`${server.url}/?password=hidden-value`, monitor));
  expect(result).toMatchObject({ verdict: 'down', status: 500 });
  expect(result.evidence).toMatchObject({
    statusLine: 'HTTP/1.1 500 oops ***',
    headers: { server: '***', via: '***' },
  });
  expect(Object.keys(result.evidence?.headers ?? {})).not.toContain('set-cookie');
  for (const secret of [CANARY, basic, 'hidden-value', CANARY.slice(0, 10)])
    expect(JSON.stringify(result)).not.toContain(secret);
});

test('evidence is at most 2 KiB of body and details at most 300 characters', async () => {
  await using server = await startHttpServer((_request, response) => response.writeHead(500).end('ü'.repeat(50_000)));
  const long = 'y'.repeat(4000);
  const result = await prober.probe(
    targetAt(`${server.url}/`, {
      expect: { status: Array.from({ length: 90 }, (_, i) => String(200 + i)), body: [{ contains: long }] },
    }),
  );
  expect(Buffer.byteLength(result.evidence?.body ?? '')).toBeLessThanOrEqual(2048);
  expect(result.failures).toHaveLength(2);
  for (const { detail } of result.failures) expect(detail.length).toBeLessThanOrEqual(300);
});

test('control and bidirectional characters do not survive in a detail', async () => {
  await using server = await startHttpServer((_request, response) =>
    response.end(JSON.stringify({ a: 'x\u202ey\u0007z' })),
  );
  const result = await prober.probe(targetAt(`${server.url}/`, { expect: { json: [{ path: '$.a', equals: 'b' }] } }));
  expect(result.detail).not.toMatch(/\p{Cc}|\u202e/u);
});
