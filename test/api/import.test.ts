import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '#test/support/api.ts';
import { generator, OUTAGES, type OutageRow, rowsOf } from '#test/support/outages.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

interface Imported {
  accepted: number;
  duplicates: number;
  from: string | null;
  to: string | null;
}
interface Problem {
  detail: string;
  errors: { path: string; message: string }[];
}
interface Bounds {
  earliest: string;
  best: string;
  latest: string;
}
interface Window {
  start: Bounds;
  end: Bounds | null;
}
interface Incident {
  id: string;
  number: number;
  kind: string;
  status: string;
  start: Bounds;
  end: Bounds | null;
  resolvedAt: string;
  downSeconds: { min: number; best: number; max: number };
  affected: { windows: Window[] }[];
}

async function monitorFor(key: string, fields: object = {}): Promise<void> {
  const definition = { name: key, url: `https://${key}.example/`, intervalSeconds: 60, paused: true, ...fields };
  const { status } = await api.call('PUT', `/monitors/${key}`, definition);
  expect(status).toBe(201);
}

const importing = <T = Imported>(key: string, rows: readonly unknown[] | string) =>
  api.call<T>('POST', `/monitors/${key}/checks/import`, undefined, {
    raw: typeof rows === 'string' ? rows : rows.map((row) => JSON.stringify(row)).join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });

const read = async <T>(path: string) => (await api.call<{ data: T[] }>('GET', path)).body.data;
const ms = (text: string) => Date.parse(text);

const outages = OUTAGES.flatMap((outage) => [30, 60, 300].map((interval) => [outage.name, interval, outage] as const));

