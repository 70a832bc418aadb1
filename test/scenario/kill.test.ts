import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { BreakableTarget } from '../support/breakable-target.ts';
import { eventually, TestServer } from '../support/server.ts';

const KILLS = 20;

interface Delivery {
  id: string;
  type: string;
  bodyHash: string;
}

/** Remembers what came; answers late now and then, so that a kill can fall between accept and mark. */
async function deliveries() {
  const seen: Delivery[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { type } = JSON.parse(body) as { type: string };
    seen.push({
      id: String(request.headers['webhook-id']),
      type,
      bodyHash: createHash('sha256').update(body).digest('hex'),
    });
    setTimeout(() => response.writeHead(204).end(), seen.length % 2 === 0 ? 0 : 150);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

it('loses and doubles nothing when it is killed 20 times in a row during an outage', { timeout: 180_000 }, async () => {
  await using target = await BreakableTarget.start();
  using receiver = await deliveries();
  await using server = await TestServer.start();
  await server.post('/channels', { key: 'on-call', type: 'webhook', url: receiver.url, human: true });
  await server.post('/monitors', {
    key: 'victim',
    name: 'Victim',
    url: target.url,
    intervalSeconds: 1,
    timeoutSeconds: 1,
    confirm: { failures: 2, recoveries: 2, retrySeconds: 1 },
    channels: ['on-call'],
  });
  type Monitor = { state: { status: string } };
  const status = async (wanted: string) =>
    (await server.get<Monitor>('/monitors/victim')).state.status === wanted ? true : null;
  await eventually('the monitor is up', () => status('up'));

  await target.refuse();
  let deadMs = 0;
  for (let i = 0; i < KILLS; i++) {
    await sleep(200 + Math.random() * 1500);
    const killed = Date.now();
    await server.end('SIGKILL');
    await server.start();
    deadMs += Date.now() - killed;
  }
  await eventually('the outage is confirmed', () => status('down'));
  // Some downtime that was watched: all that came before may have fallen between two lives of the server.
  await sleep(3_000);
  await target.listen();
  await eventually('the recovery', () => status('up'));
  type Incident = { id: string; number: number; status: string };
  const incidents = (await server.get<{ data: Incident[] }>('/incidents')).data;
  expect(incidents).toHaveLength(1);
  expect(incidents[0]?.status).toBe('resolved');
  await eventually(
    'the resolution is delivered',
    () => receiver.seen.some((d) => d.type === 'incident.resolved') || null,
  );

  const byType = new Map<string, Set<string>>();
  for (const { type, id, bodyHash } of receiver.seen)
    byType.set(type, (byType.get(type) ?? new Set()).add(`${id} ${bodyHash}`));
  expect([...byType.keys()].sort()).toEqual(['incident.opened', 'incident.resolved']);
  for (const distinct of byType.values()) expect(distinct.size).toBe(1);

  type Uptime = { unobservedSeconds: number; uptimePercent: number };
  const uptime = await server.get<Uptime>('/monitors/victim/uptime?window=24h');
  expect(uptime.unobservedSeconds).toBeGreaterThan((deadMs / 1000) * 0.5);
  expect(uptime.uptimePercent).toBeLessThan(100);
  const { claims } = await eventually('the draft', async () => {
    const draft = await server.get<{ status: string; claims: { total: number; failed: unknown[] } }>(
      `/incidents/${incidents[0]?.id}/postmortem`,
    );
    return draft.status === 'draft' ? draft : null;
  });
  expect(claims.failed).toEqual([]);

  expect(await server.end('SIGTERM')).toBe(0);
  const database = new Database(join(server.dir, 'hindcast.db'));
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
});
