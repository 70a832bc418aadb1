import type http from 'node:http';
import { afterAll, describe, expect, test } from 'vitest';
import type { RequestBody } from '#src/domain/monitor.ts';
import { createAuthority } from '#test/support/certificates.ts';
import { startProxy } from '#test/support/proxy-server.ts';
import { CANARY, type TargetOverrides, targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer, startRawServer } from '#test/support/target-server.ts';

const prober = testProber();
afterAll(() => prober.close());

interface Seen {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Keeps what it was asked; answers as told. */
async function recording(
  answer: (seen: Seen, response: http.ServerResponse) => void = (_, response) => response.end('ok'),
) {
  const seen: Seen[] = [];
  const server = await startHttpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    answer(seen.at(-1) as Seen, response);
  });
  return { ...server, seen };
}

describe('bodies', () => {
  const cases: [
    shows: string,
    body: RequestBody,
    headers: Record<string, string>,
    sent: string,
    type: string | undefined,
  ][] = [
    ['a text as it is, without a type of its own', 'a=1', {}, 'a=1', undefined],
    ['JSON with its type', { json: { a: [1, null, 'ü'] } }, {}, '{"a":[1,null,"ü"]}', 'application/json'],
    ['JSON null', { json: null }, {}, 'null', 'application/json'],
    [
      'a form with its type, encoded',
      { form: { a: 'x y&z', b: ['1', '2'] } },
      {},
      'a=x+y%26z&b=1&b=2',
      'application/x-www-form-urlencoded',
    ],
    [
      'JSON under the type a header names',
      { json: 1 },
      { 'Content-Type': 'application/ld+json' },
      '1',
      'application/ld+json',
    ],
  ];
  test.for(cases)('%s', async ([, body, headers, sent, type]) => {
    await using server = await recording();
    await prober.probe(targetAt(server.url, { method: 'POST', body, headers }));
    expect(server.seen[0]?.body).toBe(sent);
    expect(server.seen[0]?.headers['content-type']).toBe(type);
    expect(server.seen[0]?.headers['content-length']).toBe(String(Buffer.byteLength(sent)));
  });

  test('a redirect that becomes GET leaves body and type behind', async () => {
    await using server = await recording(({ url }, response) =>
      url === '/' ? response.writeHead(303, { location: '/end' }).end() : response.end(),
    );
    await prober.probe(targetAt(server.url, { method: 'POST', body: { json: 1 } }));
    expect(server.seen[1]).toMatchObject({ method: 'GET', body: '' });
    expect(server.seen[1]?.headers['content-type']).toBeUndefined();
  });
});

