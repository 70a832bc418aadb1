import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { type Problem, TestApi } from '../support/api.ts';
import { BreakableTarget } from '../support/breakable-target.ts';
import { eventually } from '../support/server.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

type Page<T> = { data: T[]; nextCursor: string | null };
const idle = { url: 'http://127.0.0.1:9/', paused: true };

async function walk<T>(path: string, limit: number): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < 100; pages++) {
    const join = path.includes('?') ? '&' : '?';
    const { body }: { body: Page<T> } = await api.call<Page<T>>(
      'GET',
      `${path}${join}limit=${limit}${cursor && `&cursor=${cursor}`}`,
    );
    all.push(...body.data);
    cursor = body.nextCursor;
  }
  return all;
}

describe('monitors', () => {
  it('are made with a free key from their name, found by id and key, replaced, changed and deleted', async () => {
    type Monitor = {
      id: string;
      key: string;
      name: string;
      confirm: object;
      targets: object;
      state: { status: string };
    };
    const one = (await api.call<Monitor>('POST', '/monitors', { ...idle, name: 'Checkout API (EU)' })).body;
    const two = (await api.call<Monitor>('POST', '/monitors', { ...idle, name: 'Checkout API (EU)' })).body;
    expect([one.key, two.key]).toEqual(['checkout-api-eu', 'checkout-api-eu-2']);
    expect((await api.call<Monitor>('GET', `/monitors/${one.key}`)).body.id).toBe(one.id);
    const taken = await api.call<Problem>('POST', '/monitors', { ...idle, name: 'x', key: one.key });
    expect(taken.status).toBe(409);
    expect(taken.body.errors[0]?.path).toBe('key');

    const patched = (
      await api.call<Monitor>('PATCH', `/monitors/${one.id}`, {
        confirm: { failures: 5 },
        targets: { detectSeconds: 60 },
      })
    ).body;
    expect(patched.confirm).toEqual({ failures: 5, recoveries: 2, retrySeconds: 5, locations: 1 });
    expect(patched.targets).toMatchObject({ detectSeconds: 60, acknowledgeSeconds: null });
    const put = await api.call<Monitor>('PUT', `/monitors/${one.key}`, { ...idle, name: 'Anew' });
    expect(put).toMatchObject({ status: 200, body: { id: one.id, name: 'Anew', confirm: { failures: 2 } } });
    expect((await api.call('PUT', '/monitors/fresh', { ...idle, name: 'Fresh' })).status).toBe(201);
    expect((await api.call('PUT', '/monitors/fresh', { ...idle, name: 'Fresh', key: one.key })).status).toBe(409);

    expect((await api.call('DELETE', `/monitors/${two.id}`)).status).toBe(204);
    expect((await api.call('GET', `/monitors/${two.id}`)).status).toBe(404);
    expect((await api.call('PUT', `/monitors/${two.key}`, { ...idle, name: 'Again' })).status).toBe(201);
  });

  it('take back in a PUT what a GET answered', async () => {
    await api.call('PUT', '/monitors/round', {
      ...idle,
      name: 'Round',
      tags: { team: 'a' },
      headers: { 'x-k': { secret: 's' } },
    });
    const { body } = await api.call<Record<string, unknown>>('GET', '/monitors/round');
    const { id, createdAt, updatedAt, state, ...definition } = body;
    const again = await api.call<Record<string, unknown>>('PUT', '/monitors/round', definition);
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    const { id: _i, createdAt: _c, updatedAt: _u, state: _s, ...after } = again.body;
    expect(after).toEqual(definition);
  });

  it('are listed by tag, service and status, and by cursor without gaps', async () => {
    for (let i = 0; i < 7; i++)
      await api.call('PUT', `/monitors/list-${i}`, {
        ...idle,
        name: `L${i}`,
        service: 'list',
        tags: { n: String(i % 2) },
      });
    const keys = (await walk<{ key: string }>('/monitors?service=list', 3)).map((m) => m.key);
    expect(keys).toEqual(Array.from({ length: 7 }, (_, i) => `list-${i}`));
    expect(await walk('/monitors?tag=n:1', 2)).toHaveLength(3);
    expect(await walk('/monitors?service=list&status=paused', 2)).toHaveLength(7);
    expect(await walk('/monitors?service=list&status=up', 2)).toHaveLength(0);
  });

  it('are paused and resumed, and the time between is unobserved', async () => {
    await using target = await BreakableTarget.start();
    await api.call('PUT', '/monitors/pausing', { name: 'P', url: target.url, intervalSeconds: 1, timeoutSeconds: 1 });
    const status = async (wanted: string) =>
      (await api.call<{ state: { status: string } }>('GET', '/monitors/pausing')).body.state.status === wanted || null;
    await eventually('it is up', () => status('up'));
    expect((await api.call<{ paused: boolean }>('POST', '/monitors/pausing/pause')).body.paused).toBe(true);
    expect(await status('paused')).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const hits = target.hits;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(target.hits).toBe(hits);
    await api.call('POST', '/monitors/pausing/resume', {});
    await eventually('it is checked again', () => (target.hits > hits ? true : null));
    const uptime = (
      await api.call<{ unobservedSeconds: number; uptimePercent: number }>('GET', '/monitors/pausing/uptime')
    ).body;
    expect(uptime.unobservedSeconds).toBeGreaterThan(2);
    expect(uptime.uptimePercent).toBe(100);
    await api.call('DELETE', '/monitors/pausing');
  });
});

