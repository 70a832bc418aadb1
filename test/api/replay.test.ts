import { afterAll, beforeAll, expect, it } from 'vitest';
import { policyOf, replay } from '#src/cli/replay.ts';
import { ADMIN_KEY, TestApi } from '#test/support/api.ts';

let api: TestApi;
const T0 = Date.UTC(2024, 2, 1);
const at = (second: number) => new Date(T0 + second * 1000).toISOString();

interface Side {
  checks: number;
  alerts: number;
  nearMisses: number;
  downSeconds: number;
  medianDetectSeconds: number | null;
  incidents: { start: { best: string }; detectSeconds: number; downSeconds: { best: number }; flaps: number }[];
}
interface Replay {
  current: Side;
  replayed: Side;
  alertsMore: number;
  alertsFewer: number;
}

/** One check a minute from each place; `d` down, `s` slow, `.` up. */
const LETTERS = '..........dddd.........d.........sss.........dd..........';

beforeAll(async () => {
  api = await TestApi.start();
  await api.call('PUT', '/monitors/shop', {
    name: 'Shop',
    url: 'https://shop.example/',
    paused: true,
    expect: { latencyMs: { degraded: 500 } },
  });
  const rows = [...LETTERS].flatMap((letter, i) => [
    { at: at(i * 60), location: 'default', latencyMs: letter === 's' ? 900 : 100, status: letter === 'd' ? 500 : 200 },
    // The far place saw the first outage only.
    { at: at(i * 60 + 30), location: 'far', latencyMs: 100, status: letter === 'd' && i < 14 ? 500 : 200 },
  ]);
  await api.call('POST', '/monitors/shop/checks/import', undefined, {
    raw: rows.map((row) => JSON.stringify(row)).join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
});
afterAll(() => api[Symbol.asyncDispose]());

const run = (policy: object, range: object = { from: at(0), to: at(3600) }) =>
  api.call<Replay>('POST', '/monitors/shop/replay', { ...range, policy });

it('the policy of the monitor gives what detection gave', async () => {
  const { status, body } = await run({});
  expect(status).toBe(200);
  expect(body.replayed).toEqual(body.current);
  const { body: stored } = await api.call<{ data: { start: { best: string } }[] }>('GET', '/incidents');
  const outages = stored.data.map(({ start }) => start.best).sort();
  expect(body.current.incidents.map(({ start }) => start.best)).toEqual(outages);
  expect(body).toMatchObject({ alertsMore: 0, alertsFewer: 0, current: { alerts: 2, nearMisses: 1 } });
});

const policies: [shows: string, policy: object, expected: object][] = [
  ['one failure is enough', { confirm: { failures: 1 } }, { replayed: { alerts: 3, nearMisses: 0 }, alertsMore: 1 }],
  ['three failures are needed', { confirm: { failures: 3 } }, { replayed: { alerts: 1 }, alertsFewer: 1 }],
  ['both places must agree', { confirm: { locations: 2 } }, { replayed: { alerts: 1 }, alertsFewer: 1 }],
  ['the far place alone', { locations: ['far'] }, { replayed: { alerts: 1, checks: LETTERS.length }, alertsFewer: 1 }],
  ['every two minutes', { intervalSeconds: 120 }, { replayed: { alerts: 1 } }],
  ['slow is down', { latencyMs: { down: 800 } }, { replayed: { alerts: 3 }, alertsMore: 1 }],
];
it.for(policies)('%s', async ([, policy, expected]) => {
  expect((await run(policy)).body).toMatchObject(expected);
});

it('detection is timed from the best start to the end of the check that confirmed', async () => {
  const { body } = await run({ locations: ['default'], confirm: { failures: 3, locations: 1 } });
  expect(body.replayed.incidents[0]).toMatchObject({ detectSeconds: 120.1, downSeconds: { best: 240 } });
});

it('writes nothing', async () => {
  const before = (await api.call('GET', '/incidents')).body;
  await run({ confirm: { failures: 1 } });
  expect((await api.call('GET', '/incidents')).body).toEqual(before);
});

it.for([
  [{ policy: { confirm: { failures: 0 } } }, 422, 'policy.confirm.failures'],
  [{ policy: { locations: ['mars'] } }, 422, 'policy.locations.0'],
  [{ policy: {}, from: at(10), to: at(5) }, 422, 'from'],
  [{ policy: {}, since: at(0) }, 422, 'since'],
] as const)('%j is refused by name', async ([body, status, path]) => {
  const answer = await api.call<{ errors: { path: string }[] }>('POST', '/monitors/shop/replay', body);
  expect(answer.status).toBe(status);
  expect(answer.body.errors[0]?.path).toBe(path);
});

it('the command prints it as a table', async () => {
  const lines: string[] = [];
  const options = {
    url: api.url,
    monitor: 'shop',
    from: at(0),
    to: at(3600),
    print: (line: string) => void lines.push(line),
  };
  expect(await replay({ ...options, key: ADMIN_KEY, policy: policyOf({ url: '', key: '', failures: 1 }) })).toBe(0);
  expect(lines.find((line) => line.startsWith('alerts'))?.split(/ {2,}/)).toEqual(['alerts', '2', '3']);
  expect(lines).toContain('1 more and 0 fewer incidents than now');
  expect(lines.filter((line) => line.startsWith('2024-03-01T'))).toHaveLength(3);
  lines.length = 0;
  expect(await replay({ ...options, key: 'hc_wrong', policy: {} })).toBe(1);
  expect(lines[0]).toContain('refused (401)');
  expect(await replay({ ...options, url: 'http://127.0.0.1:1', key: ADMIN_KEY, policy: {} })).toBe(1);
});
