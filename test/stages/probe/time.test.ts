import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { createStallWatch, startDeadline } from '#src/probe/deadline.ts';
import { OwnFault } from '#src/probe/failure-reasons.ts';
import { realClock, targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer, startRawServer } from '#test/support/target-server.ts';

const prober = testProber();
afterAll(() => prober.close());

function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A server in a process of its own, so that it answers while this one is stalled. */
async function serverElsewhere(delayMs: number) {
  const script = `require('http').createServer((q, s) => setTimeout(() => s.end('ok'), ${delayMs})).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return {
    url: `http://127.0.0.1:${String(port).trim()}/`,
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.kill();
      await exit;
    },
  };
}

test('an answer that came while our own loop was stalled past the deadline is no failure of the target', async () => {
  await using server = await serverElsewhere(0);
  const check = prober.probe(targetAt(server.url, { timeoutSeconds: 0.5 }));
  setImmediate(() => stall(1200));
  expect((await check).verdict).toMatch(/^(up|unknown)$/);
});

test('a time-out in a window we stalled away is unknown, with the reason', async () => {
  await using server = await startRawServer(() => {});
  const check = prober.probe(targetAt(`${server.url}/`, { timeoutSeconds: 0.5 }));
  setTimeout(() => stall(300), 50);
  expect(await check).toMatchObject({
    verdict: 'unknown',
    failure: null,
    detail: expect.stringContaining('stalled for'),
  });
});

test('our own stall does not count as latency of the target', async () => {
  await using server = await serverElsewhere(150);
  const latencyMs = { degraded: null, down: 600 };
  const check = prober.probe(targetAt(server.url, { timeoutSeconds: 5, expect: { latencyMs } }));
  setTimeout(() => stall(800), 50);
  const result = await check;
  expect(result.latencyMs).toBeGreaterThan(600);
  expect(result.verdict).toBe('up');
});

test('a target that hangs while the loop turns is down', async () => {
  await using server = await startRawServer(() => {});
  expect(await prober.probe(targetAt(`${server.url}/`, { timeoutSeconds: 0.3 }))).toMatchObject({
    verdict: 'down',
    failure: 'first-byte-timeout',
  });
});

test('a deadline that was ended does not pass', async () => {
  const stalls = createStallWatch(realClock.monotonic);
  const passed: (OwnFault | null)[] = [];
  startDeadline(10, realClock.monotonic, stalls, (fault) => passed.push(fault))();
  await new Promise<void>((resolve) => {
    startDeadline(20, realClock.monotonic, stalls, (fault) => {
      passed.push(fault);
      resolve();
    });
  });
  expect(passed.filter((fault) => !(fault instanceof OwnFault))).toEqual([null]);
});

test('aborting a probe makes it unknown at once', async () => {
  await using server = await startRawServer(() => {});
  const controller = new AbortController();
  const check = prober.probe(targetAt(`${server.url}/`, { timeoutSeconds: 60 }), controller.signal);
  setTimeout(() => controller.abort(), 50);
  expect(await check).toMatchObject({ verdict: 'unknown', detail: 'shutdown' });
  expect(await prober.probe(targetAt(`${server.url}/`), controller.signal)).toMatchObject({ verdict: 'unknown' });
});

test('closing the prober ends what runs as unknown', async () => {
  await using server = await startRawServer(() => {});
  await using own = testProber();
  const checks = [
    own.probe(targetAt(`${server.url}/`, { timeoutSeconds: 60 })),
    own.probe(targetAt('http://silent.invalid/')),
  ];
  setImmediate(() => own.close());
  for (const result of await Promise.all(checks)) expect(result.verdict).toMatch(/unknown|down/);
  expect((await checks[0])?.detail).toBe('shutdown');
});

test('a slow target holds up nothing but its own check', async () => {
  await using hanging = await startRawServer(() => {});
  await using good = await startHttpServer((_request, response) => response.end('ok'));
  const slow = Array.from({ length: 50 }, () => prober.probe(targetAt(`${hanging.url}/`, { timeoutSeconds: 1 })));
  const quick = await Promise.all(
    Array.from({ length: 50 }, () => prober.probe(targetAt(`${good.url}/`, { timeoutSeconds: 1 }))),
  );
  expect(new Set(quick.map(({ verdict }) => verdict))).toEqual(new Set(['up']));
  for (const result of await Promise.all(slow)) expect(result.failure).toBe('first-byte-timeout');
});
