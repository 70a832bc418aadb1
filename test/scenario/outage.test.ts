import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BreakableTarget } from '../support/breakable-target.ts';
import { eventually, TestServer } from '../support/server.ts';

interface Times {
  earliest: string;
  best: string;
  latest: string;
}

interface Incident {
  id: string;
  status: string;
  start: Times;
  end: Times | null;
  detectedAt: string;
  downSeconds: { min: number; best: number; max: number };
  affected: { key: string; windows: { checks: number; failed: number; failures: Record<string, number> }[] }[];
  notAffected: { key: string }[];
}

const RETRY_MS = 1_000;
const at = (time: string) => Date.parse(time);

it('says of a real outage when it began and ended, within the bounds it gives', { timeout: 60_000 }, async () => {
  await using target = await BreakableTarget.start();
  await using healthy = await BreakableTarget.start('127.0.0.2');
  await using server = await TestServer.start();
  const monitor = { intervalSeconds: 2, timeoutSeconds: 1, confirm: { failures: 2, recoveries: 2, retrySeconds: 1 } };
  await server.post('/monitors', { ...monitor, key: 'broken', name: 'Broken', url: target.url });
  await server.post('/monitors', { ...monitor, key: 'fine', name: 'Fine', url: healthy.url });
  await eventually('a first check', async () => {
    const { state } = await server.get<{ state: { status: string } }>('/monitors/broken');
    return state.status === 'up' ? true : null;
  });
  await sleep(2_500);

  const broke = Date.now();
  await target.refuse();
  const live = await eventually(
    'the incident',
    async () => (await server.get<{ data: Incident[] }>('/incidents?status=open')).data[0],
  );
  const liveDraft = await server.get<{ status: string }>(`/incidents/${live.id}/postmortem`);
  expect(liveDraft.status).toBe('live');
  await sleep(2_000);
  target.status = 503;
  await target.listen();
  await sleep(2_500);
  target.status = 200;
  const repaired = Date.now();
  const incident = await eventually('the recovery', async () => {
    const found = await server.get<Incident>(`/incidents/${live.id}`);
    return found.status === 'resolved' ? found : null;
  });
  const recovered = Date.now();
  const draft = await eventually('the draft', async () => {
    const found = await server.get<{ status: string }>(`/incidents/${live.id}/postmortem`);
    return found.status === 'draft' ? found : null;
  });
  expect(Date.now() - recovered).toBeLessThan(2_000);
  expect(draft).toMatchObject({ incidentId: incident.id, revision: expect.any(Number) });

  const slackMs = 50;
  expect(at(incident.start.earliest)).toBeLessThanOrEqual(broke + slackMs);
  expect(at(incident.start.latest)).toBeGreaterThanOrEqual(broke - slackMs);
  expect(at(incident.start.latest) - at(incident.start.earliest)).toBeLessThan(2_000 + 500);
  expect(at(incident.end?.earliest ?? '')).toBeLessThanOrEqual(repaired + slackMs);
  expect(at(incident.end?.latest ?? '')).toBeGreaterThanOrEqual(repaired - slackMs);
  expect(at(incident.end?.latest ?? '') - at(incident.end?.earliest ?? '')).toBeLessThan(2 * RETRY_MS + 500);
  const trueSeconds = (repaired - broke) / 1000;
  expect(incident.downSeconds.min).toBeLessThanOrEqual(trueSeconds + 0.1);
  expect(incident.downSeconds.max).toBeGreaterThanOrEqual(trueSeconds - 0.1);
  expect(incident.affected.map((m) => m.key)).toEqual(['broken']);
  expect(incident.notAffected.map((m) => m.key)).toEqual(['fine']);
  const [window] = incident.affected[0]?.windows ?? [];
  expect(Object.keys(window?.failures ?? {}).sort()).toEqual(['connect-refused', 'status']);
  expect(window?.failed).toBe(window?.checks);

  const verified = await server.post<{ total: number; verified: number; failed: unknown[] }>(
    `/incidents/${incident.id}/postmortem/verify`,
    {},
  );
  expect(verified.failed).toEqual([]);
  expect(verified.verified).toBe(verified.total);
});

it('keeps what it acknowledged over SIGTERM, ends with 0, and goes on where it was', { timeout: 60_000 }, async () => {
  await using target = await BreakableTarget.start();
  await using server = await TestServer.start();
  await server.post('/monitors', { key: 'kept', name: 'Kept', url: target.url, intervalSeconds: 1, timeoutSeconds: 1 });
  const before = await eventually('some checks', async () => {
    const { data } = await server.get<{ data: { id: string }[] }>('/monitors/kept/checks');
    return data.length >= 3 ? data : null;
  });
  const asked = Date.now();
  expect(await server.end('SIGTERM')).toBe(0);
  expect(Date.now() - asked).toBeLessThan(8_000);
  await server.start();
  const { data: after } = await server.get<{ data: { id: string }[] }>('/monitors/kept/checks?limit=500');
  expect(after.map((check) => check.id)).toEqual(expect.arrayContaining(before.map((check) => check.id)));
  await eventually('a new check', async () => {
    const { data } = await server.get<{ data: { id: string }[] }>('/monitors/kept/checks?limit=500');
    return data.length > after.length ? true : null;
  });
});
