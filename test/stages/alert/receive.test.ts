import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { receive, verifyWebhook } from '#src/cli/receive.ts';
import { AlertReceiver, reset } from '../../support/alert-receiver.ts';
import { eventually } from '../../support/server.ts';
import { tempStore } from '../../support/temp-store.ts';
import { addChannel, delivered, secret, start, undeliverable } from './alert-stage.ts';
import { tell } from './story.ts';

const NOW = Date.parse('2026-03-01T03:12:00.000Z');
const body = '{"type":"incident.opened"}';
const signed = (at = NOW, text = body) => ({
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(at / 1000),
  'webhook-signature': new Webhook(secret).sign('msg_1', new Date(at), text),
});
const OTHER = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

describe('the sample receiver', () => {
  it('prints what the real sender sends, once, also when the answer was lost', async () => {
    using store = tempStore();
    const lines: string[] = [];
    await using wire = await AlertReceiver.start();
    const receiver = await receive({ secret, host: '127.0.0.1', port: 0, print: (line) => lines.push(line) });
    // What came is handed on byte for byte; the first answer never arrives.
    wire.react = async (request, response, nth) => {
      const { headers, body: bytes } = wire.received[nth - 1] ?? { headers: {}, body: '' };
      const forwarded = Object.entries(headers).filter(([name]) => name.startsWith('webhook-'));
      const answer = await fetch(receiver.url, { method: 'POST', headers: Object.fromEntries(forwarded), body: bytes });
      if (nth === 1) reset(request, response, nth);
      else response.writeHead(answer.status).end();
    };
    const channel = addChannel(store, 'on-call', wire.url);
    await using _stage = start(store);
    const [id = ''] = tell(store, channel.no, ['incident.opened']);
    await delivered(store, id);
    expect(wire.received.length).toBe(2);
    expect(lines).toEqual([expect.stringMatching(/incident\.opened {2}Shop is down: HTTP 503; since 03:12:00 UTC/)]);
    await receiver.close();
  });

  it('refuses a sender with another secret, who then hears that it is not taken', async () => {
    using store = tempStore();
    const lines: string[] = [];
    const receiver = await receive({ secret: OTHER, host: '127.0.0.1', port: 0, print: (line) => lines.push(line) });
    const channel = addChannel(store, 'on-call', receiver.url);
    await using _stage = start(store);
    const [id = ''] = tell(store, channel.no, ['incident.opened']);
    await undeliverable(store, id);
    expect(new Set(lines)).toEqual(new Set(['refused: the signature does not match']));
    await receiver.close();
  });

  it.each([
    ['as it was sent', signed(), body, NOW, true],
    [
      'with one of several signatures',
      { ...signed(), 'webhook-signature': `v1,AAAA v2,BBBB ${signed()['webhook-signature']}` },
      body,
      NOW,
      true,
    ],
    ['within five minutes', signed(), body, NOW + 299_000, true],
    ['with a changed body', signed(), body.replace('opened', 'resolved'), NOW, false],
    ['with another id', { ...signed(), 'webhook-id': 'msg_2' }, body, NOW, false],
    [
      'with a fresh time on an old signature',
      { ...signed(), 'webhook-timestamp': String(NOW / 1000 + 600) },
      body,
      NOW + 600_000,
      false,
    ],
    ['replayed later', signed(), body, NOW + 301_000, false],
    ['from the future', signed(NOW + 301_000), body, NOW, false],
    ['without a signature', { ...signed(), 'webhook-signature': '' }, body, NOW, false],
    [
      'with the first half of a signature',
      { ...signed(), 'webhook-signature': signed()['webhook-signature'].slice(0, 20) },
      body,
      NOW,
      false,
    ],
    ['with a time that is none', { ...signed(), 'webhook-timestamp': 'now' }, body, NOW, false],
  ])('judges a message %s', (_what, headers, text, now, ok) => {
    expect(verifyWebhook(secret, headers, text, now).ok).toBe(ok);
  });

  it('runs as a command', async () => {
    const child = spawn(process.execPath, ['src/cli/main.ts', 'receive', '--secret', secret, '--port', '0'], {
      cwd: join(import.meta.dirname, '../../..'),
    });
    const output: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const url = await eventually('it listens', () => /listening on (http:\S+)/.exec(output.join(''))?.[1]);
    const payload = JSON.stringify({ type: 'channel.test', timestamp: 'now', data: { summary: 'Hello', links: {} } });
    const at = new Date(Math.floor(Date.now() / 1000) * 1000);
    const headers = { ...signed(at.getTime(), payload) };
    expect((await fetch(url, { method: 'POST', headers, body: payload })).status).toBe(204);
    expect((await fetch(url, { method: 'POST', headers, body: `${payload} ` })).status).toBe(401);
    await eventually('it prints', () => (output.join('').includes('channel.test  Hello') ? true : null));
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