describe('checks on demand', () => {
  it('answer with the whole check, and stand in the list under the same id', async () => {
    await using target = await BreakableTarget.start();
    target.status = 503;
    await api.call('PUT', '/monitors/demand', { ...idle, name: 'D', url: target.url });
    type Check = {
      id: string;
      verdict: string;
      status: number;
      failure: string;
      detail: string;
      evidence: { statusLine: string; body: string };
    };
    const { body } = await api.call<Check>('POST', '/monitors/demand/check');
    expect(body).toMatchObject({
      verdict: 'down',
      status: 503,
      failure: 'status',
      detail: 'expected 200-299, got 503',
      evidence: { body: 'broken' },
    });
    const listed = (await api.call<Page<Check>>('GET', '/monitors/demand/checks?verdict=down')).body.data;
    expect(listed.map((check) => check.id)).toEqual([body.id]);
    expect((await api.call<Check>('GET', `/checks/${body.id}`)).body.evidence.body).toBe('broken');
    const test = await api.call<Check>('POST', '/monitors/test', {
      name: 'Unsaved',
      url: target.url,
      expect: { status: ['503'] },
    });
    expect(test.body).toMatchObject({ verdict: 'up', status: 503 });
    expect(test.body).not.toHaveProperty('id');
  });

  it('are walked by cursor, newest first, all of them', async () => {
    await using target = await BreakableTarget.start();
    await api.call('PUT', '/monitors/walked', { ...idle, name: 'W', url: target.url });
    for (let i = 0; i < 9; i++) await api.call('POST', '/monitors/walked/check');
    const all = await walk<{ id: string; startedAt: string }>('/monitors/walked/checks', 2);
    expect(all).toHaveLength(9);
    expect(new Set(all.map((check) => check.id)).size).toBe(9);
    expect(all.map((check) => check.startedAt)).toEqual(
      all
        .map((check) => check.startedAt)
        .sort()
        .reverse(),
    );
    const latency = (
      await api.call<{ data: { count: number; p50: number; max: number }[] }>(
        'GET',
        '/monitors/walked/latency?resolution=day',
      )
    ).body.data;
    expect(latency.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(9);
    expect(latency[0]?.max).toBeGreaterThanOrEqual(latency[0]?.p50 ?? Number.POSITIVE_INFINITY);
  });

  it('are at most ten of one monitor at once', async () => {
    await using target = await BreakableTarget.start();
    target.delayMs = 500;
    await api.call('PUT', '/monitors/many', { ...idle, name: 'M', url: target.url });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => api.call('POST', '/monitors/many/check', undefined, { once: true })),
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
  });
});

