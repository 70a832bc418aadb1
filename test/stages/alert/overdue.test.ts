import { describe, expect, it } from 'vitest';
import { readUnheard } from '#src/store/outbox.ts';
import { AlertReceiver, answer, hang } from '../../support/alert-receiver.ts';
import { eventually } from '../../support/server.ts';
import { tempStore } from '../../support/temp-store.ts';
import { addChannel, addIncident, delivered, enqueue, start, stateOf } from './alert-stage.ts';

const reports = (receiver: AlertReceiver) => receiver.received.filter(({ body }) => body.includes('"undeliverable":'));
const age = (store: ReturnType<typeof tempStore>, id: string, ms: number) =>
  store.transact((tx) => {
    tx.sql('UPDATE alerts SET created_at = created_at - ? WHERE id = ?').run(ms, id);
    tx.touch('alerts');
  });

describe('an alert that is tried and tried', () => {
  it('is told on another channel after five minutes, once, and goes on being tried', { timeout: 30_000 }, async () => {
    using store = tempStore();
    await using down = await AlertReceiver.start(answer(500));
    await using other = await AlertReceiver.start();
    const channel = addChannel(store, 'down', down.url);
    addChannel(store, 'other', other.url);
    const id = enqueue(store, addIncident(store), channel.no, 'incident.opened');
    await using _stage = start(store);
    await eventually('it has failed', () => (down.received.length > 1 ? true : null));
    expect(other.received).toEqual([]);
    age(store, id, 301_000);
    await eventually('the other channel hears', () => (reports(other).length > 0 ? true : null));
    expect(reports(other)[0]?.body).toContain('not in 5 min, still tried: the receiver answered 500');
    expect(stateOf(store, id)?.state).toBe('pending');
    down.react = answer(204);
    await delivered(store, id);
    expect(reports(other)).toHaveLength(1);
  });

  it('is told on a third channel when the second does not take the report', { timeout: 40_000 }, async () => {
    using store = tempStore();
    await using gone = await AlertReceiver.start(answer(410));
    await using stuck = await AlertReceiver.start(hang);
    await using fine = await AlertReceiver.start();
    const channel = addChannel(store, 'gone', gone.url);
    addChannel(store, 'stuck', stuck.url);
    addChannel(store, 'fine', fine.url, false);
    enqueue(store, addIncident(store), channel.no, 'incident.opened');
    await using _stage = start(store);
    await eventually('the second is asked', () => (stuck.received.length > 0 ? true : null));
    const { id } = stuck.received[0] ?? { id: '' };
    age(store, id, 31_000);
    await eventually('the third hears', () => (reports(fine).length > 0 ? true : null));
    expect(reports(fine)[0]?.body).toContain('Not delivered to channel gone');
    expect(reports(fine)).toHaveLength(1);
  });
});

describe('a report that waits behind an alert that hangs', () => {
  it('is told on the next channel, though it was never tried', { timeout: 40_000 }, async () => {
    using store = tempStore();
    await using gone = await AlertReceiver.start(answer(410));
    await using stuck = await AlertReceiver.start(hang);
    await using fine = await AlertReceiver.start();
    const incident = addIncident(store);
    const waits = enqueue(store, incident, addChannel(store, 'stuck', stuck.url).no, 'incident.opened');
    await using _stage = start(store, { timeoutMs: 30_000 });
    await eventually('it hangs', () => (stuck.received.length > 0 ? true : null));
    enqueue(store, incident, addChannel(store, 'gone', gone.url).no, 'incident.opened');
    const query = "SELECT id FROM alerts WHERE reason = 'undeliverable'";
    const report = await eventually('it is reported', () => store.reader.sql<{ id: string }>(query).get());
    addChannel(store, 'fine', fine.url);
    age(store, report.id, 31_000);
    await eventually('the next one hears', () => (reports(fine).length > 0 ? true : null));
    expect(stateOf(store, report.id)).toMatchObject({ state: 'pending', attempts: 0 });
    expect(stateOf(store, waits)?.state).toBe('pending');
  });
});

describe('an incident of which nobody hears', () => {
  it('is named by /readyz: at once when all is undeliverable, after five minutes of failed attempts', () => {
    using store = tempStore();
    const channel = addChannel(store, 'only', 'http://127.0.0.1:9/');
    const id = enqueue(store, addIncident(store), channel.no, 'incident.opened');
    const unheard = () => readUnheard(store.reader, Date.now() - 300_000);
    store.transact((tx) => tx.sql('UPDATE alerts SET attempts = 3').run());
    expect(unheard()).toEqual([]);
    age(store, id, 301_000);
    expect(unheard()).toEqual([1]);
    store.transact((tx) => tx.sql("UPDATE alerts SET state = 'delivered'").run());
    expect(unheard()).toEqual([]);
    store.transact((tx) => tx.sql("UPDATE alerts SET state = 'undeliverable', created_at = ?").run(Date.now()));
    expect(unheard()).toEqual([1]);
  });
});
