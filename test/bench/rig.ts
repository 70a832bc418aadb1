import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { start, stop } from './processes.ts';

export const pathOf = (name: string) => new URL(name, import.meta.url).pathname;

/** A target in a process of its own, and a folder that goes with it. */
export async function startTarget() {
  const dir = mkdtempSync(join(tmpdir(), 'hindcast-bench-'));
  const target = await start(pathOf('target.ts'), [], process.env, (line) => Number(line) || null);
  return {
    dir,
    url: `http://127.0.0.1:${target.found}/`,
    async [Symbol.asyncDispose]() {
      await stop(target.child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The flags of `npm start`. */
const { scripts } = JSON.parse(readFileSync(pathOf('../../package.json'), 'utf8')) as { scripts: { start: string } };
export const START_FLAGS = scripts.start.split(' ').filter((word) => word.startsWith('--'));

/** The server on a folder, with monitors of its own file; ready when it listens. */
export function startServer(dir: string, more: NodeJS.ProcessEnv = {}, nodeFlags: string[] = []) {
  const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', HINDCAST_DATA_DIR: dir, ...more };
  const listening = (line: string) => (line.includes('"url":"http') ? line : null);
  return start(pathOf('../../src/main.ts'), [], env, listening, [...START_FLAGS, ...nodeFlags]);
}

/** CPU per request of the bare loop, in ms. */
export async function measureBare(url: string, rate: number, seconds: number): Promise<number> {
  const args = [pathOf('bare-loop.ts'), url, String(rate), String(seconds)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { requests, failed, cpuMs: cpu } = JSON.parse(stdout) as { requests: number; failed: number; cpuMs: number };
  if (failed > 0)
    throw new Error(`${failed} of ${requests} bare requests failed: the machine or the target cannot hold the rate`);
  return cpu / requests;
}

/** Writes the file of monitors; the answer is its path. */
export function writeMonitors(dir: string, count: number, intervalSeconds: number, url: string): string {
  const monitors = Array.from({ length: count }, (_, i) => ({
    key: `bench-${i}`,
    name: `Bench ${i}`,
    url: `${url}?m=${i}`,
    intervalSeconds,
    timeoutSeconds: Math.min(10, intervalSeconds),
  }));
  const file = join(dir, 'monitors.yaml');
  writeFileSync(file, `monitors: ${JSON.stringify(monitors)}\n`);
  return file;
}

/** What the database has of a window: checks made, missed, failed, and how late. */
export function readRows(dir: string, from: number, to: number) {
  const database = new Database(join(dir, 'hindcast.db'), { readonly: true });
  const all = database
    .prepare('SELECT late_ms AS late, verdict FROM checks WHERE at >= ? AND at < ? ORDER BY late_ms')
    .all(from, to) as { late: number; verdict: number }[];
  const spans = database
    .prepare("SELECT count(*) AS n FROM unobserved WHERE reason = 'missed' AND from_at >= ? AND from_at < ?")
    .get(from, to) as { n: number };
  database.close();
  const made = all.filter((row) => row.verdict !== 3);
  const at = (share: number) => made[Math.min(made.length - 1, Math.floor(made.length * share))]?.late ?? Number.NaN;
  return {
    checks: made.length,
    missed: spans.n + all.length - made.length,
    failed: made.filter((row) => row.verdict === 2).length,
    lateMsP50: at(0.5),
    lateMsP99: at(0.99),
  };
}
