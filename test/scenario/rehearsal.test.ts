import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname;

it('rehearses a real outage from the first check to a verified draft within 45 s', { timeout: 90_000 }, async () => {
  const started = Date.now();
  const child = spawn(process.execPath, [CLI, 'rehearse'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let firstLineAfterMs = Number.POSITIVE_INFINITY;
  child.stdout.on('data', (chunk: Buffer) => {
    firstLineAfterMs = Math.min(firstLineAfterMs, Date.now() - started);
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(output).not.toContain('NOT VALID');
  expect(code, output).toBe(0);
  expect(Date.now() - started).toBeLessThan(45_000);
  expect(firstLineAfterMs).toBeLessThan(5_000);
  for (const phase of ['baseline', 'refused', '503', 'slower', 'fine again']) expect(output).toContain(phase);
  expect(output).toMatch(/alert received: incident\.opened: Rehearsal shop is down: connection refused/);
  expect(output).toMatch(/alert received: incident\.resolved/);

  const draft = output.slice(output.indexOf('# '));
  for (const section of [
    'Incident summary',
    'Timeline',
    'Contributing factors (to be confirmed)',
    'What went well',
    'Action items',
  ]) {
    expect(draft).toContain(section);
  }
  for (const fact of [
    'connection refused',
    'HTTP 503',
    'too slow',
    'shop 4.2.0',
    'Connection pool of the database enlarged',
  ]) {
    expect(draft).toContain(fact);
  }
  const claims = /(\d+) of (\d+) claims verified/.exec(draft);
  expect(claims?.[1]).toBe(claims?.[2]);
  expect(Number(claims?.[2])).toBeGreaterThan(40);
});
