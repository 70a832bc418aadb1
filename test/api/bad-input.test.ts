import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Problem, TestApi } from '../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

const good = { name: 'Shop', url: 'http://127.0.0.1:9/', paused: true };
const long = (length: number) => 'x'.repeat(length);

/** What is sent beside a good name and URL, and the field that must be named. */
const CASES: [field: string, fields: Record<string, unknown>][] = [
  ['name', { name: 7 }],
  ['name', { name: '' }],
  ['name', { name: long(201) }],
  ['name', { name: 'a\u0007b' }],
  ['name', { name: null }],
  ['key', { key: 'Not A Key' }],
  ['key', { key: long(64) }],
  ['key', { key: 5 }],
  ['url', { url: 'ftp://shop.example/' }],
  ['url', { url: 'shop.example' }],
  ['url', { url: 'http://user:pass@shop.example/' }],
  ['url', { url: `http://shop.example/${long(2100)}` }],
  ['url', { url: `http://${long(64)}.example/` }],
  ['url', { url: 42 }],
  ['url', { url: 'http://169.254.169.254/latest/meta-data' }],
  ['url', { url: 'http://[fd00:ec2::254]/' }],
  ['method', { method: 'TRACE' }],
  ['method', { method: 1 }],
  ['headers', { headers: [] }],
  ['headers.x-n', { headers: { 'x-n': 5 } }],
  ['headers.bad name', { headers: { 'bad name': 'x' } }],
  ['headers.Expect', { headers: { Expect: '100-continue' } }],
  ['headers.x.other', { headers: { x: { secret: 'a', other: 1 } } }],
  ['body', { body: 5 }],
  ['body', { body: long(70_000), method: 'POST' }],
  ['auth', { auth: 'token' }],
  ['auth', { auth: { basic: { username: 'a' } } }],
  ['auth', { auth: { digest: {} } }],
  ['auth.bearer', { auth: { bearer: null } }],
  ['intervalSeconds', { intervalSeconds: 0.5 }],
  ['intervalSeconds', { intervalSeconds: 86_401 }],
  ['intervalSeconds', { intervalSeconds: '60' }],
  ['intervalSeconds', { intervalSeconds: null }],
  ['timeoutSeconds', { timeoutSeconds: 0 }],
  ['timeoutSeconds', { timeoutSeconds: 61 }],
  ['timeoutSeconds', { timeoutSeconds: 20, intervalSeconds: 10 }],
  ['followRedirects', { followRedirects: 21 }],
  ['followRedirects', { followRedirects: 1.5 }],
  ['tls.verify', { tls: { verify: 'no' } }],
  ['tls.ca', { tls: { ca: 'not a certificate' } }],
  ['tls.verfy', { tls: { verfy: false } }],
  ['ipFamily', { ipFamily: 5 }],
  ['httpVersion', { httpVersion: '3' }],
  ['expect.status', { expect: { status: [] } }],
  ['expect.status.0', { expect: { status: ['2xx'] } }],
  ['expect.status.0', { expect: { status: [200] } }],
  ['expect.body.0', { expect: { body: [{}] } }],
  ['expect.body.0.contains', { expect: { body: [{ contains: '' }] } }],
  ['expect.body.0.matches', { expect: { body: [{ matches: '(?=x)' }] } }],
  ['expect.body.0.matches', { expect: { body: [{ matches: long(513) }] } }],
  ['expect.json.0.path', { expect: { json: [{ path: '$[', equals: 1 }] } }],
  ['expect.json.0', { expect: { json: [{ path: '$.a' }] } }],
  ['expect.json.0.above', { expect: { json: [{ path: '$.a', above: 'many' }] } }],
  ['expect.headers.0.name', { expect: { headers: [{ name: 'a b', exists: true }] } }],
  ['expect.latencyMs.down', { expect: { latencyMs: { down: -1 } } }],
  ['expect.latencyMs.slow', { expect: { latencyMs: { slow: 5 } } }],
  ['expect.certificateDays.degraded', { expect: { certificateDays: { degraded: 'soon' } } }],
  ['expect.nothing', { expect: { nothing: 1 } }],
  ['confirm.failures', { confirm: { failures: 0 } }],
  ['confirm.failures', { confirm: { failures: 21 } }],
  ['confirm.recoveries', { confirm: { recoveries: 1.5 } }],
  ['confirm.retrySeconds', { confirm: { retrySeconds: 0.5 } }],
  ['confirm.retrySeconds', { confirm: { retrySeconds: 3601 } }],
  ['confirm.locations', { confirm: { locations: 2 } }],
  ['confirm.speed', { confirm: { speed: 1 } }],
  ['locations', { locations: [] }],
  ['locations', { locations: ['a', 'a'] }],
  ['locations.0', { locations: ['Not OK'] }],
  ['service', { service: 5 }],
  ['dependsOn.0', { dependsOn: ['Not A Key'] }],
  ['dependsOn', { key: 'self', dependsOn: ['self'] }],
  ['tags.a', { tags: { a: 5 } }],
  ['severity', { severity: 'urgent' }],
  ['owner', { owner: {} }],
  ['impact.summary', { impact: { summary: 5 } }],
  ['impact.usersPerMinute', { impact: { usersPerMinute: -1 } }],
  ['impact.cost', { impact: { cost: 5 } }],
  ['targets.detectSeconds', { targets: { detectSeconds: 'fast' } }],
  ['targets.uptimePercent', { targets: { uptimePercent: 101 } }],
  ['targets.detect', { targets: { detect: 5 } }],
  ['channels.0', { channels: ['nobody'] }],
  ['channels', { channels: 'on-call' }],
  ['paused', { paused: 'yes' }],
  ['intervalSecond', { intervalSecond: 60 }],
  ['id', { id: 'mon_1' }],
];

