import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '#test/support/certificates.ts';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { type Problem, TestApi } from '../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

const monitor = { name: 'Shop', url: 'http://127.0.0.1:9/', paused: true };

async function keyWith(...scopes: string[]): Promise<string> {
  return (await api.call<{ key: string }>('POST', '/api-keys', { name: scopes.join(' '), scopes })).body.key;
}

describe('access', () => {
  it('is refused without a key, with a wrong one and with an expired one, saying how to send one', async () => {
    for (const key of [null, 'hc_wrong', 'nonsense']) {
      const { status, headers } = await api.call('GET', '/monitors', undefined, { key, once: true });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
    const soon = { name: 'short', scopes: ['read'], expiresAt: new Date(Date.now() + 600).toISOString() };
    const { key } = (await api.call<{ key: string }>('POST', '/api-keys', soon)).body;
    expect((await api.call('GET', '/monitors', undefined, { key })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await api.call('GET', '/monitors', undefined, { key })).status).toBe(401);
  });

  it('is open without a key only for health and the reference', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs/']) {
      expect((await api.call('GET', path, undefined, { key: null })).status, path).toBe(200);
    }
  });

  it.each<[string, string, string, unknown, Record<string, number>]>([
    ['read monitors', 'GET', '/monitors', undefined, { read: 200, write: 200, ingest: 403, admin: 200 }],
    ['write a monitor', 'PUT', '/monitors/scopes', monitor, { read: 403, write: 201, ingest: 403, admin: 200 }],
    [
      'tell of a change',
      'POST',
      '/changes',
      { kind: 'deploy', title: 'x' },
      { read: 403, write: 201, ingest: 201, admin: 201 },
    ],
    ['list keys', 'GET', '/api-keys', undefined, { read: 403, write: 403, ingest: 403, admin: 200 }],
    ['list channels', 'GET', '/channels', undefined, { read: 200, write: 200, ingest: 403, admin: 200 }],
  ])('to %s is a matter of scope', async (_, method, path, body, expected) => {
    for (const [scope, status] of Object.entries(expected)) {
      const answer = await api.call<Problem>(method, path, body, { key: await keyWith(scope) });
      expect(answer.status, scope).toBe(status);
      if (status === 403) expect(answer.body.detail).toContain('lacks the scope');
    }
  });

  it('ends with the key', async () => {
    const { id, key } = (
      await api.call<{ id: string; key: string }>('POST', '/api-keys', { name: 'gone', scopes: ['read'] })
    ).body;
    expect((await api.call('DELETE', `/api-keys/${id}`)).status).toBe(204);
    expect((await api.call('GET', '/monitors', undefined, { key })).status).toBe(401);
  });

  it('shows a key once, and stores no text of it', async () => {
    const { id, key } = (
      await api.call<{ id: string; key: string }>('POST', '/api-keys', { name: 'once', scopes: ['read'] })
    ).body;
    expect(key).toMatch(/^hc_[\w-]{43}$/);
    const again = await api.call<Record<string, unknown>>('GET', `/api-keys/${id}`);
    expect(again.body).not.toHaveProperty('key');
    expect(databaseText()).not.toContain(key);
  });

  it('keeps one admin key', async () => {
    const keys = (await api.call<{ data: { id: string; scopes: string[] }[] }>('GET', '/api-keys?limit=500')).body.data;
    const admins = keys.filter((key) => key.scopes.includes('admin'));
    for (const { id } of admins.slice(1)) await api.call('DELETE', `/api-keys/${id}`);
    expect((await api.call('DELETE', `/api-keys/${admins[0]?.id}`)).status).toBe(409);
  });

  it('is 429 for an address that keeps sending wrong keys, with the time to wait', async () => {
    await using own = await TestApi.start();
    let last = { status: 0, headers: new Headers() };
    for (let i = 0; i < 25; i++)
      last = await own.call('GET', '/monitors', undefined, { key: `hc_wrong${i}`, once: true });
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    const right = await own.call('GET', '/monitors', undefined, { once: true });
    expect(right.status, 'a right key from the same address').toBe(200);
  });

  it('is limited for each key, not for all from one address', async () => {
    const greedy = await keyWith('read');
    const modest = await keyWith('read');
    const many = await Promise.all(
      Array.from({ length: 450 }, () => api.call('GET', '/monitors', undefined, { key: greedy, once: true })),
    );
    expect(many.some(({ status }) => status === 429)).toBe(true);
    expect((await api.call('GET', '/monitors', undefined, { key: modest, once: true })).status).toBe(200);
  });
});

