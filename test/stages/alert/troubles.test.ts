import { describe, expect, it } from 'vitest';
import { createSend } from '#src/alert/send.ts';
import { deleteChannel } from '#src/store/channels.ts';
import { oldestDueAlert, readChannelNumbers, readToldChannels } from '#src/store/outbox.ts';
import { AlertReceiver, accept, answer, reset } from '../../support/alert-receiver.ts';
import { eventually } from '../../support/server.ts';
import { type TempStore, tempStore } from '../../support/temp-store.ts';
import {
  addChannel,
  addIncident,
  clock,
  delivered,
  dial,
  enqueue,
  signLink,
  start,
  stateOf,
  undeliverable,
} from './alert-stage.ts';

const reports = (receiver: AlertReceiver) =>
  receiver.received.map(({ body }) => JSON.parse(body)).filter(({ data }) => data.undeliverable);
const nextAtOf = (store: TempStore, id: string) =>
  store.reader.sql<{ at: number }>('SELECT next_at AS at FROM alerts WHERE id = ?').get(id)?.at ?? 0;

describe('a channel whose receiver is gone', () => {
  it('gets nothing of what is queued later, and another channel hears of it, once per incident', async () => {
    using store = tempStore();
    await using gone = await AlertReceiver.start(answer(410));
    await using other = await AlertReceiver.start();
    const channel = addChannel(store, 'gone', gone.url);
    addChannel(store, 'other', other.url);
    const [first, second] = [addIncident(store, 1), addIncident(store, 2)];
    const opened = enqueue(store, first, channel.no, 'incident.opened');
    await using _stage = start(store);
    await undeliverable(store, opened);
    const resolved = enqueue(store, first, channel.no, 'incident.resolved');
    const elsewhere = enqueue(store, second, channel.no, 'incident.opened');
    await undeliverable(store, resolved);
    await undeliverable(store, elsewhere);
    await eventually('both incidents are reported', () => (other.received.length === 2 ? true : null));
    expect(gone.received).toHaveLength(1);
    expect(reports(other).map(({ data }) => data.undeliverable.channel)).toEqual(['gone', 'gone']);
    expect(stateOf(store, elsewhere)?.reason).toContain('410');
  });

  it('reports what was already waiting for it when it went', async () => {
    using store = tempStore();
    await using gone = await AlertReceiver.start((q, r, n) => void setTimeout(answer(410), 300, q, r, n));
    await using other = await AlertReceiver.start();
    const channel = addChannel(store, 'gone', gone.url);
    addChannel(store, 'other', other.url);
    enqueue(store, addIncident(store, 1), channel.no, 'incident.opened');
    await using _stage = start(store);
    await eventually('the first is under way', () => (gone.received.length > 0 ? true : null));
    const waiting = enqueue(store, addIncident(store, 2), channel.no, 'incident.updated');
    store.transact((tx) => tx.sql('UPDATE alerts SET next_at = ? WHERE id = ?').run(clock.now() + 5_000, waiting));
    await undeliverable(store, waiting);
    await eventually('both incidents are reported', () => (reports(other).length === 2 ? true : null));
    expect(gone.received).toHaveLength(1);
  });

  it('is still named by new incidents, so that they are not silent; one that was deleted is not', () => {
    using store = tempStore();
    const gone = addChannel(store, 'gone', 'http://127.0.0.1:9/');
    const deleted = addChannel(store, 'deleted', 'http://127.0.0.1:9/');
    const incident = addIncident(store);
    enqueue(store, incident, deleted.no, 'incident.opened');
    store.transact((tx) => {
      tx.sql("UPDATE channels SET disabled_reason = 'the receiver answered 410 Gone' WHERE no = ?").run(gone.no);
      deleteChannel(tx, deleted);
    });
    expect([...readChannelNumbers(store.reader, ['gone', 'deleted'])]).toEqual([['gone', gone.no]]);
    expect(readToldChannels(store.reader, incident)).toEqual([]);
  });
});

describe('a receiver that comes back', () => {
  it('is sent what had been put off for long, as soon as anything reaches it', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start(answer(503));
    const { no } = addChannel(store, 'on-call', receiver.url);
    const old = enqueue(store, addIncident(store, 1), no, 'incident.opened');
    // Every pause is the longest possible: 1, 2, 4 s, … so the third would take too long for this test.
    await using _stage = start(store, { random: () => 0.999 });
    await eventually('one attempt failed', () => (stateOf(store, old)?.attempts === 1 ? true : null));
    store.transact((tx) => tx.sql('UPDATE alerts SET next_at = ? WHERE id = ?').run(clock.now() + 3_600_000, old));
    receiver.react = accept;
    await delivered(store, enqueue(store, addIncident(store, 2), no, 'incident.opened'));
    await delivered(store, old);
  });

  it('is sent at the next start of the server what had been put off for long', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start();
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    store.transact((tx) => tx.sql('UPDATE alerts SET attempts = 9, next_at = ?').run(clock.now() + 3_600_000));
    await using _stage = start(store);
    await delivered(store, id);
  });

  it('closes the breaker: the one alert that tries gets through, and the rest follow', {
    timeout: 20_000,
  }, async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start(reset);
    const { no } = addChannel(store, 'on-call', receiver.url);
    const ids = Array.from({ length: 12 }, (_, n) => enqueue(store, addIncident(store, n + 1), no, 'incident.opened'));
    await using _stage = start(store, { random: () => 0 });
    await eventually('the breaker opens', () => (receiver.received.length >= 8 ? true : null));
    receiver.react = accept;
    for (const id of ids) await delivered(store, id);
    // Eight failures at the same moment are one reason to pause for 5 s, not five reasons to pause for a minute.
    const gaps = receiver.received.slice(1).map(({ at }, i) => at - (receiver.received[i]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(7_000);
  });
});

