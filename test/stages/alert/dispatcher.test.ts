import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { createChannelTester } from '#src/alert/test-channel.ts';
import type { AlertEvent } from '#src/domain/alert.ts';
import { createGuardedAgent } from '#src/probe/address-guard.ts';
import { readChannelByNo } from '#src/store/channels.ts';
import { AlertReceiver, accept, answer, hang, reset } from '../../support/alert-receiver.ts';
import { eventually } from '../../support/server.ts';
import { tempStore } from '../../support/temp-store.ts';
import { addChannel, addIncident, clock, delivered, enqueue, secret, start, undeliverable } from './alert-stage.ts';

describe('the alert stage', () => {
  it('signs as Standard Webhooks asks, and marks after the receiver accepted', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start();
    const channel = addChannel(store, 'on-call', receiver.url);
    const id = enqueue(store, addIncident(store), channel.no, 'incident.opened');
    await using _stage = start(store);
    await delivered(store, id);
    const [alert] = receiver.received;
    expect(alert?.id).toBe(id);
    expect(new Webhook(secret).verify(alert?.body ?? '', alert?.headers ?? {})).toMatchObject({
      type: 'incident.opened',
    });
    expect(alert?.headers['user-agent']).toContain('Hindcast');
  });

  it('keeps id and body the same over retries, and every attempt is a row', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start((q, r, n) => (n < 3 ? answer(500) : accept)(q, r, n));
    const channel = addChannel(store, 'on-call', receiver.url);
    const id = enqueue(store, addIncident(store), channel.no, 'incident.opened');
    await using _stage = start(store);
    await delivered(store, id);
    expect(new Set(receiver.received.map((r) => `${r.id} ${r.body}`)).size).toBe(1);
    const outcomes = store.reader
      .sql<{ outcome: string; status_code: number }>('SELECT outcome, status_code FROM alert_attempts ORDER BY attempt')
      .all();
    expect(outcomes).toEqual([
      { outcome: 'retry', status_code: 500 },
      { outcome: 'retry', status_code: 500 },
      { outcome: 'sent', status_code: 204 },
    ]);
  });

  it('keeps the order opened, updated, resolved while the first attempts fail', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start((q, r, n) => (n < 3 ? answer(503) : accept)(q, r, n));
    const channel = addChannel(store, 'on-call', receiver.url);
    const incident = addIncident(store);
    const events: AlertEvent[] = ['incident.opened', 'incident.updated', 'incident.resolved'];
    const ids = events.map((event) => enqueue(store, incident, channel.no, event));
    await using _stage = start(store);
    await delivered(store, ids[2] ?? '');
    expect(receiver.received.map((r) => r.type)).toEqual(['incident.opened', 'incident.opened', ...events]);
  });

  it('drains a thousand that wait, each incident in its order', { timeout: 120_000 }, async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start();
    const channel = addChannel(store, 'on-call', receiver.url);
    const events: AlertEvent[] = ['incident.opened', 'incident.updated', 'incident.acknowledged', 'incident.resolved'];
    const incidents = Array.from({ length: 250 }, (_, i) => addIncident(store, i + 1));
    for (const incident of incidents) for (const event of events) enqueue(store, incident, channel.no, event);
    await using _stage = start(store);
    const all = () => (receiver.received.length >= 1000 ? true : null);
    await eventually('all are there', all, 100_000);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1000);
    const told = Map.groupBy(receiver.received, ({ body }) => / of (inc_\d+)/.exec(body)?.[1]);
    expect(told.size).toBe(250);
    for (const order of told.values()) expect(order.map(({ type }) => type)).toEqual(events);
  });

  it('is not held up by a receiver that hangs, and abandons the attempt', async () => {
    using store = tempStore();
    await using dead = await AlertReceiver.start(hang);
    await using healthy = await AlertReceiver.start();
    const incident = addIncident(store);
    const stuck = enqueue(store, incident, addChannel(store, 'dead', dead.url).no, 'incident.opened');
    const fine = enqueue(store, incident, addChannel(store, 'fine', healthy.url).no, 'incident.opened');
    await using _stage = start(store, { timeoutMs: 400 });
    const before = Date.now();
    await delivered(store, fine);
    expect(Date.now() - before).toBeLessThan(400);
    await eventually('the attempt is over', () =>
      store.reader.sql("SELECT 1 FROM alert_attempts WHERE alert_id = ? AND outcome = 'retry'").get(stuck)
        ? true
        : null,
    );
    expect(
      store.reader.sql<{ detail: string }>('SELECT detail FROM alert_attempts WHERE alert_id = ?').get(stuck)?.detail,
    ).toContain('no answer within 0.4 s');
  });

  it('sends again under the same id when the answer was lost after the receiver had accepted', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start((q, r, n) => (n === 1 ? reset : accept)(q, r, n));
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    await using _stage = start(store);
    await delivered(store, id);
    expect(receiver.received.map((r) => r.id)).toEqual([id, id]);
  });

  it('waits as long as Retry-After says', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start((q, r, n) =>
      (n === 1 ? answer(429, { 'retry-after': '1' }) : accept)(q, r, n),
    );
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    await using _stage = start(store, { random: () => 0 });
    await delivered(store, id);
    const [first, second] = receiver.received;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('sends one request and no more to a receiver that is gone, and switches the channel off', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start(answer(410));
    const channel = addChannel(store, 'gone', receiver.url);
    const incident = addIncident(store);
    const id = enqueue(store, incident, channel.no, 'incident.opened');
    const next = enqueue(store, incident, channel.no, 'incident.resolved');
    await using _stage = start(store);
    await undeliverable(store, id);
    await undeliverable(store, next);
    expect(receiver.received).toHaveLength(1);
    expect(readChannelByNo(store.reader, channel.no)?.disabledReason).toContain('410');
  });

  it('gives up after three times 404 and tells another channel, once', async () => {
    using store = tempStore();
    await using wrong = await AlertReceiver.start(answer(404));
    await using other = await AlertReceiver.start();
    const channel = addChannel(store, 'wrong', wrong.url);
    addChannel(store, 'other', other.url);
    const id = enqueue(store, addIncident(store), channel.no, 'incident.opened');
    await using _stage = start(store);
    await undeliverable(store, id);
    await eventually('the other channel hears of it', () => other.received[0]);
    expect(wrong.received).toHaveLength(3);
    expect(JSON.parse(other.received[0]?.body ?? '{}')).toMatchObject({
      data: { undeliverable: { channel: 'wrong' }, summary: expect.stringContaining('Not delivered to channel wrong') },
    });
  });

  it('does not report a report that cannot be delivered', async () => {
    using store = tempStore();
    await using wrong = await AlertReceiver.start(answer(404));
    await using alsoWrong = await AlertReceiver.start(answer(404));
    const channel = addChannel(store, 'a', wrong.url);
    addChannel(store, 'b', alsoWrong.url);
    enqueue(store, addIncident(store), channel.no, 'incident.opened');
    await using _stage = start(store);
    const count = () =>
      store.reader.sql<{ n: number }>("SELECT count(*) AS n FROM alerts WHERE state = 'undeliverable'").get()?.n;
    await eventually('both are given up', () => (count() === 2 ? true : null));
    expect(store.reader.sql<{ n: number }>('SELECT count(*) AS n FROM alerts').get()?.n).toBe(2);
  });

  it('takes a redirect for a failure and does not follow it', async () => {
    using store = tempStore();
    await using target = await AlertReceiver.start();
    await using receiver = await AlertReceiver.start(answer(307, { location: target.url }));
    const id = enqueue(store, addIncident(store), addChannel(store, 'moved', receiver.url).no, 'incident.opened');
    await using _stage = start(store);
    await undeliverable(store, id);
    expect(target.received).toHaveLength(0);
  });

  it('takes over at once what a process that died had leased', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start();
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    store.transact((tx) =>
      tx.sql("UPDATE alerts SET lease_owner = 'a dead one', lease_until = ?").run(clock.now() + 3_600_000),
    );
    await using _stage = start(store);
    await delivered(store, id);
  });

  it('sends a dead receiver one alert now and then, not all that wait for it', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start(answer(500));
    const channel = addChannel(store, 'down', receiver.url);
    for (let n = 1; n <= 40; n++) enqueue(store, addIncident(store, n), channel.no, 'incident.opened');
    await using _stage = start(store, { random: () => 0 });
    await eventually('the breaker opens', () => (receiver.received.length >= 4 ? true : null));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(receiver.received.length).toBeLessThanOrEqual(12);
  });

  it('refuses an address that policy forbids, without connecting to it', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start();
    const id = enqueue(store, addIncident(store), addChannel(store, 'inside', receiver.url).no, 'incident.opened');
    await using _stage = start(store, { agent: createGuardedAgent('public-only') });
    await undeliverable(store, id);
    expect(receiver.received).toHaveLength(0);
  });

  it('sends a test message that says it is one', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start();
    const channel = addChannel(store, 'on-call', receiver.url);
    await using stage = start(store);
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    expect(await test(channel)).toMatchObject({ outcome: 'sent', statusCode: 204 });
    expect(receiver.received[0]).toMatchObject({ id: 'msg_test', type: 'channel.test' });
    receiver.react = answer(500);
    expect(await test(channel)).toMatchObject({
      outcome: 'retry',
      statusCode: 500,
      detail: 'the receiver answered 500',
    });
  });
});
