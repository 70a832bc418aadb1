import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import type { Failure } from '#src/domain/check.ts';
import { createAuthority, type Issued, selfSigned } from '#test/support/certificates.ts';
import { targetAt, testProber } from '#test/support/target-monitor.ts';
import { startRawServer } from '#test/support/target-server.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const authority = createAuthority();
const standard = tls.getCACertificates('default');
tls.setDefaultCACertificates([...standard, authority.cert]);
const prober = testProber();
tls.setDefaultCACertificates(standard);
afterAll(() => prober.close());

const good = authority.issue({ names: ['127.0.0.1', 'localhost'] });
const serveOk = (certificate: Issued) =>
  startRawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), { certificate });

const cases: { shows: string; certificate: Issued; fails: Failure[] }[] = [
  { shows: 'a good certificate', certificate: good, fails: [] },
  {
    shows: 'a certificate that expired',
    certificate: authority.issue({ names: ['127.0.0.1'], validFrom: inDays(-20), validTo: inDays(-2) }),
    fails: ['tls-expired'],
  },
  {
    shows: 'a certificate from the future',
    certificate: authority.issue({ names: ['127.0.0.1'], validFrom: inDays(2), validTo: inDays(20) }),
    fails: ['tls-not-yet-valid'],
  },
  {
    shows: 'a certificate for another name',
    certificate: authority.issue({ names: ['shop.example'] }),
    fails: ['tls-name-mismatch'],
  },
  {
    shows: 'a certificate that vouches for itself',
    certificate: selfSigned({ names: ['127.0.0.1'] }),
    fails: ['tls-untrusted'],
  },
  {
    shows: 'a certificate of an unknown authority',
    certificate: createAuthority('Someone else').issue({ names: ['127.0.0.1'] }),
    fails: ['tls-untrusted'],
  },
  {
    shows: 'an expired certificate for another name',
    certificate: authority.issue({ names: ['shop.example'], validFrom: inDays(-20), validTo: inDays(-2) }),
    fails: ['tls-expired', 'tls-name-mismatch'],
  },
  {
    shows: 'a certificate that vouches for another name and itself',
    certificate: selfSigned({ names: ['shop.example'] }),
    fails: ['tls-name-mismatch', 'tls-untrusted'],
  },
];

test.for(cases)('a server with $shows is judged by name', async ({ certificate, fails }) => {
  await using server = await serveOk(certificate);
  const result = await prober.probe(targetAt(`${server.url}/`));
  expect(result.failures.map(({ failure }) => failure)).toEqual(fails);
  expect(result.verdict).toBe(fails.length > 0 ? 'down' : 'up');
  expect(result.certificate?.subject).toMatch(/^CN=/);
  expect(result.phases.tls).toBeGreaterThan(0);
  expect(result.certificate?.problem === null).toBe(fails.length === 0);
});

test.for(cases)(
  'without verification a server with $shows is up, and the certificate is kept with its problem',
  async ({ certificate, fails }) => {
    await using server = await serveOk(certificate);
    const result = await prober.probe(targetAt(`${server.url}/`, { tls: { verify: false } }));
    expect(result).toMatchObject({ verdict: 'up', status: 200, failure: null });
    expect(result.certificate?.problem === null).toBe(fails.length === 0);
    expect(result.certificate?.validTo).toBeGreaterThan(0);
  },
);

test('a certificate close to its end degrades, and closer still is down', async () => {
  await using server = await serveOk(authority.issue({ names: ['127.0.0.1'], validTo: inDays(10) }));
  const check = (degraded: number | null, down: number | null) =>
    prober.probe(targetAt(`${server.url}/`, { expect: { certificateDays: { degraded, down } } }));
  expect(await check(5, 1)).toMatchObject({ verdict: 'up' });
  expect(await check(21, 1)).toMatchObject({ verdict: 'degraded', failure: 'certificate-days', evidence: null });
  expect(await check(21, 14)).toMatchObject({ verdict: 'down', failure: 'certificate-days' });
});

test('an authority of its own is trusted for that monitor alone, instead of the public ones', async () => {
  const own = createAuthority('Inside CA');
  await using inside = await serveOk(own.issue({ names: ['127.0.0.1'] }));
  await using outside = await serveOk(good);
  const ca = own.cert;
  expect(await prober.probe(targetAt(`${inside.url}/`, { tls: { verify: true, ca } }))).toMatchObject({
    verdict: 'up',
  });
  expect(await prober.probe(targetAt(`${inside.url}/`))).toMatchObject({ failure: 'tls-untrusted' });
  expect(await prober.probe(targetAt(`${outside.url}/`, { tls: { verify: true, ca } }))).toMatchObject({
    failure: 'tls-untrusted',
  });
});

test('localhost over TLS is checked by its name', async () => {
  await using server = await serveOk(good);
  expect(await prober.probe(targetAt(`https://localhost:${server.port}/`))).toMatchObject({ verdict: 'up' });
});

test('NODE_EXTRA_CA_CERTS is honoured', async () => {
  await using server = await serveOk(good);
  const folder = await mkdtemp(path.join(tmpdir(), 'hindcast-ca-'));
  const file = path.join(folder, 'ca.pem');
  await writeFile(file, authority.cert);
  const script = fileURLToPath(new URL('../../support/target-probe-once.ts', import.meta.url));
  const probeOnce = async (env: NodeJS.ProcessEnv) =>
    (await promisify(execFile)(process.execPath, [script, `${server.url}/`], { env })).stdout.trim();
  try {
    expect(await probeOnce({ ...process.env, NODE_EXTRA_CA_CERTS: file })).toBe('up');
    expect(await probeOnce({ ...process.env, NODE_EXTRA_CA_CERTS: '' })).toBe('tls-untrusted');
  } finally {
    await rm(folder, { recursive: true });
  }
});
