import { expect, it } from 'vitest';
import { TestApi } from '#test/support/api.ts';
import { createAuthority } from '#test/support/certificates.ts';
import { startRawServer } from '#test/support/target-server.ts';

const END = Date.UTC(2024, 5, 20, 12);
const MINUTE = 60_000;

/** Checks each minute for some days before a failure; slow for the last 12 minutes, and once two days before. */
function rows(days: number): string {
  const lines: string[] = [];
  for (let at = END - days * 24 * 60 * MINUTE; at < END + 10 * MINUTE; at += MINUTE) {
    const before = Math.round((END - at) / MINUTE);
    const isDown = before <= 0 && before > -5;
    const slow = (before > 0 && before <= 12) || (before > 2880 && before <= 2892);
    const firstByte = slow ? 700 + (before % 7) : 60 + (before % 9);
    const phases = { dns: 3, connect: 10, tls: 20, firstByte, download: 2 };
    const good = { status: 200, latencyMs: firstByte + 35, phases };
    lines.push(JSON.stringify({ at: new Date(at).toISOString(), ...(isDown ? { failure: 'connect-refused' } : good) }));
  }
  return lines.join('\n');
}

async function draftOf(
  api: TestApi,
  days: number,
): Promise<{ text: string; failed: unknown[]; facts: Record<string, unknown> }> {
  await api.call('PUT', '/monitors/shop', { name: 'Shop', url: 'https://shop.example/', paused: true });
  await api.call('POST', '/monitors/shop/checks/import', undefined, {
    raw: rows(days),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const { body: ledger } = await api.call<{ facts: { name: string; value: unknown }[] }>(
    'GET',
    '/incidents/1/postmortem/facts',
  );
  const { body: verdict } = await api.call<{ failed: unknown[] }>('POST', '/incidents/1/postmortem/verify', {});
  const { body: text } = await api.call<string>('GET', '/incidents/1/postmortem.md');
  return {
    text,
    failed: verdict.failed,
    facts: Object.fromEntries(ledger.facts.map(({ name, value }) => [name, value])),
  };
}

it('a draft says when response times left their baseline, in which phase, and how often that means nothing', async () => {
  await using api = await TestApi.start();
  const { text, failed, facts } = await draftOf(api, 5);
  expect(failed).toEqual([]);
  expect(facts).toMatchObject({
    leadUpFrom: '2024-06-20T11:48:00.000Z',
    leadUpChecks: 12,
    leadUpSeconds: 720,
    leadUpPhase: 'firstByte',
    // Five days are 30 stretches, one of them the series itself; another ended slowly.
    leadUpTried: 29,
    leadUpSpoke: 1,
  });
  expect(text).toMatch(
    /11:48:00 First drift in response time, 12 min before Shop failed: the last 12 passing checks took 73\d ms \(median\) against a baseline of 9\d ms, most of it in firstByte/,
  );
  expect(text).toContain('in the 30 days before, without a failure after it: in 1 of 29 stretches of 4 h');
});

it('and says that this is not known when the monitor is young', async () => {
  await using api = await TestApi.start();
  const { text, failed, facts } = await draftOf(api, 1 / 8);
  expect(failed).toEqual([]);
  expect(facts.leadUpTried).toBe(0);
  expect(text).toContain('how often it does so without a failure is not known yet');
});

it('and how long the certificate was still valid that was shown before a failure', async () => {
  const authority = createAuthority();
  const certificate = authority.issue({ names: ['127.0.0.1'], validTo: new Date(Date.now() + 12.5 * 86_400_000) });
  let broken = false;
  await using server = await startRawServer(
    (socket) => socket.end(`HTTP/1.1 ${broken ? 503 : 200} OK\r\ncontent-length: 0\r\n\r\n`),
    { certificate },
  );
  await using api = await TestApi.start();
  const confirm = { failures: 2, recoveries: 1, retrySeconds: 1 };
  const tls = { verify: true, ca: authority.cert };
  await api.call('PUT', '/monitors/tls', { name: 'Shop', url: server.url, tls, confirm, intervalSeconds: 86_400 });
  for (const isBroken of [false, true, true, false]) {
    broken = isBroken;
    await api.call('POST', '/monitors/tls/check', {});
  }
  const { body: verdict } = await api.call<{ failed: unknown[] }>('POST', '/incidents/1/postmortem/verify', {});
  expect(verdict.failed).toEqual([]);
  const { body: text } = await api.call<string>('GET', '/incidents/1/postmortem.md');
  expect(text).toContain('Certificates at the start: that of Shop was valid for 12 more days.');
});