describe('an outage', () => {
  it('is told from the first check to the draft', { timeout: 40_000 }, async () => {
    await using target = await BreakableTarget.start('127.0.0.3');
    await using receiver = await AlertReceiver.start();
    await api.call('POST', '/channels', { key: 'outage', type: 'webhook', url: receiver.url });
    expect((await api.call('POST', '/channels/outage/test', {})).body).toMatchObject({
      outcome: 'sent',
      statusCode: 204,
    });
    const confirm = { failures: 2, recoveries: 1, retrySeconds: 1 };
    await api.call('PUT', '/monitors/outage', {
      name: 'Outage',
      url: target.url,
      intervalSeconds: 1,
      timeoutSeconds: 1,
      confirm,
      channels: ['outage'],
    });
    expect((await api.call('DELETE', '/channels/outage')).status).toBe(409);
    await eventually(
      'it is up',
      async () =>
        (await api.call<{ state: { status: string } }>('GET', '/monitors/outage')).body.state.status === 'up' || null,
    );
    await target.refuse();
    type Incident = {
      id: string;
      number: number;
      status: string;
      alertedAt: string | null;
      acknowledgedBy: string | null;
    };
    const incident = await eventually(
      'the incident',
      async () => (await api.call<Page<Incident>>('GET', '/incidents?status=open')).body.data[0],
    );
    await eventually('the alert', () => receiver.received.find((alert) => alert.type === 'incident.opened'));

    const acknowledged = await api.call<Incident>('POST', `/incidents/${incident.number}/acknowledge`, {
      by: 'on-call',
    });
    expect(acknowledged.body).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'on-call' });
    expect(
      (await api.call<Incident>('POST', `/incidents/${incident.id}/acknowledge`, { by: 'someone else' })).body
        .acknowledgedBy,
    ).toBe('on-call');
    const future = new Date(Date.now() + 3_600_000).toISOString();
    expect(
      (await api.call<Problem>('POST', `/incidents/${incident.id}/timeline`, { kind: 'note', text: 'x', at: future }))
        .body.errors[0]?.path,
    ).toBe('at');
    expect((await api.call('POST', `/incidents/${incident.id}/timeline`, { kind: 'gossip', text: 'x' })).status).toBe(
      422,
    );
    expect(
      (await api.call('POST', `/incidents/${incident.id}/timeline`, { kind: 'diagnostic', text: 'It is <b>down</b>' }))
        .status,
    ).toBe(201);
    const change = { kind: 'deploy', title: 'release 7', id: 'ci-7', at: new Date(Date.now() - 60_000).toISOString() };
    expect((await api.call('POST', '/changes', change)).status).toBe(201);
    expect((await api.call('POST', '/changes', change)).status).toBe(200);
    expect((await api.call('POST', `/incidents/${incident.id}/resolve`, {})).status).toBe(422);

    await target.listen();
    await eventually(
      'the recovery',
      async () => (await api.call<Incident>('GET', `/incidents/${incident.id}`)).body.status === 'resolved' || null,
    );
    type Entry = { at: string; kind: string; refs: string[]; source: string };
    const timeline = await walk<Entry>(`/incidents/${incident.id}/timeline`, 4);
    expect(timeline.map((entry) => entry.at)).toEqual(timeline.map((entry) => entry.at).sort());
    for (const kind of [
      'started',
      'detected',
      'alerted',
      'acknowledged',
      'diagnostic',
      'restored',
      'resolved',
      'change',
    ])
      expect(timeline.map((entry) => entry.kind)).toContain(kind);
    const started = timeline.findIndex((entry) => entry.kind === 'started');
    expect(started).toBeGreaterThan(0);
    for (const entry of timeline.filter(({ source }) => source === 'check')) expect(entry.refs[0]).toMatch(/^chk_/);

    const path = `/incidents/${incident.id}/postmortem`;
    const json = await eventually('the draft', async () => {
      const answer = await api.call<{ status: string; claims: { total: number; verified: number } }>('GET', path);
      return answer.body.status === 'draft' ? answer : null;
    });
    expect(json.body.claims.verified).toBe(json.body.claims.total);
    const etag = json.headers.get('etag') ?? '';
    expect((await api.call('GET', path, undefined, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const markdown = await api.call<string>('GET', path, undefined, { headers: { accept: 'text/markdown' } });
    expect(markdown.headers.get('content-type')).toContain('text/markdown');
    expect(markdown.body).toBe((await api.call<string>('GET', `${path}.md`)).body);
    expect(markdown.body).not.toContain('<b>');
    const html = await api.call<string>('GET', `${path}.html`);
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(html.body).not.toMatch(/<script|src="http|href="http|<b>down/);
    expect((await api.call('GET', path, undefined, { headers: { accept: 'image/png' } })).status).toBe(406);
    const facts = (await api.call<{ facts: { name: string }[] }>('GET', `${path}/facts`)).body.facts.map(
      (fact) => fact.name,
    );
    expect(facts).toEqual(expect.arrayContaining(['downSeconds', 'spanSeconds']));
    const verified = (
      await api.call<{ total: number; verified: number; failed: unknown[] }>('POST', `${path}/verify`, {})
    ).body;
    expect(verified).toMatchObject({ failed: [], verified: verified.total });
    await api.call('DELETE', '/monitors/outage');
  });

  it('ends for the record when its monitor is deleted', { timeout: 20_000 }, async () => {
    await api.call('PUT', '/monitors/lost', {
      name: 'Lost',
      url: 'http://127.0.0.4:9/',
      intervalSeconds: 1,
      timeoutSeconds: 1,
      confirm: { retrySeconds: 1 },
    });
    type Incident = { id: string; status: string; end: unknown };
    const incident = await eventually(
      'the incident',
      async () => (await api.call<Page<Incident>>('GET', '/incidents?status=open')).body.data[0],
    );
    expect((await api.call('DELETE', '/monitors/lost')).status).toBe(204);
    expect((await api.call<Incident>('GET', `/incidents/${incident.id}`)).body).toMatchObject({
      status: 'resolved',
      end: null,
    });
  });

  it('may be declared by a person, and resolved', async () => {
    const declared = await api.call<{ id: string; kind: string }>('POST', '/incidents', {
      title: 'Wrong prices',
      severity: 'critical',
    });
    expect(declared).toMatchObject({ status: 201, body: { kind: 'declared', status: 'open' } });
    expect((await api.call('POST', `/incidents/${declared.body.id}/resolve`)).body).toMatchObject({
      status: 'resolved',
    });
    expect((await api.call('POST', `/incidents/${declared.body.id}/resolve`)).status).toBe(409);
    const draft = await api.call<{ claims: { total: number; failed: unknown[] } }>(
      'GET',
      `/incidents/${declared.body.id}/postmortem`,
    );
    expect(draft.body.claims.failed).toEqual([]);
  });
});
