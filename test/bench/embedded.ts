import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs, memoryMiB, stop } from './processes.ts';
import { measureBare, readRows, startServer, startTarget, writeMonitors } from './rig.ts';

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
}

/** After one round of all monitors, whose first checks each open a state. */
const WARM_UP_MS = 5_000;

/** The embedded server with so many monitors against a target in another process. CPU is of the measured window only. */
export async function measureServer({ monitors, intervalSeconds, seconds }: Embedded, url: string, dir: string) {
  const server = await startServer(dir, { HINDCAST_CONFIG: writeMonitors(dir, monitors, intervalSeconds, url) });
  try {
    await sleep(intervalSeconds * 1000 + WARM_UP_MS);
    const cpuBefore = cpuMs(server.pid);
    const from = Date.now();
    await sleep(seconds * 1000);
    const to = Date.now();
    const cpu = cpuMs(server.pid) - cpuBefore;
    const rssMiB = memoryMiB(server.pid).peak;
    await sleep(1_000);
    await stop(server.child);
    const rows = readRows(dir, from, to);
    return {
      ...rows,
      expected: Math.round(((monitors / intervalSeconds) * (to - from)) / 1000),
      corePercent: (cpu / (to - from)) * 100,
      rssMiB,
      cpuPerCheckMs: cpu / rows.checks,
    } satisfies Measured;
  } finally {
    await stop(server.child);
  }
}

/** The same, then a bare undici loop that makes the same requests at the same rate. */
export async function measureEmbedded(options: Embedded) {
  await using target = await startTarget();
  const measured = await measureServer(options, target.url, target.dir);
  const rate = options.monitors / options.intervalSeconds;
  const barePerRequestMs = await measureBare(target.url, rate, options.seconds);
  return { ...measured, barePerRequestMs, ratio: measured.cpuPerCheckMs / barePerRequestMs };
}

/** The highest of rising rates that is held with p99 lateness under 250 ms and no missed slot; 0 when none is. */
export async function measureHighest(seconds: number, most = 3_000) {
  const tried: { rate: number; lateMsP99: number; missed: number; held: boolean }[] = [];
  for (let rate = 250; rate <= most; rate += 250) {
    await using target = await startTarget();
    const { lateMsP99, missed, failed, checks } = await measureServer(
      { monitors: rate * 10, intervalSeconds: 10, seconds },
      target.url,
      target.dir,
    );
    const held = checks > 0 && lateMsP99 < 250 && missed === 0 && failed === 0;
    tried.push({ rate, lateMsP99, missed, held });
    if (!held) break;
  }
  return { highest: tried.findLast(({ held }) => held)?.rate ?? 0, tried };
}
