import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Failure } from '#src/domain/check.ts';
import type { TargetFailure } from '#src/probe/failure-reasons.ts';
import { createNameService } from '#src/probe/name-service.ts';
import { type DnsServer, startDnsServer } from '#test/support/dns-server.ts';
import { targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer, type TargetServer } from '#test/support/target-server.ts';

let dns: DnsServer;
let server: TargetServer;
let prober: ReturnType<typeof testProber>;

beforeAll(async () => {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  if (!addresses.some(({ address }) => address === '::1'))
    throw new Error('these tests need the IPv6 loopback address ::1');
  dns = await startDnsServer({
    'four.test': { addresses: ['127.0.0.1'] },
    'six.test': { addresses: ['::1'] },
    'both.test': { addresses: ['127.0.0.1', '::1'] },
    'second.test': { addresses: ['127.0.0.2', '127.0.0.1'] },
    'empty.test': { addresses: [] },
    'broken.test': { error: 'SERVFAIL' },
    'refused.test': { error: 'REFUSED' },
    'silent.test': { silent: true },
  });
  server = await startHttpServer((_request, response) => response.end('ok'));
  prober = testProber({ dnsServers: [dns.address] });
});
afterAll(async () => {
  await prober.close();
  await server[Symbol.asyncDispose]();
  await dns[Symbol.asyncDispose]();
});

const cases: { name: string; fails: Failure | null; ipFamily?: 4 | 6 }[] = [
  { name: 'four.test', fails: null },
  { name: 'FOUR.test.', fails: null },
  { name: 'both.test', fails: null },
  { name: 'localhost', fails: null },
  { name: 'deep.localhost', fails: null },
  { name: 'second.test', fails: null },
  { name: 'four.test', fails: 'dns-not-found', ipFamily: 6 },
  { name: 'six.test', fails: 'dns-not-found', ipFamily: 4 },
  { name: 'missing.test', fails: 'dns-not-found' },
  { name: 'empty.test', fails: 'dns-not-found' },
  { name: 'broken.test', fails: 'dns-error' },
  { name: 'refused.test', fails: 'dns-error' },
  { name: 'silent.test', fails: 'dns-timeout' },
  { name: '[::1]', fails: 'dns-not-found', ipFamily: 4 },
];

test.for(cases)('the name $name (family $ipFamily) gives $fails', async ({ name, fails, ipFamily }) => {
  const url = `http://${name}:${server.port}/`;
  const result = await prober.probe(
    targetAt(url, { ipFamily: ipFamily ?? 'any', timeoutSeconds: fails === 'dns-timeout' ? 0.3 : 5 }),
  );
  expect(result.failure, JSON.stringify(result.failures)).toBe(fails);
  expect(result.verdict).toBe(fails ? 'down' : 'up');
  if (!name.startsWith('[')) expect(result.phases.dns === null).toBe(fails === 'dns-timeout');
});

test('an IPv6 target is reached by name and by address', async () => {
  await using six = await startHttpServer((_request, response) => response.end('ok'), { host: '::1' });
  expect(await prober.probe(targetAt(`${six.url}/`))).toMatchObject({ verdict: 'up', peer: '::1' });
  expect(await prober.probe(targetAt(`http://six.test:${six.port}/`))).toMatchObject({ verdict: 'up', peer: '::1' });
  const forced = await prober.probe(targetAt(`http://both.test:${six.port}/`, { ipFamily: 6 }));
  expect(forced).toMatchObject({ verdict: 'up', peer: '::1' });
  expect(await prober.probe(targetAt(`http://both.test:${six.port}/`))).toMatchObject({ verdict: 'up', peer: '::1' });
});

test('twenty dead names do not delay a live one', async () => {
  const dead = Array.from({ length: 20 }, () =>
    prober.probe(targetAt(`http://silent.test:${server.port}/`, { timeoutSeconds: 2 })),
  );
  const alive = await prober.probe(targetAt(`http://four.test:${server.port}/`, { timeoutSeconds: 1 }));
  expect(alive.verdict).toBe('up');
  for (const result of await Promise.all(dead)) expect(result.failure).toBe('dns-timeout');
});

test('names are asked for again at every check', async () => {
  dns.answers['moving.test'] = { addresses: ['127.0.0.1'] };
  const check = () => prober.probe(targetAt(`http://moving.test:${server.port}/`));
  expect(await check()).toMatchObject({ verdict: 'up' });
  dns.answers['moving.test'] = { error: 'NXDOMAIN' };
  expect(await check()).toMatchObject({ failure: 'dns-not-found' });
});

test('short names are looked for in the search domains, and a name with a dot as it stands first', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hindcast-dns-'));
  const resolvConf = path.join(folder, 'resolv.conf');
  await writeFile(resolvConf, 'nameserver 192.0.2.1\nsearch ns.cluster.test cluster.test\noptions timeout:1 ndots:5\n');
  await using own = await startDnsServer({
    'shop.cluster.test': { addresses: ['127.0.0.1'] },
    'shop.example.test': { addresses: ['127.0.0.2'] },
  });
  const names = createNameService({ monotonic: () => performance.now(), servers: [own.address], resolvConf });
  const asked = async (host: string) => {
    own.asked.length = 0;
    const found = await names.lookup(host, 4).catch((error: TargetFailure) => error.failure);
    return [found, own.asked.join(', ')];
  };
  const at = (address: string) => [{ address, family: 4 }];
  expect(await asked('shop')).toEqual([at('127.0.0.1'), 'shop.ns.cluster.test A, shop.cluster.test A']);
  expect(await asked('shop.example.test')).toEqual([at('127.0.0.2'), 'shop.example.test A']);
  expect(await asked('shop.')).toEqual(['dns-not-found', 'shop A']);
  expect(await asked('gone')).toEqual(['dns-not-found', 'gone.ns.cluster.test A, gone.cluster.test A, gone A']);
  names.close();
  await rm(folder, { recursive: true });
});

test('a hosts file is read as hosts(5) says, and again when it changed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hindcast-hosts-'));
  const hostsFile = path.join(folder, 'hosts');
  await writeFile(hostsFile, '# ours\n10.1.1.1 Shop.test other # comment\n::1 shop.test\nnonsense shop.test\n');
  let nowMs = 0;
  const names = createNameService({ monotonic: () => nowMs, servers: [dns.address], hostsFile });
  expect(await names.lookup('SHOP.test', 'any')).toEqual([
    { address: '10.1.1.1', family: 4 },
    { address: '::1', family: 6 },
  ]);
  await expect(names.lookup('other', 6)).rejects.toMatchObject({ failure: 'dns-not-found' });
  await writeFile(hostsFile, '10.1.1.2 shop.test\n');
  await utimes(hostsFile, 1, 1);
  nowMs += 1000;
  expect(await names.lookup('shop.test', 'any')).toEqual([{ address: '10.1.1.2', family: 4 }]);
  names.close();
  await rm(folder, { recursive: true });
});