describe('a real outage, imported', () => {
  it.for(outages)(
    '%s at %i s: windows, durations and draft agree with what happened',
    async ([name, interval, outage]) => {
      const key = `${name}-${interval}`;
      await monitorFor(key, { intervalSeconds: interval, service: key });
      const rows = rowsOf(outage, interval);
      const { status, body } = await importing(key, rows);
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body).toEqual({ accepted: rows.length, duplicates: 0, from: rows[0]?.at, to: rows.at(-1)?.at });

      const t0 = ms(outage.start);
      const [from, to] = [t0 + outage.solid[0] * 1000, t0 + outage.solid[1] * 1000];
      const tolerance = 2 * interval * 1000;
      const windows = await read<Window>(`/monitors/${key}/downtime?limit=500`);
      const covered = windows
        .map(({ start, end }) => Math.min(to, ms(end?.best ?? '')) - Math.max(from, ms(start.best)))
        .filter((length) => length > 0)
        .reduce((a, b) => a + b, 0);
      // At 300 s a place sees two checks of a hundred and twenty seconds at most: what fell between them, nobody saw.
      if (to - from > tolerance) expect(to - from - covered).toBeLessThanOrEqual(tolerance);
      for (const { start, end } of windows) {
        expect(ms(start.earliest)).toBeLessThan(ms(start.latest));
        expect(ms(start.best)).toBeGreaterThanOrEqual(t0 + outage.trouble[0] * 1000 - tolerance);
        expect(ms(end?.best ?? '')).toBeLessThanOrEqual(t0 + outage.trouble[1] * 1000 + tolerance);
      }
      const incidents = (await read<Incident>(`/incidents?service=${key}&limit=100`)).filter(
        (i) => i.kind === 'outage',
      );
      expect(incidents.every((incident) => incident.status === 'resolved')).toBe(true);
      if (outage.phases.find((phase) => phase.failing === 100 && phase.from <= 30) && to - from > tolerance) {
        const first = incidents.at(-1) as Incident;
        expect(ms(first.start.earliest)).toBeLessThanOrEqual(from);
        expect(ms(first.start.latest)).toBeGreaterThanOrEqual(from);
      }
      for (const incident of incidents) {
        const { body: draft } = await api.call<{
          status: string;
          dueAt: string;
          claims: { total: number; verified: number };
        }>('GET', `/incidents/${incident.number}/postmortem`);
        expect(draft.status).toBe('draft');
        expect(draft.claims.verified).toBe(draft.claims.total);
        expect(ms(draft.dueAt)).toBe(ms(incident.end?.best ?? '') + 48 * 3_600_000);
      }
    },
  );

  it('comes out the same with rows out of order, repeated, in several requests, and from places that saw nothing', async () => {
    const [outage] = OUTAGES;
    if (!outage) throw new Error('no outage');
    const rows = rowsOf(outage, 30);
    const idle = rows.map((row): OutageRow => ({ ...row, location: 'moon', verdict: 'up', status: 200 }));
    for (const row of idle) delete row.failure;
    const random = generator(5);
    const shuffled = [...rows, ...rows.slice(0, 40)].map((row) => [random(), row] as const).sort((a, b) => a[0] - b[0]);
    await monitorFor('plain', { service: 'plain', confirm: { locations: 2 }, locations: ['us', 'eu'] });
    await monitorFor('mixed', { service: 'mixed', confirm: { locations: 2 }, locations: ['us', 'eu'] });
    await importing('plain', [...rows, ...idle.filter((_, i) => i % 3 === 0)]);
    let accepted = 0;
    let duplicates = 0;
    for (let i = 0; i < shuffled.length; i += 50) {
      const { body } = await importing(
        'mixed',
        shuffled.slice(i, i + 50).map(([, row]) => row),
      );
      accepted += body.accepted;
      duplicates += body.duplicates;
    }
    await importing(
      'mixed',
      idle.filter((_, i) => i % 3 === 0),
    );
    expect([accepted, duplicates]).toEqual([rows.length, 40]);
    const picture = async (key: string) => {
      const windows = await read<Window & { incidentId?: string }>(`/monitors/${key}/downtime`);
      const incidents = await read<Incident>(`/incidents?service=${key}`);
      return {
        windows: windows.map(({ incidentId, ...window }) => ({ ...window, known: incidentId !== null })),
        incidents: incidents.map(({ start, end, downSeconds }) => ({ start, end, downSeconds })),
      };
    };
    const plain = await picture('plain');
    expect(plain.windows.length).toBeGreaterThan(0);
    expect(JSON.stringify(await picture('mixed')).replaceAll(/chk_\w+/g, '')).toBe(
      JSON.stringify(plain).replaceAll(/chk_\w+/g, ''),
    );
  });

  it('opens no alert, and the draft stands when the answer comes', async () => {
    const logs = api.logs.length;
    await monitorFor('quiet', { service: 'quiet' });
    await importing('quiet', rowsOf(OUTAGES[5] as (typeof OUTAGES)[number], 60));
    const [incident] = await read<Incident>('/incidents?service=quiet');
    const { body } = await api.call<{ status: string }>('GET', `/incidents/${incident?.number}/postmortem`);
    expect(body.status).toBe('draft');
    expect(api.logs.slice(logs).join('')).not.toContain('alert.');
  });
});

describe('a draft that stands', () => {
  const at = (minute: number) => new Date(Date.UTC(2024, 3, 2, 0, minute)).toISOString();
  const rows = (from: number, to: number, latencyMs: number) =>
    Array.from({ length: to - from }, (_, i) => ({
      at: at(from + i),
      latencyMs,
      ...(from + i >= 1000 && from + i < 1010 ? { failure: 'connect-refused' } : { status: 200 }),
    }));
  const verified = async () => {
    const [incident] = await read<Incident>('/incidents?service=standing');
    const path = `/incidents/${incident?.number}/postmortem`;
    const { body: draft } = await api.call<{ revision: number }>('GET', path);
    const { body } = await api.call<{ failed: unknown[] }>('POST', `${path}/verify`, {});
    return { revision: draft.revision, failed: body.failed };
  };

  it('is drawn anew when rows come late that it looks at, and holds again', async () => {
    await monitorFor('standing', { service: 'standing' });
    await monitorFor('beside', { service: 'beside' });
    await importing('standing', rows(980, 1100, 50));
    expect(await verified()).toEqual({ revision: 1, failed: [] });
    await importing('standing', rows(500, 980, 90));
    expect(await verified(), 'its own checks of the hours before').toEqual({ revision: 2, failed: [] });
    await importing('beside', rows(990, 1000, 50));
    expect(await verified(), 'what was not affected').toEqual({ revision: 2, failed: [] });
    await importing('beside', rows(1011, 1020, 50));
    await importing('beside', [{ at: at(1005), status: 200 }]);
    expect(await verified(), 'what was not affected').toEqual({ revision: 3, failed: [] });
    const window = { title: 'x', services: ['standing'], startsAt: at(960), endsAt: at(970) };
    expect((await api.call('POST', '/maintenance', window)).status).toBe(201);
    expect(await verified(), 'time in the hour before that does not count').toEqual({ revision: 4, failed: [] });
  });
});

