import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { cpuMs, memoryMiB, start, stop } from './processes.ts';

const path = (name: string) => new URL(name, import.meta.url).pathname;

export interface Embedded {
  monitors: number;
  intervalSeconds: number;
  seconds: number;
}

export interface Measured {
  checks: number;
  expected: number;
  missed: number;
  failed: number;
  lateMsP50: number;
  lateMsP99: number;
  corePercent: number;
  rssMiB: number;
  cpuPerCheckMs: number;
  barePerRequestMs: number;
  ratio: number;
}

/**
 * Runs the embedded server with so many monitors against a target in another process, then a bare undici loop that
 * makes the same requests at the same rate. CPU of the server is read over the measured window only, not its start.
 */
export async function measureEmbedded({ monitors, intervalSeconds, seconds }: Embedded): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'hindcast-bench-'));
  const target = await start(path('target.ts'), [], process.env, (line) => Number(line) || null);
  const url = `http://127.0.0.1:${target.found}/`;
  try {
    writeFileSync(join(dir, 'monitors.yaml'), monitorsYaml(monitors, intervalSeconds, url));
    const env = {
      ...process.env,
      PORT: '0',
      LOG_LEVEL: 'info',
      HINDCAST_DATA_DIR: dir,
      HINDCAST_CONFIG: join(dir, 'monitors.yaml'),
    };
    const server = await start(path('../../src/main.ts'), [], env, (line) =>
      line.includes('"url":"http') ? line : null,
    );
    await sleep(2_000);
    const cpuBefore = cpuMs(server.pid);
    const from = Date.now();
    await sleep(seconds * 1000);
    const to = Date.now();
    const cpu = cpuMs(server.pid) - cpuBefore;
    const memory = memoryMiB(server.pid);
    await sleep(1_000);
    await stop(server.child);
    const rows = readRows(dir, from, to);
    const rate = monitors / intervalSeconds;
    const bare = await measureBare(url, rate, seconds);
    const cpuPerCheckMs = cpu / rows.checks;
    return {
      ...rows,
      expected: Math.round((rate * (to - from)) / 1000),
      corePercent: (cpu / (to - from)) * 100,
      rssMiB: memory.peak,
      cpuPerCheckMs,
      barePerRequestMs: bare,
      ratio: cpuPerCheckMs / bare,
    };
  } finally {
    await stop(target.child);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** CPU per request of the bare loop, in ms. */
async function measureBare(url: string, rate: number, seconds: number): Promise<number> {
  const args = [path('bare-loop.ts'), url, String(rate), String(seconds)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { requests, failed, cpuMs: cpu } = JSON.parse(stdout) as { requests: number; failed: number; cpuMs: number };
  if (failed > 0)
    throw new Error(`${failed} of ${requests} bare requests failed: the machine or the target cannot hold the rate`);
  return cpu / requests;
}

function monitorsYaml(count: number, intervalSeconds: number, url: string): string {
  const monitors = Array.from({ length: count }, (_, i) => ({
    key: `bench-${i}`,
    name: `Bench ${i}`,
    url: `${url}?m=${i}`,
    intervalSeconds,
    timeoutSeconds: Math.min(10, intervalSeconds),
  }));
  return `monitors: ${JSON.stringify(monitors)}\n`;
}

function readRows(dir: string, from: number, to: number) {
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
