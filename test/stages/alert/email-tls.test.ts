import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createChannelTester } from '#src/alert/test-channel.ts';
import { createGuardedDial } from '#src/probe/address-guard.ts';
import { MAIL_AUTHORITY, MailServer } from '../../support/stand-ins/mail.ts';
import { tempStore } from '../../support/temp-store.ts';
import { clock, start } from './alert-stage.ts';
import { addChannelOf } from './story.ts';

// As NODE_EXTRA_CA_CERTS does, in a file of its own: it is of the whole process.
tls.setDefaultCACertificates([...tls.getCACertificates('default'), MAIL_AUTHORITY.cert]);

const settings = {
  host: 'localhost',
  from: 'hindcast@shop.example',
  to: ['on-call@shop.example'],
  username: 'hindcast',
};

describe('a mail server with a certificate that is trusted', () => {
  it.each([
    ['tls', true, 'localhost'],
    ['starttls', false, 'localhost'],
    ['tls', true, '127.0.0.1'],
    ['starttls', false, '127.0.0.1'],
  ])('is sent to over %s, with a password', async (security, secure, host) => {
    using store = tempStore();
    await using server = await MailServer.start({ secure, authOptional: false });
    const more = { host, security, port: server.port, password: 'right' };
    const channel = addChannelOf(store, 'email', { ...settings, ...more });
    await using stage = start(store, { dial: createGuardedDial('private-allowed') });
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    expect(await test(channel)).toMatchObject({ outcome: 'sent', detail: null });
    expect(server.mails[0]).toMatchObject({ secure: true, user: 'hindcast' });
    expect(server.mails[0]?.raw).toContain('nothing is down');
  });

  it('refuses a wrong password, which is then not tried for ever', async () => {
    using store = tempStore();
    await using server = await MailServer.start({ secure: true, authOptional: false });
    const more = { security: 'tls', port: server.port, password: 'wrong-canary' };
    const channel = addChannelOf(store, 'email', { ...settings, ...more });
    await using stage = start(store, { dial: createGuardedDial('private-allowed') });
    const test = createChannelTester({ clock, send: stage.send, newId: () => 'msg_test' });
    const outcome = await test(channel);
    expect(outcome).toMatchObject({ outcome: 'rejected', statusCode: 535 });
    expect(outcome.detail).not.toContain('canary');
  });
});
