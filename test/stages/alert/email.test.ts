import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createChannelTester } from '#src/alert/test-channel.ts';
import type { AlertEvent } from '#src/domain/alert.ts';
import { createGuardedDial } from '#src/probe/address-guard.ts';
import { eventually } from '../../support/server.ts';
import { type Mail, MailServer } from '../../support/stand-ins/mail.ts';
import { tempStore } from '../../support/temp-store.ts';
import { clock, delivered, start, stateOf } from './alert-stage.ts';
import { addChannelOf, HOSTILE, tell } from './story.ts';

const LIFE: AlertEvent[] = ['incident.opened', 'incident.updated', 'incident.resolved'];
const settings = (port: number, more: Record<string, unknown> = {}) => ({
  host: 'localhost',
  port,
  security: 'opportunistic',
  from: 'hindcast@shop.example',
  to: ['on-call@shop.example', 'second@shop.example'],
  ...more,
});
const headOf = (mail: Mail | undefined, name: string) => mail?.headers.get(name) ?? null;
/** Decodes the encoded words of a header (RFC 2047, as nodemailer writes them). */
const decoded = (text: string | null) =>
  (text ?? '')
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_all, kind: string, body: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(body, 'base64').toString()
        : decodeURIComponent(body.replaceAll('_', ' ').replaceAll('%', '%25').replaceAll('=', '%')),
    );