describe('imported rows', () => {
  it('are judged by the monitor where they bring no verdict', async () => {
    await monitorFor('judged', { expect: { status: ['200'], latencyMs: { degraded: 500, down: 2000 } } });
    const at = (second: number) => new Date(Date.UTC(2024, 0, 1, 0, 0, second)).toISOString();
    await importing('judged', [
      { at: at(0), status: 200, latencyMs: 100 },
      { at: at(1), status: 200, latencyMs: 600 },
      { at: at(2), status: 200, latencyMs: 2600 },
      { at: at(3), status: 503, latencyMs: 100 },
      { at: at(4), failure: 'connect-refused', detail: 'from the old prober' },
      { at: at(5), verdict: 'up' },
      { at: at(6), verdict: 'unknown' },
    ]);
    const rows = await read<{
      verdict: string;
      failure: string | null;
      latencyMs: number | null;
      detail: string | null;
    }>('/monitors/judged/checks');
    expect(rows.reverse().map(({ verdict, failure, latencyMs }) => [verdict, failure, latencyMs])).toEqual([
      ['up', null, 100],
      ['degraded', 'latency', 600],
      ['down', 'latency', 2600],
      ['down', 'status', 100],
      ['down', 'connect-refused', null],
      ['up', null, null],
      ['unknown', null, null],
    ]);
    expect(rows[4]?.detail).toBe('from the old prober');
    const latency = await api.call<{ data: { count: number; max: number }[] }>(
      'GET',
      '/monitors/judged/latency?from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z&resolution=day',
    );
    expect(latency.body.data, 'a check whose duration nobody knows has none').toMatchObject([{ count: 2, max: 600 }]);
  });

  it('beyond a soft limit are windows of their own, without an incident', async () => {
    await monitorFor('slow', { service: 'slow', expect: { latencyMs: { degraded: 500 } } });
    const at = (minute: number) => new Date(Date.UTC(2024, 0, 1, 0, minute)).toISOString();
    const slow = (i: number) => (i >= 10 && i < 20) || i >= 50;
    await importing(
      'slow',
      Array.from({ length: 60 }, (_, i) => ({ at: at(i), status: 200, latencyMs: slow(i) ? 800 : 100 })),
    );
    const spans = await read<{ from: string; to: string | null; next: string | null }>('/monitors/slow/degraded');
    expect(spans.map(({ from, to, next }) => [from, to, next])).toEqual([
      [at(50), null, null],
      [at(10), at(20), 'up'],
    ]);
    expect(await read('/incidents?service=slow')).toEqual([]);
  });

  const good = { at: '2024-05-01T00:00:00Z', verdict: 'up' };
  const bad: [shows: string, line: string, status: number, path: string, says: string][] = [
    ['no JSON', '{"at":', 400, 'line 2', 'valid JSON'],
    ['no object', '[]', 422, 'line 2', 'expected object'],
    ['no time', '{"verdict":"up"}', 422, 'line 2: at', 'RFC 3339'],
    ['a time that is none', '{"at":"yesterday","verdict":"up"}', 422, 'line 2: at', 'RFC 3339'],
    ['a time to come', '{"at":"2199-01-01T00:00:00Z","verdict":"up"}', 422, 'line 2: at', 'future'],
    ['an unknown verdict', '{"at":"2024-05-01T00:00:01Z","verdict":"ok"}', 422, 'line 2: verdict', 'degraded'],
    ['an unknown failure', '{"at":"2024-05-01T00:00:01Z","failure":"dns"}', 422, 'line 2: failure', 'dns-error'],
    ['an unknown field', '{"at":"2024-05-01T00:00:01Z","verdict":"up","ms":1}', 422, 'line 2', 'ms'],
    ['nothing to judge', '{"at":"2024-05-01T00:00:01Z"}', 422, 'line 2: verdict', 'status or failure'],
    [
      'an up that failed',
      '{"at":"2024-05-01T00:00:01Z","verdict":"up","failure":"status"}',
      422,
      'line 2: failure',
      'absent',
    ],
    ['a status of words', '{"at":"2024-05-01T00:00:01Z","status":"200"}', 422, 'line 2: status', 'HTTP status'],
    [
      'a negative latency',
      '{"at":"2024-05-01T00:00:01Z","status":200,"latencyMs":-1}',
      422,
      'line 2: latencyMs',
      'from 0',
    ],
    [
      'a place with spaces',
      '{"at":"2024-05-01T00:00:01Z","verdict":"up","location":"a b"}',
      422,
      'line 2: location',
      'a-z',
    ],
  ];
  it.for(bad)(
    'a line with %s is named, and nothing is imported',
    async ([, line, status, path, says], { expect: expects }) => {
      const key = `bad-${path.length}-${line.length}`;
      await monitorFor(key);
      const answer = await importing<Problem>(key, `${JSON.stringify(good)}\n${line}\n${JSON.stringify(good)}\n`);
      expects(answer.status).toBe(status);
      expects(answer.body.errors[0]?.path).toBe(path);
      expects(JSON.stringify(answer.body.errors)).toContain(says);
      expects(await read(`/monitors/${key}/checks`)).toEqual([]);
    },
  );

  it('of more than 100,000 in one request are 413, of another content type 415, for nobody 404', async () => {
    await monitorFor('limits');
    const line = (i: number) => `{"at":"${new Date(1_700_000_000_000 + i * 1000).toISOString()}","status":200}`;
    const many = Array.from({ length: 100_001 }, (_, i) => line(i)).join('\n');
    expect((await importing('limits', many)).status).toBe(413);
    expect((await importing('limits', `{"at":"${'x'.repeat(20_000)}"}`)).status).toBe(413);
    const endless = `${JSON.stringify(good)}\n${'x'.repeat(30_000_000)}\n${JSON.stringify(good)}`;
    const long = await importing<Problem>('limits', endless);
    expect(long).toMatchObject({ status: 413, body: { detail: 'line 2 is longer than 16384 bytes' } });
    const json = await api.call('POST', '/monitors/limits/checks/import', [good]);
    expect(json.status).toBe(415);
    expect((await importing('nobody', [good])).status).toBe(404);
    expect(await read('/monitors/limits/checks')).toEqual([]);
  });

  it('give the first answer again under an Idempotency-Key, and are refused under one of another request', async () => {
    await monitorFor('once');
    const send = (row: object) =>
      api.call<Imported>('POST', '/monitors/once/checks/import', undefined, {
        raw: JSON.stringify(row),
        headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'import-1' },
      });
    const first = await send(good);
    expect(first.body).toMatchObject({ accepted: 1, duplicates: 0 });
    const again = await send(good);
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await send({ ...good, status: 200 })).status).toBe(422);
  });

  it('a hundred thousand are there when the answer comes, and again they are duplicates', async () => {
    await monitorFor('large');
    const line = (i: number) => {
      const at = new Date(1_600_000_000_000 + i * 60_000).toISOString();
      return JSON.stringify(
        i % 1000 < 5 ? { at, failure: 'connect-refused' } : { at, status: 200, latencyMs: 80 + (i % 40) },
      );
    };
    const text = Array.from({ length: 100_000 }, (_, i) => line(i)).join('\n');
    expect((await importing('large', text)).body).toMatchObject({ accepted: 100_000, duplicates: 0 });
    expect((await importing('large', text)).body).toMatchObject({ accepted: 0, duplicates: 100_000 });
    expect(await read('/monitors/large/downtime?limit=500')).toHaveLength(100);
  });
});