describe('a monitor with a bad field', () => {
  it.each(CASES)('%s in %j is refused by name, and nothing is written', async (field, fields) => {
    const { status, headers, body } = await api.call<Problem>('POST', '/monitors', { ...good, ...fields });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(
      body.errors.map((error) => error.path),
      JSON.stringify(body),
    ).toContain(field);
    for (const { message } of body.errors) expect(message.length).toBeGreaterThan(5);
    expect((await api.call<{ data: unknown[] }>('GET', '/monitors')).body.data).toEqual([]);
  });

  it('is refused by PUT and PATCH alike', async () => {
    expect(
      (await api.call<Problem>('PUT', '/monitors/shop', { ...good, intervalSeconds: 0 })).body.errors[0]?.path,
    ).toBe('intervalSeconds');
    expect((await api.call('PUT', '/monitors/shop', good)).status).toBe(201);
    for (const [field, fields] of CASES.filter(
      ([name]) => !['auth.bearer', 'dependsOn', 'channels.0'].includes(name),
    )) {
      const { status, body } = await api.call<Problem>('PATCH', '/monitors/shop', fields);
      if (field === 'name' && fields.name === null) continue;
      expect(status, `${field} ${JSON.stringify(fields)} ${JSON.stringify(body)}`).toBeGreaterThanOrEqual(400);
    }
    const { body } = await api.call<{ intervalSeconds: number; name: string }>('GET', '/monitors/shop');
    expect(body).toMatchObject({ intervalSeconds: 60, name: 'Shop' });
    expect((await api.call('DELETE', '/monitors/shop')).status).toBe(204);
  });

  it('has all its mistakes named at once', async () => {
    const { body } = await api.call<Problem>('POST', '/monitors', {
      name: '',
      url: 'x',
      intervalSeconds: 0,
      severity: 'bad',
    });
    expect([...new Set(body.errors.map((error) => error.path))].sort()).toEqual([
      'intervalSeconds',
      'name',
      'severity',
      'url',
    ]);
  });
});

describe('a request that cannot be read', () => {
  it.each<[string, string, string, string | undefined, Record<string, string>, number]>([
    ['JSON that does not parse', 'POST', '/monitors', '{"name":', {}, 400],
    ['no body', 'POST', '/monitors', undefined, {}, 422],
    ['a body that is a list', 'POST', '/monitors', '[]', {}, 422],
    ['another media type', 'POST', '/monitors', '<xml/>', { 'content-type': 'application/xml' }, 415],
    ['a body above 256 KiB', 'POST', '/monitors', JSON.stringify({ name: long(300_000) }), {}, 413],
    ['an unknown query parameter', 'GET', '/monitors?colour=red', undefined, {}, 400],
    ['a limit of 0', 'GET', '/monitors?limit=0', undefined, {}, 400],
    ['a limit above 500', 'GET', '/monitors?limit=501', undefined, {}, 400],
    ['a limit that is no number', 'GET', '/monitors?limit=ten', undefined, {}, 400],
    ['a cursor of somebody else', 'GET', '/monitors?cursor=abc', undefined, {}, 400],
    ['a status that is none', 'GET', '/incidents?status=broken', undefined, {}, 400],
    ['an unknown monitor', 'GET', '/monitors/nobody', undefined, {}, 404],
    ['an unknown incident', 'GET', '/incidents/999', undefined, {}, 404],
    ['an unknown check', 'GET', '/checks/chk_nothing', undefined, {}, 404],
    ['an unknown path', 'GET', '/nothing', undefined, {}, 404],
  ])('%s is refused as a problem', async (_, method, path, raw, headers, status) => {
    const answer = await api.call<Problem>(method, path, undefined, { headers, ...(raw !== undefined && { raw }) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      status,
      type: expect.any(String),
      title: expect.any(String),
      detail: expect.any(String),
    });
  });

  it('refuses a reversed range, naming it', async () => {
    await api.call('PUT', '/monitors/ranges', good);
    for (const path of ['checks', 'downtime', 'latency']) {
      const { status, body } = await api.call<Problem>(
        'GET',
        `/monitors/ranges/${path}?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z`,
      );
      expect(status, path).toBe(400);
      expect(body.errors[0]?.path).toBe('from');
    }
    expect((await api.call('GET', '/monitors/ranges/checks?from=yesterday')).status).toBe(400);
    expect((await api.call('GET', '/monitors/ranges/uptime?window=1y')).status).toBe(400);
    await api.call('DELETE', '/monitors/ranges');
  });
});