describe('OAuth2 client credentials', () => {
  const issuing = (life: number | undefined = 3600) => {
    let number = 0;
    return recording((_, response) => {
      number += 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: `token-${number}-abcdef`, token_type: 'Bearer', expires_in: life }));
    });
  };
  const client = (tokenUrl: string, fields: object = {}): TargetOverrides => ({
    auth: {
      oauth2: {
        tokenUrl,
        clientId: 'probe:1',
        clientSecret: { sealed: '' },
        scopes: ['read', 'health'],
        audience: null,
        authMethod: 'basic',
        ...fields,
      },
    },
  });

  test('a token is fetched once with the grant, and shown by every check', async () => {
    await using own = testProber();
    await using idp = await issuing();
    await using server = await recording();
    const target = targetAt(server.url, client(`${idp.url}/token`));
    for (let i = 0; i < 3; i++) expect((await own.probe(target)).verdict).toBe('up');
    expect(idp.seen).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(idp.seen[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'read health',
    });
    const shown = Buffer.from(idp.seen[0]?.headers.authorization?.slice(6) ?? '', 'base64').toString();
    expect(shown).toBe(`probe%3A1:${CANARY}`);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer token-1-abcdef'));
  });

  test('"post" shows the secret in the body, and an audience goes along', async () => {
    await using own = testProber();
    await using idp = await issuing();
    await using server = await recording();
    await own.probe(
      targetAt(server.url, client(`${idp.url}/token`, { authMethod: 'post', audience: 'shop', scopes: [] })),
    );
    expect(Object.fromEntries(new URLSearchParams(idp.seen[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      audience: 'shop',
      client_id: 'probe:1',
      client_secret: CANARY,
    });
    expect(idp.seen[0]?.headers.authorization).toBeUndefined();
  });

  test('many checks at once wait for one token', async () => {
    await using own = testProber();
    await using idp = await issuing();
    await using server = await recording();
    const target = targetAt(server.url, client(`${idp.url}/token`));
    const results = await Promise.all(Array.from({ length: 20 }, () => own.probe(target)));
    expect(results.every(({ verdict }) => verdict === 'up')).toBe(true);
    expect(idp.seen).toHaveLength(1);
  });

  test('a token is renewed before it expires', async () => {
    const hand = { now: () => Date.now(), monotonic: () => performance.now() + ahead };
    let ahead = 0;
    await using own = testProber({ clock: hand });
    await using idp = await issuing(100);
    await using server = await recording();
    const target = targetAt(server.url, client(`${idp.url}/token`));
    await own.probe(target);
    ahead = 75_000;
    await own.probe(target);
    expect(idp.seen).toHaveLength(1);
    ahead = 85_000;
    await own.probe(target);
    expect(idp.seen).toHaveLength(2);
  });

  test('a kept token that the target no longer takes is replaced within the check', async () => {
    await using own = testProber();
    await using idp = await issuing();
    let revoked = false;
    await using server = await recording(({ headers }, response) => {
      const bad = revoked && headers.authorization === 'Bearer token-1-abcdef';
      response.writeHead(bad ? 401 : 200).end();
    });
    const target = targetAt(server.url, client(`${idp.url}/token`));
    expect((await own.probe(target)).verdict).toBe('up');
    revoked = true;
    expect((await own.probe(target)).verdict).toBe('up');
    expect(idp.seen).toHaveLength(2);
  });

  test('a 401 for a fresh token is the target’s own', async () => {
    await using own = testProber();
    await using idp = await issuing();
    await using server = await recording((_, response) => response.writeHead(401).end('no token-1-abcdef'));
    const result = await own.probe(targetAt(server.url, client(`${idp.url}/token`)));
    expect(result).toMatchObject({ verdict: 'down', failure: 'status', status: 401 });
    expect(server.seen).toHaveLength(1);
    expect(JSON.stringify(result), 'the token is a secret').not.toContain('token-1-abcdef');
  });

  const troubles: [shows: string, answer: (response: http.ServerResponse) => void, says: string][] = [
    ['refuses the client', (r) => r.writeHead(401).end('{"error":"invalid_client"}'), 'answered 401 (invalid_client)'],
    ['is broken', (r) => r.writeHead(503).end('<html>'), 'answered 503'],
    ['answers no JSON', (r) => r.end('hello'), 'without an access_token'],
    ['gives a token with a line break', (r) => r.end('{"access_token":"a\\r\\nb"}'), 'without an access_token'],
    ['gives another type', (r) => r.end('{"access_token":"a","token_type":"mac"}'), 'another type'],
    ['hangs', () => {}, 'within the time of the check'],
    ['hangs up', (r) => r.destroy(), 'was not reached'],
  ];
  test.for(troubles)('a token server that %s makes the check unknown, never down', async ([, answer, says]) => {
    await using own = testProber();
    await using idp = await recording((_, response) => answer(response));
    await using server = await recording();
    const result = await own.probe(targetAt(server.url, { ...client(`${idp.url}/token?key=v`), timeoutSeconds: 1 }));
    expect(result).toMatchObject({ verdict: 'unknown', failure: null });
    expect(result.detail).toContain(`OAuth2: the token server ${idp.url}/token`);
    expect(result.detail).toContain(says);
    expect(server.seen).toHaveLength(0);
  });

  test('the time of the token is not the target’s', async () => {
    await using own = testProber();
    await using idp = await recording((_, response) => setTimeout(() => response.end('{"access_token":"abc"}'), 400));
    await using server = await recording();
    const result = await own.probe(targetAt(server.url, client(idp.url)));
    expect(result.verdict).toBe('up');
    expect(result.latencyMs).toBeLessThan(300);
  });

  test('the token goes to no other origin', async () => {
    await using own = testProber();
    await using idp = await issuing();
    await using other = await recording();
    await using server = await recording((_, response) => response.writeHead(302, { location: other.url }).end());
    await own.probe(targetAt(server.url, client(idp.url)));
    expect(other.seen[0]?.headers.authorization).toBeUndefined();
  });

  test('the address of the token server passes the guard', async () => {
    await using own = testProber();
    await using server = await recording();
    const target = targetAt(server.url, client('http://169.254.169.254/token'));
    await expect(own.probe(target)).rejects.toMatchObject({ code: 'target-refused', path: 'auth.oauth2.tokenUrl' });
  });
});

