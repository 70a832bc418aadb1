import type http from 'node:http';
import { afterAll, expect, test } from 'vitest';
import type { Failure } from '#src/domain/check.ts';
import { CANARY, type TargetOverrides, targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer } from '#test/support/target-server.ts';

const prober = testProber();
afterAll(() => prober.close());

interface Seen {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** A server that keeps what it was asked and answers by path: `/301?to=…` redirects, everything else is 200. */
async function recording() {
  const seen: Seen[] = [];
  const server = await startHttpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = request.url ?? '';
    seen.push({ method: request.method ?? '', url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    const [, status, to] = /^\/(\d{3})\?to=(.*)$/.exec(url) ?? [];
    if (status && to) response.writeHead(Number(status), { location: decodeURIComponent(to) }).end('moved');
    else response.end('here');
  });
  return { ...server, seen };
}
const via = (status: number, to: string) => `/${status}?to=${encodeURIComponent(to)}`;

test('a redirect is followed and its hop kept with its time', async () => {
  await using server = await recording();
  const result = await prober.probe(targetAt(server.url + via(302, via(301, '/end'))));
  expect(result).toMatchObject({ verdict: 'up', status: 200 });
  expect(result.redirects.map(({ status }) => status)).toEqual([302, 301]);
  for (const hop of result.redirects) expect(hop.latencyMs).toBeGreaterThan(0);
});

test('followRedirects 0 judges the redirect itself', async () => {
  await using server = await recording();
  const url = server.url + via(302, '/end');
  expect(await prober.probe(targetAt(url, { followRedirects: 0 }))).toMatchObject({ failure: 'status', status: 302 });
  const accepted = await prober.probe(targetAt(url, { followRedirects: 0, expect: { status: ['302'] } }));
  expect(accepted).toMatchObject({ verdict: 'up', redirects: [] });
  expect(server.seen).toHaveLength(2);
});

const methods: [status: number, method: string, becomes: string, body: string][] = [
  [301, 'POST', 'GET', ''],
  [302, 'POST', 'GET', ''],
  [303, 'POST', 'GET', ''],
  [303, 'PUT', 'GET', ''],
  [303, 'HEAD', 'HEAD', ''],
  [301, 'PUT', 'PUT', 'data'],
  [307, 'POST', 'POST', 'data'],
  [308, 'POST', 'POST', 'data'],
];

test.for(methods)('a %i turns %s into %s', async ([status, method, becomes, body]) => {
  await using server = await recording();
  const headers = { 'content-type': 'text/plain', 'x-own': '1' };
  const monitor = { method, headers, body: method === 'HEAD' ? null : 'data' };
  await prober.probe(targetAt(server.url + via(status, '/end'), monitor));
  const last = server.seen.at(-1);
  expect(last).toMatchObject({ method: becomes, body });
  expect(last?.headers['x-own']).toBe('1');
  if (body === '' && method !== 'HEAD') expect(last?.headers['content-type']).toBeUndefined();
});

const refused: { to: string; fails: Failure; monitor?: TargetOverrides }[] = [
  { to: 'ftp://127.0.0.1/', fails: 'redirect-invalid' },
  { to: 'file:///etc/passwd', fails: 'redirect-invalid' },
  { to: 'javascript:alert(1)', fails: 'redirect-invalid' },
  { to: 'http://[::1', fails: 'redirect-invalid' },
  { to: 'http://127.0.0.1:0/', fails: 'redirect-invalid' },
  { to: '/302?to=%2F302', fails: 'redirect-limit', monitor: { followRedirects: 1 } },
];

test.for(refused)('a redirect to $to fails with $fails', async ({ to, fails, monitor }) => {
  await using server = await startHttpServer((_request, response) => response.writeHead(302, { location: to }).end());
  expect(await prober.probe(targetAt(`${server.url}/`, monitor))).toMatchObject({
    verdict: 'down',
    failure: fails,
    status: 302,
  });
});

test('a redirect without a Location is invalid', async () => {
  await using server = await startHttpServer((_request, response) => response.writeHead(302).end());
  expect(await prober.probe(targetAt(`${server.url}/`))).toMatchObject({ failure: 'redirect-invalid' });
});

test('a loop is noticed at its second turn', async () => {
  let requests = 0;
  await using server = await startHttpServer((request, response) => {
    requests += 1;
    response.writeHead(302, { location: request.url === '/a' ? '/b' : '/a' }).end();
  });
  const result = await prober.probe(targetAt(`${server.url}/a`));
  expect(result).toMatchObject({ failure: 'redirect-limit', detail: expect.stringContaining('loop') });
  expect(requests).toBe(2);
});

test('more redirects than allowed are a failure of their own', async () => {
  let requests = 0;
  await using server = await startHttpServer((_request, response) => {
    requests += 1;
    response.writeHead(302, { location: `/${requests}` }).end();
  });
  const result = await prober.probe(targetAt(`${server.url}/`, { followRedirects: 3 }));
  expect(result).toMatchObject({ failure: 'redirect-limit', detail: 'more than 3 redirects' });
  expect(requests).toBe(4);
});

test('nothing of the owner goes to another origin, not even after coming back', async () => {
  await using other = await recording();
  await using home = await recording();
  const monitor = {
    headers: { 'x-api-key': { sealed: 'x' }, 'x-own': 'mine', 'user-agent': 'mine', cookie: 'a=b' },
    auth: { bearer: { sealed: 'x' } },
  };
  const back = `${home.url}/end`;
  const result = await prober.probe(targetAt(home.url + via(302, other.url + via(302, back)), monitor));
  expect(result.verdict).toBe('up');
  expect(home.seen[0]?.headers).toMatchObject({
    'x-api-key': CANARY,
    authorization: `Bearer ${CANARY}`,
    'x-own': 'mine',
  });
  for (const request of [...other.seen, ...home.seen.slice(1)]) {
    expect(JSON.stringify(request)).not.toContain(CANARY);
    expect(Object.keys(request.headers).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
    expect(request.headers['user-agent']).toMatch(/^Hindcast\//);
  }
});

test('the body of a redirect is not waited for', async () => {
  await using server = await startHttpServer((request, response) => {
    if (request.url === '/end') response.end('ok');
    else response.writeHead(302, { location: '/end' }).write('never ends');
  });
  expect(await prober.probe(targetAt(`${server.url}/`, { timeoutSeconds: 2 }))).toMatchObject({ verdict: 'up' });
});
