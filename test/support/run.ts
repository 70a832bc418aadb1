import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePrograms } from './programs.ts';
import { type Count, countReport } from './report.ts';

/**
 * `npm test [-- vitest arguments]`: makes sure the programs the tests use are there, runs vitest, and ends with one
 * line, `N passed, N failed`. Exits 0 only when something passed and nothing failed.
 */
const ROOT = join(import.meta.dirname, '../..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

function main(args: string[]): Count {
  try {
    ensurePrograms();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return { passed: 0, failed: 1 };
  }
  const folder = mkdtempSync(join(tmpdir(), 'hindcast-test-'));
  try {
    const report = join(folder, 'report.json');
    const flags = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = spawnSync(process.execPath, [VITEST, 'run', ...flags, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: testEnv(process.env),
    });
    return countReport(report, status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The settings of whoever runs the tests are not theirs: they must not find his data folder or his Redis. */
function testEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = new Set(['HOST', 'PORT', 'LOG_LEVEL', 'REDIS_URL']);
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('HINDCAST_') && !settings.has(name));
  return Object.fromEntries(kept);
}

const { passed, failed } = main(process.argv.slice(2));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