describe('a channel of type email', () => {
  it('sends text and HTML, in one thread per incident, and asks for no automatic answers', async () => {
    using store = tempStore();
    await using server = await MailServer.start();
    const channel = addChannelOf(store, 'email', settings(server.port));
    await using stage = start(store);
    const ids = tell(store, channel.no, LIFE);
    await delivered(store, ids.at(-1) ?? '');
    const [first, second, third] = server.mails;
    expect(stage.errors).toEqual([]);
    expect(first).toMatchObject({
      from: 'hindcast@shop.example',
      to: ['on-call@shop.example', 'second@shop.example'],
      secure: true,
    });
    const root = `<${ids[0]}@shop.example>`;
    expect(headOf(first, 'message-id')).toBe(root);
    expect(headOf(first, 'in-reply-to')).toBeNull();
    expect([headOf(second, 'in-reply-to'), headOf(third, 'references')]).toEqual([root, root]);
    expect(headOf(third, 'message-id')).toBe(`<${ids[2]}@shop.example>`);
    expect(headOf(first, 'auto-submitted')).toBe('auto-generated');
    expect(headOf(first, 'importance')).toBe('High');
    const subject = decoded(headOf(first, 'subject'));
    expect(subject).toMatch(/^#12 Shop is down: HTTP 503; since 03:12:00 UTC, critical/);
    expect(decoded(headOf(third, 'subject'))).toBe(`Re: ${subject}`);
    expect(headOf(first, 'content-type')).toContain('multipart/alternative');
    for (const part of ['text/plain', 'text/html'])
      expect(first?.raw).toContain(`Content-Type: ${part}; charset=utf-8`);
    expect(third?.raw).toContain('Resolved: Shop and 1 more are down');
  });

  it('cannot be made to write headers or HTML by what a monitor is called', async () => {
    using store = tempStore();
    await using server = await MailServer.start();
    const channel = addChannelOf(store, 'email', settings(server.port));
    await using _stage = start(store);
    const [id = ''] = tell(store, channel.no, ['incident.opened'], HOSTILE);
    await delivered(store, id);
    const [mail] = server.mails;
    expect(mail?.to).not.toContain('eve@evil.example');
    expect([...(mail?.headers.keys() ?? [])]).not.toContain('bcc');
    expect(decoded(headOf(mail, 'subject'))).not.toMatch(/[\u202e\u2066\r\n]/);
    const html = mail?.raw.slice(mail.raw.indexOf('text/html')).replace(/=\r\n/g, '') ?? '';
    expect(html).not.toContain('<b>');
    expect(html).toContain('&lt;!channel&gt;');
  });

  it('does not give its password to a server whose certificate it does not trust', async () => {
    using store = tempStore();
    await using server = await MailServer.start();
    const account = { security: 'starttls', username: 'hindcast', password: 'right' };
    const channel = addChannelOf(store, 'email', settings(server.port, account));
    await using stage = start(store);
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    expect((await test(channel)).outcome).not.toBe('sent');
    expect(server.mails).toEqual([]);
  });

  it('sends nothing in clear where STARTTLS is required and not offered', async () => {
    using store = tempStore();
    await using server = await MailServer.start({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    const channel = addChannelOf(store, 'email', settings(server.port, { security: 'starttls' }));
    await using stage = start(store);
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    expect((await test(channel)).outcome).toBe('rejected');
    expect(server.mails).toEqual([]);
    const opportunistic = { ...channel, settings: { ...channel.settings, security: 'opportunistic' } };
    expect(await test(opportunistic)).toMatchObject({ outcome: 'sent' });
    expect(server.mails[0]).toMatchObject({ secure: false });
  });

  it('speaks TLS from the start, and judges the certificate', async () => {
    using store = tempStore();
    await using server = await MailServer.start({ secure: true });
    const channel = addChannelOf(store, 'email', settings(server.port, { security: 'tls' }));
    await using stage = start(store);
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    const outcome = await test(channel);
    expect(outcome).toMatchObject({
      outcome: 'retry',
      statusCode: null,
      detail: expect.stringMatching(/certificate|trust/i),
    });
    expect(server.mails).toEqual([]);
  });

  it.each([
    [450, 'retry'],
    [421, 'retry'],
    [550, 'rejected'],
    [554, 'rejected'],
  ])('takes a %i for one to %s', async (responseCode, outcome) => {
    using store = tempStore();
    const refuse = Object.assign(new Error('not now'), { responseCode });
    await using server = await MailServer.start({ onRcptTo: (_address, _session, done) => done(refuse) });
    const channel = addChannelOf(store, 'email', settings(server.port));
    await using stage = start(store);
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    expect(await test(channel)).toMatchObject({
      outcome,
      statusCode: responseCode,
      detail: expect.stringContaining('not now'),
    });
  });

  it('is sent when one of several addresses takes it, and says which did not', async () => {
    using store = tempStore();
    const refuse = Object.assign(new Error('no such user'), { responseCode: 550 });
    await using server = await MailServer.start({
      onRcptTo: ({ address }, _session, done) => (address.startsWith('second') ? done(refuse) : done()),
    });
    const channel = addChannelOf(store, 'email', settings(server.port));
    await using stage = start(store);
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    expect(await test(channel)).toMatchObject({ outcome: 'sent', detail: 'not taken for second@shop.example' });
  });

  it('connects to no address that policy forbids, and gives up on a server that says nothing', async () => {
    using store = tempStore();
    await using server = await MailServer.start();
    const channel = addChannelOf(store, 'email', settings(server.port));
    await using guarded = start(store, { dial: createGuardedDial('public-only') });
    const refused = createChannelTester({ clock, send: guarded.send, newId: () => 'msg_test' });
    expect(await refused(channel)).toMatchObject({ outcome: 'rejected', statusCode: null });
    expect(server.mails).toEqual([]);
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const port = (silent.address() as AddressInfo).port;
    await using stage = start(store, { timeoutMs: 300 });
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    const outcome = await test({ ...channel, settings: { ...channel.settings, port } });
    expect(outcome).toMatchObject({ outcome: 'retry', detail: 'no answer within 0.3 s' });
    silent.close();
  });

  it('sends a mail again under the same Message-ID when the answer was lost', async () => {
    using store = tempStore();
    let count = 0;
    const ids: string[] = [];
    await using server = await MailServer.start({
      onData: (stream, _session, done) => {
        let raw = '';
        stream.on('data', (chunk: Buffer) => {
          raw += chunk.toString();
        });
        stream.on('end', () => {
          ids.push(/^Message-ID: (.*)$/im.exec(raw)?.[1] ?? '');
          if (++count === 1) done(Object.assign(new Error('lost'), { responseCode: 451 }));
          else done();
        });
      },
    });
    const channel = addChannelOf(store, 'email', settings(server.port));
    await using _stage = start(store);
    const [id = ''] = tell(store, channel.no, ['incident.opened']);
    await eventually('it is delivered', () => (stateOf(store, id)?.state === 'delivered' ? true : null));
    expect(ids).toEqual([`<${id}@shop.example>`, `<${id}@shop.example>`]);
  });
});