describe('client certificates', () => {
  const servers = createAuthority('Servers');
  const clients = createAuthority('Clients');
  const certificate = servers.issue({ names: ['127.0.0.1'] });
  const own = clients.issue({ names: ['probe'] });
  const withKey = (key: string) => testProber({ open: (_, context) => (context.endsWith('tls.key') ? key : CANARY) });
  const guarded = () =>
    startRawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), {
      certificate,
      clientCa: clients.cert,
    });

  test('a server that asks for one is up with it', async () => {
    await using mine = withKey(own.key);
    await using server = await guarded();
    const tls = { verify: true, ca: servers.cert, cert: own.cert, key: { sealed: '' } };
    expect(await mine.probe(targetAt(server.url, { tls }))).toMatchObject({ verdict: 'up', status: 200 });
  });

  test.for([
    ['none', null],
    ['one of another authority', createAuthority('Others').issue({ names: ['probe'] })],
  ] as const)('with %s the server hangs up on it', async ([, wrong]) => {
    await using mine = withKey(wrong?.key ?? '');
    await using server = await guarded();
    const tls = { verify: true, ca: servers.cert, ...(wrong && { cert: wrong.cert, key: { sealed: '' } }) };
    expect(await mine.probe(targetAt(server.url, { tls }))).toMatchObject({
      verdict: 'down',
      failure: 'connect-reset',
    });
  });

  test('it is shown to no other origin', async () => {
    await using mine = withKey(own.key);
    await using other = await guarded();
    await using server = await startRawServer(
      (socket) => socket.end(`HTTP/1.1 302 Found\r\nlocation: ${other.url}/\r\ncontent-length: 0\r\n\r\n`),
      { certificate, clientCa: clients.cert },
    );
    const tls = { verify: true, ca: servers.cert, cert: own.cert, key: { sealed: '' } };
    const result = await mine.probe(targetAt(server.url, { tls }));
    expect(result.redirects).toHaveLength(1);
    expect(result).toMatchObject({ verdict: 'down', failure: 'connect-reset' });
  });
});

describe('a proxy', () => {
  const authority = createAuthority();
  const certificate = authority.issue({ names: ['127.0.0.1'] });
  const secureTarget = () =>
    startRawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), { certificate });
  const tls = { verify: true, ca: authority.cert };

  test('gets an http request in the absolute form', async () => {
    await using proxy = await startProxy();
    await using server = await recording();
    const result = await prober.probe(targetAt(`${server.url}/a?b=c`, { proxy: { url: proxy.url, basic: null } }));
    expect(result).toMatchObject({ verdict: 'up', peer: '127.0.0.1' });
    expect(proxy.seen).toMatchObject([{ line: `GET ${server.url}/a?b=c`, authorization: undefined }]);
    expect(server.seen).toHaveLength(1);
  });

  test('opens a tunnel for https, and TLS is that of the target', async () => {
    await using proxy = await startProxy();
    await using server = await secureTarget();
    const result = await prober.probe(targetAt(server.url, { tls, proxy: { url: proxy.url, basic: null } }));
    expect(result).toMatchObject({ verdict: 'up', certificate: { subject: 'CN=127.0.0.1' } });
    expect(proxy.seen[0]?.line).toBe(`CONNECT 127.0.0.1:${server.port}`);
    expect(
      Object.values(result.phases)
        .slice(1)
        .every((ms) => ms !== null && ms > 0),
    ).toBe(true);
  });

  test.for(['http', 'https'])('gets its own name and password, the %s target does not', async (scheme) => {
    await using proxy = await startProxy();
    await using plain = await recording();
    await using secure = await secureTarget();
    const url = scheme === 'http' ? plain.url : secure.url;
    const basic = { username: 'u', password: { sealed: '' } };
    expect(await prober.probe(targetAt(url, { tls, proxy: { url: proxy.url, basic } }))).toMatchObject({
      verdict: 'up',
    });
    expect(proxy.seen[0]?.authorization).toBe(`Basic ${Buffer.from(`u:${CANARY}`).toString('base64')}`);
    expect(plain.seen[0]?.headers['proxy-authorization']).toBeUndefined();
  });

  test.for([
    [407, 'unknown', null],
    [403, 'unknown', null],
    [502, 'down', 'connect-unreachable'],
    [503, 'down', 'connect-unreachable'],
    [504, 'down', 'connect-timeout'],
  ] as const)('that answers %i to CONNECT makes the check %s', async ([status, verdict, failure]) => {
    await using proxy = await startProxy(() => status);
    await using server = await secureTarget();
    const result = await prober.probe(targetAt(server.url, { tls, proxy: { url: proxy.url, basic: null } }));
    expect(result).toMatchObject({ verdict, failure });
    expect(result.detail).toContain(`the proxy answered ${status}`);
  });

  test('that wants a password for an http target makes the check unknown', async () => {
    await using proxy = await startProxy(() => 407);
    await using server = await recording();
    const result = await prober.probe(targetAt(server.url, { proxy: { url: proxy.url, basic: null } }));
    expect(result).toMatchObject({ verdict: 'unknown' });
  });

  test('that is not there, or talks nonsense, makes the check unknown', async () => {
    await using server = await secureTarget();
    await using odd = await startRawServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n'));
    await using silent = await startRawServer(() => {}, { on: 'connection' });
    const gone = await startProxy();
    await gone[Symbol.asyncDispose]();
    for (const [url, says] of [
      [gone.url, 'was not reached: connection refused'],
      [odd.url, 'did not answer with HTTP'],
    ] as const) {
      const result = await prober.probe(targetAt(server.url, { tls, proxy: { url, basic: null } }));
      expect(result).toMatchObject({ verdict: 'unknown', detail: expect.stringContaining(says) });
    }
    const hanging = await prober.probe(
      targetAt(server.url, { tls, timeoutSeconds: 0.5, proxy: { url: silent.url, basic: null } }),
    );
    expect(hanging).toMatchObject({ failure: 'connect-timeout' });
  });

  test('does not help past the guard', async () => {
    await using proxy = await startProxy();
    const through = { proxy: { url: proxy.url, basic: null } };
    await expect(prober.probe(targetAt('http://169.254.169.254/', through))).rejects.toMatchObject({ path: 'url' });
    await using server = await recording((_, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    );
    // The stand-in follows redirects by itself; a tunnelled hop is what is judged here.
    expect(await prober.probe(targetAt(server.url))).toMatchObject({ failure: 'target-refused' });
    const metadata = targetAt(server.url, { proxy: { url: 'http://169.254.169.254:3128', basic: null } });
    await expect(prober.probe(metadata)).rejects.toMatchObject({ path: 'proxy.url' });
  });
});

