import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { BreakableTarget } from '../support/breakable-target.ts';
import { eventually, TestServer } from '../support/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'hindcast-blind-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Incident {
  number: number;
  kind: string;
  status: string;
  title: string;
  downSeconds: { best: number };
}
const monitor = { intervalSeconds: 1, timeoutSeconds: 0.5, confirm: { failures: 2, recoveries: 1, retrySeconds: 1 } };

/** A server whose sentinels are two of the targets' kind: what takes them all away is, to it, its own network. */
async function rig(names: string[]) {
  const sentinels = [await BreakableTarget.start('127.0.0.9'), await BreakableTarget.start('127.0.0.9')];
  const targets = await Promise.all(names.map((_, i) => BreakableTarget.start(`127.0.0.${20 + i}`)));
  const file = join(folder, `${names.length}.yaml`);
  writeFileSync(file, `sentinels:\n${sentinels.map(({ host, port }) => `  - ${host}:${port}\n`).join('')}`);
  const server = await TestServer.start({ HINDCAST_CONFIG: file });
  const receiver = await AlertReceiver.start();
  await server.post('/channels', { key: 'on-call', type: 'webhook', url: receiver.url });
  for (const [i, key] of names.entries())
    await server.post('/monitors', { ...monitor, key, name: key, url: targets[i]?.url, channels: ['on-call'] });
  const incidents = async () => (await server.get<{ data: Incident[] }>('/incidents')).data;
  await eventually('first checks', async () => {
    const { data } = await server.get<{ data: { state: { status: string } }[] }>('/monitors');
    return data.every(({ state }) => state.status === 'up') ? true : null;
  });
  const all = [...sentinels, ...targets];
  return {
    sentinels,
    targets,
    server,
    receiver,
    incidents,
    loseNetwork: () => Promise.all(all.map((each) => each.refuse())),
    restoreNetwork: () => Promise.all(all.map((each) => each.listen())),
    async [Symbol.asyncDispose]() {
      await Promise.all([
        server[Symbol.asyncDispose](),
        receiver[Symbol.asyncDispose](),
        ...all.map((each) => each.refuse()),
      ]);
    },
  };
}

it('calls nothing down when its own network is lost, says once that it is blind, and sees again', {
  timeout: 60_000,
}, async () => {
  await using t = await rig(['a', 'b', 'c']);
  await t.loseNetwork();
  const blind = await eventually('the blind incident', async () => (await t.incidents())[0]);
  expect(blind).toMatchObject({
    kind: 'blind',
    status: 'open',
    title: 'Monitoring is blind at default: its own network is down',
  });
  await sleep(4_000);
  expect(await t.incidents()).toHaveLength(1);
  const { data: states } = await t.server.get<{ data: { state: { status: string } }[] }>('/monitors');
  for (const { state } of states) expect(['up', 'suspect']).toContain(state.status);
  await t.restoreNetwork();
  await eventually('sight again', async () => ((await t.incidents())[0]?.status === 'resolved' ? true : null));
  await sleep(1_500);
  const [over, ...others] = await t.incidents();
  expect(others).toEqual([]);
  expect(over?.downSeconds.best).toBe(0);
  await eventually('both alerts', () => (t.receiver.received.length >= 2 ? true : null));
  expect(t.receiver.received.map(({ type }) => type)).toEqual(['monitoring.blind', 'incident.resolved']);
  for (const key of ['a', 'b', 'c']) {
    const uptime = await t.server.get<{ uptimePercent: number; unobservedSeconds: number }>(`/monitors/${key}/uptime`);
    expect(uptime.uptimePercent).toBe(100);
    expect(uptime.unobservedSeconds).toBeGreaterThan(2);
  }
  const draft = await t.server.get<string>(`/incidents/${over?.number}/postmortem.md`);
  expect(draft).toContain('Monitoring was blind from');
  const { claims } = await t.server.get<{ claims: { total: number; verified: number; failed: unknown[] } }>(
    `/incidents/${over?.number}/postmortem`,
  );
  expect(claims.failed).toEqual([]);
  expect(claims.verified).toBe(claims.total);
});

it('calls down what is down while the sentinels answer, and what is down alone though they do not', {
  timeout: 60_000,
}, async () => {
  await using t = await rig(['a', 'b', 'c', 'd']);
  await t.targets[0]?.refuse();
  await eventually('the first outage', async () => ((await t.incidents())[0]?.kind === 'outage' ? true : null));
  await Promise.all(t.sentinels.map((each) => each.refuse()));
  await sleep(1_500);
  await t.targets[1]?.refuse();
  await eventually('the second outage', async () => {
    const outages = (await t.incidents()).filter(({ kind }) => kind === 'outage');
    return outages.length === 2 ? true : null;
  });
});
