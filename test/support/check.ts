import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findDeadCode } from './dead-code.ts';

/** `npm run check`: all that can be said of the code without running it. One line for each step. */
const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');

interface Outcome {
  ok: boolean;
  output: string;
}

const STEPS: Record<string, () => Promise<Outcome>> = {
  types: () => run(join(BIN, 'tsc'), '--noEmit'),
  'lint and format': () => run(join(BIN, 'biome'), 'check', '--error-on-warnings'),
  'dead code': async () => {
    const lines = findDeadCode(ROOT);
    return { ok: lines.length === 0, output: lines.join('\n') };
  },
  architecture: () =>
    run(process.execPath, 'node_modules/vitest/vitest.mjs', 'run', 'test/architecture.test.ts', '--reporter=minimal'),
};

async function run(command: string, ...args: string[]): Promise<Outcome> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { ok: code === 0, output: `${out}${errors}`.trim() };
}

let failed = 0;
for (const [name, step] of Object.entries(STEPS)) {
  const startedAt = performance.now();
  const { ok, output } = await step();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (!ok) process.stdout.write(`${output}\n`);
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (!ok) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
