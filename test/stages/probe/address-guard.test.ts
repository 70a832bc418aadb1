import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAddressGuard, createGuardedAgent } from '#src/probe/address-guard.ts';
import { type DnsServer, startDnsServer } from '#test/support/dns-server.ts';
import { targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer } from '#test/support/target-server.ts';

const ALWAYS = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.1.1',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fe80::1',
  'fe80::1%eth0',
  '[fe80::1]',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a9fe:a9fe',
  '::ffff:0:a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '::a9fe:a9fe',
  '::7f00:1',
  '::8.8.8.8',
  '::169.254.169.254',
  '64:ff9b::169.254.169.254',
  'not-an-address',
];
const PRIVATE = [
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '192.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:127.0.0.1',
  '64:ff9b::a00:1',
  '64:ff9b:1::808:808',
  '2002:808:808::1',
  '2001:0:1::1',
  '2001:db8::1',
  '3fff::1',
  'fc00::1',
  'fd12:3456::1',
  'fec0::1',
  'ff02::1',
  '100::1',
  '5f00::1',
];
const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '93.184.216.34',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '2001:4860:4860::8888',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
];

describe.for(['private-allowed', 'public-only'] as const)('under %s', (policy) => {
  const guard = createAddressGuard(policy);
  test.for(ALWAYS)('%s is refused', (address) => expect(guard.check(address)).toBeTypeOf('string'));
  test.for(PUBLIC)('%s is allowed', (address) => expect(guard.check(address)).toBeNull());
  test.for(PRIVATE)('%s is judged as private', (address) =>
    expect(guard.check(address) === null).toBe(policy === 'private-allowed'),
  );
});

describe('a probe', () => {
  let dns: DnsServer;
  beforeAll(async () => {
    dns = await startDnsServer({
      'inside.test': { addresses: ['127.0.0.1'] },
      'mixed.test': { addresses: ['93.184.216.34', '127.0.0.1'] },
      'metadata.test': { addresses: ['169.254.169.254'] },
      'mapped.test': { addresses: ['::ffff:a9fe:a9fe'] },
    });
  });
  afterAll(() => dns[Symbol.asyncDispose]());

  test.for([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0/',
    'http://[::ffff:7f00:1]/',
    'http://localhost/',
    'http://inside.test/',
    'http://mixed.test/',
    'http://metadata.test/',
  ])('does not try %s when only public targets are allowed', async (url) => {
    await using prober = testProber({ targets: 'public-only', dnsServers: [dns.address] });
    await expect(prober.probe(targetAt(url))).rejects.toMatchObject({ code: 'target-refused', path: 'url' });
  });

  test.for([
    'http://169.254.169.254/latest',
    'http://[fd00:ec2::254]/',
    'http://metadata.test/',
    'http://mapped.test/',
  ])('never tries %s', async (url) => {
    await using prober = testProber({ dnsServers: [dns.address] });
    await expect(prober.probe(targetAt(url))).rejects.toMatchObject({
      code: 'target-refused',
      publicMessage: expect.stringMatching(/refused: (cloud metadata|link-local)/),
    });
  });

  test.for(['http://169.254.169.254/latest', 'http://metadata.test/', 'http://[::ffff:a9fe:a9fe]/'])(
    'that is redirected to %s is down with target-refused',
    async (location) => {
      await using prober = testProber({ dnsServers: [dns.address] });
      await using server = await startHttpServer((_request, response) => response.writeHead(302, { location }).end());
      const result = await prober.probe(targetAt(`${server.url}/`));
      expect(result).toMatchObject({ verdict: 'down', failure: 'target-refused', status: null });
      expect(result.redirects).toHaveLength(1);
    },
  );

  test('the guarded agent of the alert channels refuses what the probe refuses', async () => {
    await using server = await startHttpServer((_request, response) => response.end('ok'));
    const closed = createGuardedAgent('public-only', { dnsServers: [dns.address] });
    const open = createGuardedAgent('private-allowed', { dnsServers: [dns.address] });
    const get = (agent: typeof open, origin: string) => agent.request({ origin, path: '/', method: 'GET' });
    for (const host of ['127.0.0.1', 'inside.test', 'mixed.test'])
      await expect(get(closed, `http://${host}:${server.port}`)).rejects.toMatchObject({
        code: 'HINDCAST_TARGET_REFUSED',
      });
    await expect(get(open, 'http://metadata.test')).rejects.toMatchObject({ code: 'HINDCAST_TARGET_REFUSED' });
    const answer = await get(open, `http://inside.test:${server.port}`);
    expect(await answer.body.text()).toBe('ok');
    await Promise.all([closed.destroy(), open.destroy()]);
  });
});
