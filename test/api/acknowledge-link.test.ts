import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLinkSigner } from '#src/alert/acknowledge-link.ts';
import { createSealer } from '#src/seal.ts';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { TestApi } from '../support/api.ts';
import { eventually } from '../support/server.ts';

const SECRET_KEY = Buffer.alloc(32, 7);
const signer = createLinkSigner(createSealer(SECRET_KEY).derive('acknowledge link'));

let api: TestApi;
let receiver: AlertReceiver;
beforeAll(async () => {
  api = await TestApi.start({ HINDCAST_SECRET_KEY: SECRET_KEY.toString('base64') });
  receiver = await AlertReceiver.start();
  await api.call('POST', '/channels', { key: 'on-call', type: 'webhook', url: receiver.url });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

interface Incident {
  id: string;
  number: number;
  title: string;
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
}

let count = 0;
/** A monitor of its own that goes down, and the link in the alert that says so. */
async function outage(name = `Shop ${++count}`): Promise<{ link: string; incident: Incident }> {
  const before = receiver.received.length;
  const confirm = { failures: 1, recoveries: 1, retrySeconds: 1 };
  const monitor = { name, url: `http://127.0.0.${++count + 10}:9/`, intervalSeconds: 1, timeoutSeconds: 1, confirm };
  await api.call('POST', '/monitors', { ...monitor, channels: ['on-call'] });
  const alert = await eventually('the alert', () =>
    receiver.received.slice(before).find(({ type }) => type === 'incident.opened'),
  );
  const { data } = JSON.parse(alert.body) as { data: { incident: Incident; links: { acknowledge: string } } };
  return { link: data.links.acknowledge, incident: data.incident };
}

const read = async (id: string) => (await api.call<Incident>('GET', `/incidents/${id}`)).body;
const post = (link: string, body = '', headers: Record<string, string> = {}) =>
  fetch(link, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });

describe('the link in an alert that acknowledges', () => {
  it('shows a page and changes nothing for a GET, a HEAD and whoever follows links', async () => {
    const { link, incident } = await outage();
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/acknowledge\/inc_/);
    await fetch(link, { method: 'HEAD' });
    const page = await fetch(link);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain(incident.title);
    expect(html).toContain('<form method="post"');
    expect(html).not.toMatch(/<script|https?:\/\//);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*form-action 'self'/);
    expect((await read(incident.id)).acknowledgedAt).toBeNull();
  });

  it('acknowledges when its form is sent, without a key, once; the timeline says by which channel', async () => {
    const { link, incident } = await outage();
    const done = await post(link);
    expect(done.status).toBe(200);
    expect(await done.text()).toContain('Acknowledged');
    expect(await read(incident.id)).toMatchObject({ acknowledgedBy: 'link in on-call' });
    const timeline = await api.call<{ data: { kind: string; text: string }[] }>(
      'GET',
      `/incidents/${incident.id}/timeline`,
    );
    expect(timeline.body.data.find(({ kind }) => kind === 'acknowledged')?.text).toContain('the link in on-call');
    const again = await post(link);
    expect(again.status).toBe(409);
    expect(await again.text()).toContain('already acknowledged by link in on-call');
    expect((await fetch(link)).status).toBe(409);
    const told = await eventually('the channel hears of it', () =>
      receiver.received.find(({ body, type }) => type === 'incident.acknowledged' && body.includes(incident.id)),
    );
    expect(told.body).toContain('Acknowledged by link in on-call');
  });

  it('takes a name, and JSON from a script', async () => {
    const named = await outage();
    await post(named.link, `by=${encodeURIComponent('Ada <b>\u202e')}`);
    expect((await read(named.incident.id)).acknowledgedBy).toBe('Ada <b>');
    expect(await (await fetch(named.link)).text()).toContain('Ada &lt;b&gt;');
    const scripted = await outage();
    const answer = await post(scripted.link, JSON.stringify({ by: 'runbook' }), { 'content-type': 'application/json' });
    expect(await answer.json()).toMatchObject({ id: scripted.incident.id, acknowledgedBy: 'runbook' });
  });

  it('escapes what a monitor is called', async () => {
    const { link } = await outage('<img src=x onerror=alert(1)> & "co"');
    const html = await (await fetch(link)).text();
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;co&quot;');
  });

  it('is not taken when it is tampered with, of somebody else, expired, or late', async () => {
    const { link, incident } = await outage();
    const other = await outage();
    const swapped = link.replace(incident.id, other.incident.id);
    for (const wrong of [`${link.slice(0, -2)}xx`, swapped, `${api.url}/acknowledge/x`, `${link}.1`]) {
      const answer = await post(wrong);
      expect(answer.status, wrong).toBe(404);
      expect(answer.headers.get('content-type')).toContain('text/html');
    }
    const channel = (await api.call<{ id: string }>('GET', '/channels/on-call')).body;
    const old = signer.sign({ incidentId: incident.id, channelId: channel.id, from: Date.now() - 8 * 86_400_000 });
    const expired = await post(`${api.url}/acknowledge/${old}`);
    expect(expired.status).toBe(410);
    expect(await expired.text()).toContain('has expired');
    expect((await read(incident.id)).acknowledgedAt).toBeNull();
    await api.call('POST', `/incidents/${incident.id}/resolve`, { force: true, reason: 'test' });
    const over = await post(link);
    expect(over.status).toBe(409);
    expect(await over.text()).toContain('over already');
  });

  it('is the same at every attempt of an alert', async () => {
    receiver.react = (_q, response, n) => void response.writeHead(n % 2 === 0 ? 204 : 500).end();
    const { link, incident } = await outage();
    receiver.react = (_q, response) => void response.writeHead(204).end();
    const bodies = receiver.received.filter(({ body }) => body.includes(incident.id)).map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toContain(link);
  });

  it('slows down whoever tries many', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => fetch(`${api.url}/acknowledge/guess-${n}`)));
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused?.headers.get('content-type')).toContain('text/html');
  });
});
