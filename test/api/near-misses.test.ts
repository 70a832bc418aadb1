import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '#test/support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

const T0 = Date.UTC(2024, 4, 6, 8);
const at = (minute: number) => new Date(T0 + minute * 60_000).toISOString();

interface Group {
  id: string;
  failure: string;
  status: number | null;
  phase: string | null;
  count: number;
  incident: { number: number } | null;
  paragraph: string;
  claims: { total: number; verified: number; failed: unknown[] };
}
interface Page {
  data: { group: string; at: string; monitor: { key: string } }[];
  groups: Group[];
  nextCursor: string | null;
}

type Bad = { failure: string; status?: number; phases?: object };

async function importing(key: string, minutes: number, failing: Record<number, Bad>): Promise<void> {
  await api.call('PUT', `/monitors/${key}`, { name: `Shop ${key}`, url: `https://${key}.example/`, paused: true });
  const rows = Array.from({ length: minutes }, (_, minute) =>
    JSON.stringify({ at: at(minute), latencyMs: 30, ...(failing[minute] ?? { status: 200 }) }),
  );
  const answer = await api.call('POST', `/monitors/${key}/checks/import`, undefined, {
    raw: rows.join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  expect(answer.status).toBe(200);
}

const pageOf = async (query = '') => (await api.call<Page>('GET', `/near-misses${query}`)).body;
const groupsOf = async (key: string) => {
  const { data, groups } = await pageOf('?limit=500');
  const own = new Set(data.filter(({ monitor }) => monitor.key === key).map(({ group }) => group));
  return groups.filter(({ id }) => own.has(id));
};

it('groups near-misses by monitor, failure and phase, with a paragraph on each that holds', async () => {
  await importing('one', 400, {
    20: { failure: 'status', status: 503 },
    90: { failure: 'status', status: 503 },
    150: { failure: 'status', status: 500 },
    210: { failure: 'connect-timeout', phases: { dns: 4 } },
    240: { failure: 'status', status: 503 },
  });
  const groups = await groupsOf('one');
  expect(groups.map(({ failure, status, phase, count }) => [failure, status, phase, count])).toEqual([
    ['status', 503, null, 3],
    ['connect-timeout', null, 'dns', 1],
    ['status', 500, null, 1],
  ]);
  for (const { claims } of groups) {
    expect(claims.failed).toEqual([]);
    expect(claims.total).toBeGreaterThan(8);
  }
  const [often, once] = groups;
  expect(often?.incident).not.toBeNull();
  expect(often?.paragraph).toBe(
    `Shop one failed briefly 3 times from 08:20:00 UTC on 2024-05-06 to 12:00:00 UTC on 2024-05-06 (HTTP 503): 3 failed checks, passing again after at most 1 min, before it was confirmed. It is on record as incident ${often?.incident?.number}. What recurs at 08:20:00, 09:30:00, 12:00:00: a job, a restart, a limit that is reached, a busy neighbour?`,
  );
  expect(once?.paragraph).toContain(
    'failed briefly at 11:30:00 UTC on 2024-05-06 (connection timeout): 1 failed check,',
  );
  expect(once?.paragraph).toContain('The requests came to the end of name resolution.');
});

it('drafts a group over all of it, whatever the page shows', async () => {
  await importing('two', 300, { 30: { failure: 'dns-error' }, 60: { failure: 'dns-error' } });
  const { data, groups, nextCursor } = await pageOf('?limit=1');
  expect(data).toHaveLength(1);
  expect(nextCursor).not.toBeNull();
  expect(groups).toHaveLength(1);
  expect(groups[0]?.id).toBe(data[0]?.group);
  const [two] = await groupsOf('two');
  expect(two).toMatchObject({ count: 2, incident: null });
});

it('takes a near-miss out of its group when a late row makes an outage of it', async () => {
  await importing('three', 100, { 30: { failure: 'dns-error' }, 60: { failure: 'dns-error' } });
  expect((await groupsOf('three'))[0]).toMatchObject({ count: 2 });
  await api.call('POST', '/monitors/three/checks/import', undefined, {
    raw: JSON.stringify({ at: at(30.5), latencyMs: 30, failure: 'dns-error' }),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const [group] = await groupsOf('three');
  expect(group).toMatchObject({ count: 1, claims: { failed: [] } });
  expect(group?.paragraph).toContain('at 09:00:00 UTC');
});