function databaseText(): string {
  const files = readdirSync(api.dir).filter((name) => name.startsWith('hindcast.db'));
  return files.map((name) => readFileSync(join(api.dir, name), 'latin1')).join('');
}

describe('secrets', () => {
  const canaries = ['canary-header-1', 'canary-password-2', 'canary-bearer-3'];

  it('are in no read, no log and no file in clear, and null keeps them', async () => {
    await using receiver = await AlertReceiver.start();
    const headers = { 'x-key': { secret: canaries[0] }, accept: 'text/plain' };
    const basic = { basic: { username: 'ann', password: canaries[1] } };
    type Monitor = { headers: unknown; auth: unknown };
    const { body } = await api.call<Monitor>('PUT', '/monitors/sealed', { ...monitor, headers, auth: basic });
    expect(body.headers).toEqual({ 'x-key': { secret: null }, accept: 'text/plain' });
    expect(body.auth).toEqual({ basic: { username: 'ann', password: null } });
    expect(
      (await api.call('PUT', '/monitors/sealed2', { ...monitor, auth: { bearer: canaries[2] } })).body,
    ).toMatchObject({ auth: { bearer: null } });
    expect((await api.call('PATCH', '/monitors/sealed', { headers: { 'x-key': { secret: null } } })).status).toBe(200);
    const refused = await api.call<Problem>('PATCH', '/monitors/sealed', { headers: { 'x-new': { secret: null } } });
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0]?.path).toBe('headers.x-new');

    const made = await api.call<{ secret: string; id: string }>('POST', '/channels', {
      key: 'sealed',
      type: 'webhook',
      url: receiver.url,
    });
    expect(made.body.secret).toMatch(/^whsec_/);
    expect((await api.call('GET', '/channels/sealed')).body).toMatchObject({ secret: null });
    const text = databaseText() + api.logs.join('');
    for (const secret of [...canaries, made.body.secret]) expect(text).not.toContain(secret);
  });

  it('of token clients, client certificates and proxies are sealed, hidden and kept as well', async () => {
    const own = createAuthority().issue({ names: ['probe'] });
    const oauth2 = { tokenUrl: 'https://idp.example/token', clientId: 'c', clientSecret: 'canary-client-5' };
    const basic = { username: 'u', password: 'canary-proxy-6' };
    const definition = {
      ...monitor,
      auth: { oauth2 },
      tls: { cert: own.cert, key: own.key },
      proxy: { url: 'http://proxy.example:3128', basic },
    };
    const hidden = {
      auth: { oauth2: { ...oauth2, clientSecret: null, scopes: [], audience: null, authMethod: 'basic' } },
      tls: { verify: true, cert: own.cert, key: null },
      proxy: { url: 'http://proxy.example:3128', basic: { username: 'u', password: null } },
    };
    const made = await api.call('PUT', '/monitors/sealed3', definition);
    expect(made).toMatchObject({ status: 201, body: hidden });
    const again = await api.call('PUT', '/monitors/sealed3', { ...definition, ...hidden });
    expect(again).toMatchObject({ status: 200, body: hidden });
    const patched = await api.call('PATCH', '/monitors/sealed3', { ...hidden, tls: { verify: false } });
    expect(patched).toMatchObject({ status: 200, body: { ...hidden, tls: { ...hidden.tls, verify: false } } });
    const text = databaseText() + api.logs.join('');
    const keyText = own.key.split('\n')[1] ?? 'no key';
    for (const secret of ['canary-client-5', 'canary-proxy-6', keyText]) expect(text).not.toContain(secret);

    const other = createAuthority().issue({ names: ['other'] });
    const mixed = await api.call<Problem>('PATCH', '/monitors/sealed3', { tls: { key: other.key } });
    expect(mixed).toMatchObject({ status: 422, body: { errors: [{ path: 'tls.key' }] } });
    const alone = await api.call<Problem>('PATCH', '/monitors/sealed3', { tls: { cert: other.cert } });
    expect(alone).toMatchObject({ status: 422, body: { errors: [{ path: 'tls.key' }] } });
    const bare = await api.call('PATCH', '/monitors/sealed3', { tls: { cert: null }, auth: null, proxy: null });
    expect(bare).toMatchObject({ status: 200, body: { auth: null, proxy: null, tls: { cert: null, key: null } } });
    const plain = await api.call('PATCH', '/monitors/sealed3', { proxy: 'http://proxy.example:3128' });
    expect(plain).toMatchObject({ status: 200, body: { proxy: 'http://proxy.example:3128' } });
    for (const kept of [
      { auth: { oauth2: { ...oauth2, clientSecret: null } } },
      { proxy: { url: 'http://proxy.example:3128', basic: { username: 'u', password: null } } },
      { tls: { cert: own.cert, key: null } },
    ])
      expect((await api.call('PATCH', '/monitors/sealed3', kept)).status, JSON.stringify(kept).slice(0, 40)).toBe(422);
  });

  it('of a token server and a proxy at a refused address are 422, with the field', async () => {
    const oauth2 = { tokenUrl: 'http://169.254.169.254/token', clientId: 'c', clientSecret: 's' };
    for (const [field, path] of [
      [{ auth: { oauth2 } }, 'auth.oauth2.tokenUrl'],
      [{ proxy: 'http://[fd00:ec2::254]:80' }, 'proxy.url'],
    ] as const) {
      const refused = await api.call<Problem>('POST', '/monitors/test', { ...monitor, ...field });
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    }
  });

  it('reach the target, and are scrubbed from what is shown of a failure', async () => {
    await using receiver = await AlertReceiver.start((request, response) => {
      response.writeHead(500).end(`you sent ${request.headers['x-key']}`);
    });
    await api.call('PUT', '/monitors/echo', {
      ...monitor,
      url: receiver.url,
      method: 'POST',
      body: '{"type":"x"}',
      headers: { 'x-key': { secret: 'canary-echo-4' } },
    });
    const { body, status } = await api.call<{ verdict: string; evidence: { body: string } }>(
      'POST',
      '/monitors/echo/check',
      {},
    );
    expect(status, JSON.stringify(body)).toBe(200);
    expect(receiver.received[0]?.headers['x-key']).toBe('canary-echo-4');
    expect(body.verdict).toBe('down');
    expect(JSON.stringify(body)).not.toContain('canary-echo-4');
    expect(databaseText()).not.toContain('canary-echo-4');
  });
});

describe('Idempotency-Key', () => {
  const send = (body: unknown, id: string) =>
    api.call<{ id: string }>('POST', '/monitors', body, { headers: { 'idempotency-key': id } });

  it('gives the first answer again and does the thing once, over a restart too', async () => {
    const first = await send({ ...monitor, name: 'Once' }, 'k1');
    expect(first.status).toBe(201);
    const second = await send({ ...monitor, name: 'Once' }, 'k1');
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    await api.stop();
    await api.start();
    expect((await send({ ...monitor, name: 'Once' }, 'k1')).body.id).toBe(first.body.id);
  });

  it('refuses the same key for another request, and keys that are none', async () => {
    await send({ ...monitor, name: 'One' }, 'k2');
    expect((await send({ ...monitor, name: 'Two' }, 'k2')).status).toBe(422);
    expect((await send({ ...monitor, name: 'Two' }, 'with space')).status).toBe(422);
  });

  it('does a thing once although it is asked ten times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => send({ ...monitor, name: 'Ten' }, 'k3')));
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id)).size).toBe(1);
    for (const { status } of answers) expect([201, 409]).toContain(status);
  });
});
