import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Problem, TestApi } from '../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
  for (const key of ['on-call', 'boss'])
    await api.call('POST', '/channels', { key, type: 'webhook', url: 'http://127.0.0.1:9/' });
});
afterAll(() => api[Symbol.asyncDispose]());

const LADDER = { name: 'Payments ladder', steps: [{ afterSeconds: 300, channels: ['boss'] }] };
const MONITOR = { name: 'Shop', url: 'http://127.0.0.1:9/', intervalSeconds: 3600, paused: true };

describe('/escalations', () => {
  it('creates, answers, changes and deletes, with a key made from the name', async () => {
    const made = await api.call<{ id: string; key: string }>('POST', '/escalations', LADDER);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ key: 'payments-ladder', repeat: null, reminders: null, quietHours: null });
    const patch = { reminders: { everySeconds: 600 }, quietHours: { from: '22:00', to: '07:00' } };
    const changed = await api.call('PATCH', '/escalations/payments-ladder', patch);
    expect(changed.body).toMatchObject({
      steps: LADDER.steps,
      reminders: { everySeconds: 600 },
      quietHours: { timeZone: 'UTC', weekdays: [], severities: ['minor'] },
    });
    const list = await api.call<{ data: { key: string }[] }>('GET', '/escalations');
    expect(list.body.data.map(({ key }) => key)).toEqual(['payments-ladder']);
    expect((await api.call('DELETE', `/escalations/${made.body.id}`)).status).toBe(204);
    expect((await api.call('GET', `/escalations/${made.body.id}`)).status).toBe(404);
  });

  it.each<[string, object, string]>([
    ['no steps', { steps: [] }, 'steps'],
    ['a channel that is not there', { steps: [{ afterSeconds: 1, channels: ['nobody'] }] }, 'steps.0.channels.0'],
    ['steps out of order', { steps: [5, 5].map((afterSeconds) => ({ afterSeconds, channels: ['boss'] })) }, 'steps'],
    [
      'quiet hours for what is critical',
      { quietHours: { from: '22:00', to: '07:00', severities: ['critical'] } },
      'quietHours.severities.0',
    ],
    [
      'a time zone that is not one',
      { quietHours: { from: '22:00', to: '07:00', timeZone: 'Mars/Base' } },
      'quietHours.timeZone',
    ],
    ['a round that ends before its last step', { repeat: { times: 1, everySeconds: 300 } }, 'repeat.everySeconds'],
    ['a field that is not known', { delay: 3 }, 'delay'],
  ])('refuses %s and names the field', async (_what, wrong, path) => {
    const { status, body } = await api.call<Problem>('POST', '/escalations', { ...LADDER, ...wrong });
    expect([400, 422]).toContain(status);
    expect(body.errors.map((error) => error.path)).toContain(path);
  });

  it('is named by a monitor, which must name one that exists, and is kept while it is named', async () => {
    await api.call('POST', '/escalations', { ...LADDER, key: 'kept' });
    const wrong = await api.call<Problem>('PUT', '/monitors/shop', { ...MONITOR, escalation: 'other' });
    expect(wrong.status).toBe(422);
    expect(wrong.body.errors[0]).toMatchObject({ path: 'escalation' });
    expect(wrong.body.detail).toContain('the escalations are kept');
    const right = await api.call('PUT', '/monitors/shop', { ...MONITOR, escalation: 'kept' });
    expect(right.body).toMatchObject({ escalation: 'kept' });
    expect((await api.call<Problem>('DELETE', '/escalations/kept')).status).toBe(409);
    expect((await api.call<Problem>('DELETE', '/channels/boss')).body.detail).toContain('kept');
    await api.call('PATCH', '/monitors/shop', { escalation: null });
    expect((await api.call('DELETE', '/escalations/kept')).status).toBe(204);
  });
});

describe('/silences', () => {
  const soon = () => new Date(Date.now() + 3_600_000).toISOString();

  it('demands an end, a reason, who, and what', async () => {
    const nothing = await api.call<Problem>('POST', '/silences', {});
    expect(nothing.body.errors.map(({ path }) => path).sort()).toEqual(['by', 'endsAt', 'reason']);
    const everything = await api.call<Problem>('POST', '/silences', { endsAt: soon(), reason: 'r', by: 'me' });
    expect(everything.status).toBe(422);
    const over = { monitors: ['shop'], endsAt: '2020-01-01T00:00:00Z', reason: 'r', by: 'me' };
    expect((await api.call<Problem>('POST', '/silences', over)).body.errors[0]?.path).toBe('endsAt');
    const unknown = { incidents: ['77'], endsAt: soon(), reason: 'r', by: 'me' };
    expect((await api.call<Problem>('POST', '/silences', unknown)).body.errors[0]?.path).toBe('incidents.0');
  });

  it('holds from now until it is ended, and its row stays', async () => {
    const body = { monitors: ['shop'], tags: ['team:shop'], endsAt: soon(), reason: 'known', by: 'on-call' };
    const made = await api.call<{ id: string; active: boolean }>('POST', '/silences', body);
    expect(made.status).toBe(201);
    expect(made.body.active).toBe(true);
    const active = await api.call<{ data: { id: string }[] }>('GET', '/silences?active=true');
    expect(active.body.data.map(({ id }) => id)).toEqual([made.body.id]);
    expect((await api.call('DELETE', `/silences/${made.body.id}`)).status).toBe(204);
    expect((await api.call<{ data: unknown[] }>('GET', '/silences?active=true')).body.data).toEqual([]);
    expect((await api.call(`GET`, `/silences/${made.body.id}`)).body).toMatchObject({ active: false, reason: 'known' });
  });
});
