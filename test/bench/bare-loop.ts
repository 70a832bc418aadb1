import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/**
 * The floor: the same requests at the same rate as the server under test makes them, each on a new connection, the
 * body read, nothing judged and nothing recorded. Like the server it starts all that falls due within 20 ms at once, so
 * that both wake equally often. Arguments: url, requests per second, seconds. Prints one JSON line.
 */
const [url = '', perSecond = '200', seconds = '10'] = process.argv.slice(2);
const agent = new Agent({ pipelining: 0, connect: { timeout: 10_000 }, maxCachedSessions: 0 } as Agent.Options);
const TICK_MS = 20;
const gapMs = 1000 / Number(perSecond);
const total = Math.round(Number(perSecond) * Number(seconds));

async function once(): Promise<void> {
  const { body } = await request(url, { dispatcher: agent, reset: true });
  await body.text();
}

await once();
const cpuBefore = process.cpuUsage();
const begun = performance.now();
let failed = 0;
const running: Promise<void>[] = [];
for (let i = 0; i < total; i++) {
  const tick = Math.ceil((i * gapMs) / TICK_MS) * TICK_MS;
  const wait = begun + tick - performance.now();
  if (wait > 1) await sleep(wait);
  running.push(once().catch(() => void failed++));
}
await Promise.all(running);
const { user, system } = process.cpuUsage(cpuBefore);
process.stdout.write(`${JSON.stringify({ requests: total, failed, cpuMs: (user + system) / 1000 })}\n`);
await agent.close();
