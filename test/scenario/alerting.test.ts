import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AlertReceiver, accept, answer, hang, reset } from '../support/alert-receiver.ts';
import { BreakableTarget } from '../support/breakable-target.ts';
import { eventually, TestServer } from '../support/server.ts';

const FAST = { intervalSeconds: 2, timeoutSeconds: 1, confirm: { failures: 2, recoveries: 2, retrySeconds: 1 } };
const types = (receiver: AlertReceiver) => receiver.received.map(({ type }) => type);
const distinct = (receiver: AlertReceiver) => new Set(receiver.received.map(({ id, type }) => `${id} ${type}`)).size;

async function channel(server: TestServer, key: string, receiver: AlertReceiver): Promise<void> {
  await server.post('/channels', { key, type: 'webhook', url: receiver.url });
}

describe('many monitors of one host', { timeout: 180_000 }, () => {
  it('that go down at once are one alert and one update for each person, and one that it is over', async () => {
    await using target = await BreakableTarget.start();
    await using first = await AlertReceiver.start();
    await using second = await AlertReceiver.start();
    await using server = await TestServer.start();
    await channel(server, 'first', first);
    await channel(server, 'second', second);
    for (let i = 0; i < 245; i++)
      await server.call('PUT', `/monitors/shop-${i}`, {
        name: `Shop ${i}`,
        url: `${target.url}/${i}`,
        ...FAST,
        intervalSeconds: 5,
        channels: ['first', 'second'],
      });
    type List = { data: { state: { status: string } }[] };
    const all = async (status: string) => {
      const { data } = await server.get<List>(`/monitors?limit=500&status=${status}`);
      return data.length === 245 ? true : null;
    };
    await eventually('all are up', () => all('up'), 60_000);
    await target.refuse();
    await eventually('all are down', () => all('down'), 60_000);
    await eventually(
      'the update',
      () => (first.received.length > 1 && second.received.length > 1 ? true : null),
      60_000,
    );
    await sleep(3_000);
    for (const receiver of [first, second]) {
      expect(types(receiver)).toEqual(['incident.opened', 'incident.updated']);
      const update = JSON.parse(receiver.received[1]?.body ?? '{}') as { data: { incident: { affected: unknown[] } } };
      expect(update.data.incident.affected).toHaveLength(245);
    }
    await target.listen();
    await eventually('it is over', () => (types(second).includes('incident.resolved') ? true : null), 90_000);
    await eventually('for both', () => (types(first).includes('incident.resolved') ? true : null), 30_000);
    expect(types(first).filter((type) => type === 'incident.opened')).toHaveLength(1);
    expect(types(first).at(-1)).toBe('incident.resolved');
    expect(first.received.length).toBeLessThanOrEqual(4);
    const { data } = await server.get<{ data: unknown[] }>('/incidents');
    expect(data).toHaveLength(1);
  });
});

