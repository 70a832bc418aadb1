import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '#src/store/database.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { monitorConfig } from '#test/support/fixtures.ts';
import { systemTestClock } from '#test/support/temp-store.ts';
import { memoryMiB, stop } from './processes.ts';
import { pathOf, startServer, startTarget } from './rig.ts';

const HOUR_SECONDS = 3_600;
const PATIENCE_MS = 30_000;

/** Heap after garbage collection and time to listening, with no monitors and with many in the database. */
export async function measureMemory(monitors: number) {
  const none = await serve(0);
  const many = await serve(monitors);
  return { ...many, bytesPerMonitor: (many.heapBytes - none.heapBytes) / monitors, emptyStartMs: none.startMs };
}

async function serve(monitors: number) {
  await using target = await startTarget();
  const store = openStore(target.dir, systemTestClock);
  store.transact((tx) => {
    for (let i = 0; i < monitors; i++) {
      const own = { key: `bench-${i}`, name: `Bench ${i}`, url: `${target.url}?m=${i}`, intervalSeconds: HOUR_SECONDS };
      insertMonitor(tx, `mon_bench_${i}`, monitorConfig(own));
    }
  });
  store.close();
  const heapFile = join(target.dir, 'heap');
  const begun = performance.now();
  const server = await startServer(target.dir, { HEAP_FILE: heapFile }, [
    '--expose-gc',
    '--import',
    pathOf('heap-report.ts'),
  ]);
  const startMs = performance.now() - begun;
  try {
    await sleep(5_000);
    process.kill(server.pid, 'SIGUSR2');
    const heapBytes = await reported(heapFile);
    return { startMs, heapBytes, rssMiB: memoryMiB(server.pid).now };
  } finally {
    await stop(server.child);
  }
}

async function reported(file: string): Promise<number> {
  for (let waited = 0; waited < PATIENCE_MS; waited += 100) {
    try {
      const bytes = Number(readFileSync(file, 'utf8'));
      if (bytes > 0) return bytes;
    } catch {}
    await sleep(100);
  }
  throw new Error('the server did not report its heap');
}