describe('a receiver that says no', () => {
  it('is asked three times even after other failures: what a restarting proxy says is not its last word', async () => {
    using store = tempStore();
    const answers = [500, 500, 404, 404, 204];
    await using receiver = await AlertReceiver.start((q, r, n) => answer(answers[n - 1] ?? 204)(q, r, n));
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    // The fourth failure opens the breaker for 5 s.
    await using _stage = start(store, { random: () => 0 });
    await delivered(store, id);
    expect(receiver.received).toHaveLength(5);
  });

  it('is reported to people rather than machines, as an update', async () => {
    using store = tempStore();
    await using wrong = await AlertReceiver.start(answer(401));
    await using machine = await AlertReceiver.start();
    await using person = await AlertReceiver.start();
    const incident = addIncident(store);
    const wrongNo = addChannel(store, 'wrong', wrong.url).no;
    const machineNo = addChannel(store, 'machine', machine.url, false).no;
    const personNo = addChannel(store, 'person', person.url).no;
    for (const no of [machineNo, personNo]) enqueue(store, incident, no, 'incident.opened');
    await using _stage = start(store);
    await undeliverable(store, enqueue(store, incident, wrongNo, 'incident.opened'));
    await eventually('a person hears of it', () => reports(person)[0]);
    expect(reports(person)[0].type).toBe('incident.updated');
    expect(reports(machine)).toEqual([]);
  });

  it('waits no longer than it asked for, however often it asks', { timeout: 30_000 }, async () => {
    using store = tempStore();
    const busy = answer(429, { 'retry-after': '1' });
    await using receiver = await AlertReceiver.start((q, r, n) => (n < 8 ? busy : accept)(q, r, n));
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    await using _stage = start(store, { random: () => 0 });
    await delivered(store, id);
    const gaps = receiver.received.slice(1).map(({ at }, i) => at - (receiver.received[i]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(990);
    expect(Math.max(...gaps)).toBeLessThan(3_000);
  });
});

describe('what is told of the stage', () => {
  it('counts as due only what could be sent now, not what waits behind a dead receiver', async () => {
    using store = tempStore();
    await using dead = await AlertReceiver.start(reset);
    const { no } = addChannel(store, 'dead', dead.url);
    const incident = addIncident(store);
    const head = enqueue(store, incident, no, 'incident.opened');
    enqueue(store, incident, no, 'incident.resolved');
    for (let n = 2; n <= 20; n++) enqueue(store, addIncident(store, n), no, 'incident.opened');
    expect(oldestDueAlert(store.reader, clock.now())).not.toBeNull();
    await using _stage = start(store, { random: () => 0.9 });
    await eventually('the breaker opens', () => (nextAtOf(store, head) - clock.now() > 2_000 ? true : null));
    await eventually('nothing is overdue', () => (oldestDueAlert(store.reader, clock.now()) === null ? true : null));
  });

  it('is a line in the log for each attempt, with nothing of the address or the secret in it', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start((q, r, n) => (n === 1 ? reset : accept)(q, r, n));
    const url = receiver.url.replace('/hook', '/hook/canary-in-path?token=canary');
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', url).no, 'incident.opened');
    await using stage = start(store);
    await delivered(store, id);
    expect(stage.lines).toMatchObject([
      { event: 'alert.retry', alertId: id, channel: 'on-call', attempt: 1, statusCode: null },
      { event: 'alert.delivered', alertId: id, channel: 'on-call', attempt: 2, statusCode: 204 },
    ]);
    expect(JSON.stringify(stage.lines)).not.toMatch(/canary|whsec_/);
  });

  it('has no control characters and no address in the detail of an attempt', async () => {
    using store = tempStore();
    const canary = 'https://hooks.example/services/T0/B0/canary';
    const channel = addChannel(store, 'on-call', canary);
    const broken = {
      dispatch: () => {
        throw new Error(`no\u0007 way to ${canary}`);
      },
    };
    const payload = JSON.stringify({
      type: 'channel.test',
      timestamp: '',
      data: { incident: null, summary: '', links: {} },
    });
    const send = createSend({ clock, agent: broken as never, dial, signLink, open: () => 'whsec_AAAA' });
    const outcome = await send(channel, { alertId: 'msg_1', payload, createdAt: 0, thread: null, before: null });
    expect(outcome).toMatchObject({ outcome: 'retry', statusCode: null });
    expect(outcome.detail).toContain('no\\u0007 way');
    expect(outcome.detail).not.toContain('canary');
  });
});

describe('the database', () => {
  it('is written later when it could not be written at once; the receiver hears of it once', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start();
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    receiver.react = (q, r, n) => {
      store.transact((tx) =>
        tx.sql("CREATE TRIGGER full BEFORE UPDATE ON alert_attempts BEGIN SELECT RAISE(ABORT, 'disk full'); END").run(),
      );
      accept(q, r, n);
    };
    await using stage = start(store);
    await eventually('the mark fails', () => (stage.errors.length > 0 ? true : null));
    expect(stateOf(store, id)?.state).toBe('pending');
    store.transact((tx) => tx.sql('DROP TRIGGER full').run());
    await delivered(store, id);
    expect(receiver.received).toHaveLength(1);
  });
});
