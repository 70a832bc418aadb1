import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readAlerts } from '#src/store/alert-list.ts';
import { AlertReceiver, answer, hang } from '../../support/alert-receiver.ts';
import { eventually } from '../../support/server.ts';
import { tempStore } from '../../support/temp-store.ts';
import { addChannel, addIncident, delivered, enqueue, start } from './alert-stage.ts';

const all = { state: null, incidentId: null, channelNo: null, before: null, limit: 10 };

describe('an attempt', () => {
  it('is a row before anything is sent, without an outcome while it is under way', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start(hang);
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    await using _stage = start(store, { timeoutMs: 5_000 });
    await eventually('the request is there', () => (receiver.received.length > 0 ? true : null));
    const [alert] = readAlerts(store.reader, all);
    expect(alert).toMatchObject({ id, state: 'pending', attempts: [{ attempt: 1, outcome: null, endedAt: null }] });
  });

  it('that the end of the process cut off is shown as such at the next start, and the alert goes out again', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start((q, r, n) => (n < 2 ? hang : answer(204))(q, r, n));
    const id = enqueue(store, addIncident(store), addChannel(store, 'on-call', receiver.url).no, 'incident.opened');
    {
      await using _dying = start(store, { timeoutMs: 30_000, owner: 'the first' });
      await eventually('the request is there', () => (receiver.received.length > 0 ? true : null));
    }
    await sleep(20);
    await using _next = start(store, { owner: 'the second' });
    await delivered(store, id);
    const [alert] = readAlerts(store.reader, all);
    expect(alert?.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'cut-off'],
      [2, 'sent'],
    ]);
    expect(alert?.attempts[0]?.detail).toBe('the server ended while it was being sent');
    expect(new Set(receiver.received.map((r) => r.id))).toEqual(new Set([id]));
  });

  it('counts as one of the incident’s rows: the list answers by state, channel and incident', async () => {
    using store = tempStore();
    await using receiver = await AlertReceiver.start();
    const channel = addChannel(store, 'on-call', receiver.url);
    const [first, second] = [addIncident(store, 1), addIncident(store, 2)];
    const ids = [first, second].map((incident) => enqueue(store, incident, channel.no, 'incident.opened'));
    await using _stage = start(store);
    for (const id of ids) await delivered(store, id);
    expect(readAlerts(store.reader, { ...all, state: 'pending' })).toEqual([]);
    expect(readAlerts(store.reader, { ...all, incidentId: second }).map((a) => a.id)).toEqual([ids[1]]);
    expect(readAlerts(store.reader, { ...all, channelNo: channel.no }).map((a) => a.id)).toEqual([ids[1], ids[0]]);
  });
});