describe('receivers that misbehave', { timeout: 180_000 }, () => {
  it('hold up nobody, get each alert in order under one id, and what is given up is told elsewhere', async () => {
    await using target = await BreakableTarget.start();
    // Accepts and drops the answer, the first time.
    await using drops = await AlertReceiver.start((q, r, n) => (n === 1 ? reset(q, r, n) : accept(q, r, n)));
    await using fails = await AlertReceiver.start((q, r, n) => (n <= 4 ? answer(500) : accept)(q, r, n));
    await using hangs = await AlertReceiver.start(hang);
    await using resets = await AlertReceiver.start(reset);
    await using limits = await AlertReceiver.start((q, r, n) =>
      (n === 1 ? answer(429, { 'retry-after': '3' }) : accept)(q, r, n),
    );
    await using gone = await AlertReceiver.start(answer(410));
    await using healthy = await AlertReceiver.start();
    const receivers = { drops, fails, hangs, resets, limits, gone, healthy };
    await using server = await TestServer.start();
    for (const [key, receiver] of Object.entries(receivers)) await channel(server, key, receiver);
    await server.post('/monitors', { name: 'Shop', url: target.url, ...FAST, channels: Object.keys(receivers) });
    await eventually('it is up', async () => {
      const { state } = await server.get<{ state: { status: string } }>('/monitors/shop');
      return state.status === 'up' ? true : null;
    });
    await target.refuse();
    await eventually('the healthy one hears of it', () => (healthy.received.length > 0 ? true : null));
    await eventually('the other four do', () =>
      [drops, fails, limits].every(({ received }) => received.length > 1) && gone.received.length > 0 ? true : null,
    );
    await target.listen();
    await eventually(
      'all that can hear of the end',
      () =>
        [healthy, drops, fails, limits].every((receiver) => types(receiver).includes('incident.resolved'))
          ? true
          : null,
      60_000,
    );
    for (const receiver of [drops, fails, limits]) {
      expect(distinct(receiver)).toBe(2);
      expect([...new Set(types(receiver))]).toEqual(['incident.opened', 'incident.resolved']);
    }
    const [asked, again] = limits.received;
    expect((again?.at ?? 0) - (asked?.at ?? 0)).toBeGreaterThanOrEqual(2_900);
    expect(gone.received).toHaveLength(1);
    type Alert = {
      channel: string;
      event: string;
      attempts: { outcome: string | null }[];
      undeliverableReason: string;
    };
    const given = await server.get<{ data: Alert[] }>('/alerts?state=undeliverable');
    expect(new Set(given.data.map((alert) => alert.channel))).toEqual(new Set(['gone']));
    expect(given.data.at(-1)).toMatchObject({ event: 'incident.opened', attempts: [{ outcome: 'gone' }] });
    // Those that hang may be asked first; whoever does not take it is passed over for the next.
    await eventually(
      'somebody hears that one is gone',
      () => {
        const told = [healthy, drops, fails, limits].flatMap(({ received }) => received.map(({ body }) => body));
        return told.some((body) => body.includes('"undeliverable":{"channel":"gone"')) ? true : null;
      },
      100_000,
    );
    const pending = await server.get<{ data: Alert[] }>('/incidents/1/alerts?state=pending');
    expect(new Set(pending.data.map((alert) => alert.channel))).toEqual(new Set(['hangs', 'resets']));
  });

  it('and an escalation reaches the next person while nobody acknowledges, and no more once somebody does', async () => {
    await using target = await BreakableTarget.start();
    await using onCall = await AlertReceiver.start();
    await using boss = await AlertReceiver.start();
    await using cto = await AlertReceiver.start();
    await using server = await TestServer.start();
    await channel(server, 'on-call', onCall);
    await channel(server, 'boss', boss);
    await channel(server, 'cto', cto);
    await server.post('/escalations', {
      key: 'ladder',
      name: 'Ladder',
      steps: [
        { afterSeconds: 3, channels: ['boss'] },
        { afterSeconds: 30, channels: ['cto'] },
      ],
      reminders: { everySeconds: 10 },
    });
    await server.post('/monitors', {
      name: 'Shop',
      url: target.url,
      ...FAST,
      channels: ['on-call'],
      escalation: 'ladder',
    });
    await eventually('it is up', async () => {
      const { state } = await server.get<{ state: { status: string } }>('/monitors/shop');
      return state.status === 'up' ? true : null;
    });
    await target.refuse();
    await eventually('the next step', () => (types(boss).includes('incident.escalated') ? true : null));
    await server.end('SIGKILL');
    await server.start();
    await eventually('a reminder', () => (types(boss).includes('incident.reminder') ? true : null), 40_000);
    await server.post('/incidents/1/acknowledge', { by: 'the boss' });
    await eventually('the acknowledgment', () => (types(onCall).includes('incident.acknowledged') ? true : null));
    const heard = onCall.received.length;
    await sleep(12_000);
    expect(onCall.received).toHaveLength(heard);
    expect(cto.received).toEqual([]);
    type Entry = { kind: string; text: string };
    const { data } = await server.get<{ data: Entry[] }>('/incidents/1/timeline');
    const escalated = data.filter(({ kind }) => kind === 'escalated');
    expect(escalated).toHaveLength(1);
    expect(escalated[0]?.text).toMatch(/^escalated to boss: step 1 of 2: not acknowledged for /);
  });
});