describe('where and how the answer came', () => {
  const finals: [object, boolean][] = [
    [{ contains: '/end' }, true],
    [{ notContains: '/login' }, true],
    [{ matches: '/end$' }, true],
    [{ notMatches: '^https:' }, true],
    [{ contains: '/login' }, false],
    [{ equals: 'http://shop.example/' }, false],
    [{ notMatches: 'end' }, false],
  ];
  test.for(finals)('final URL %j', async ([finalUrl, holds]) => {
    await using server = await recording(({ url }, response) =>
      url === '/' ? response.writeHead(302, { location: '/end' }).end() : response.end(),
    );
    const result = await prober.probe(targetAt(server.url, { expect: { finalUrl } }));
    expect(result.failure).toBe(holds ? null : 'final-url');
    if (!holds) expect(result.detail).toContain(`got ${server.url}/end`);
  });

  test.for([
    ['HTTP/1.1', ['1.1'], null],
    ['HTTP/1.0', ['1.0'], null],
    ['HTTP/1.0', ['1.1', '2'], 'http-version'],
    ['HTTP/1.1', ['2'], 'http-version'],
  ] as const)('an answer of %s where %j may come', async ([line, httpVersion, failure]) => {
    await using server = await startRawServer((socket) => {
      socket.write(line.slice(0, 4));
      setTimeout(() => socket.end(`${line.slice(4)} 200 OK\r\n\r\nok`), 20);
    });
    const result = await prober.probe(targetAt(server.url, { expect: { httpVersion: [...httpVersion] } }));
    expect(result.httpVersion).toBe(line.slice(5));
    expect(result.failure).toBe(failure);
  });

  test('all that is not as expected is named, the first by layer first', async () => {
    await using server = await recording((_, response) => response.writeHead(500).end('no'));
    const expectations = { httpVersion: ['2' as const], finalUrl: { contains: 'x' }, body: [{ contains: 'yes' }] };
    const result = await prober.probe(targetAt(server.url, { expect: expectations }));
    expect(result.failures.map(({ failure }) => failure)).toEqual(['status', 'final-url', 'http-version', 'body']);
  });
});
