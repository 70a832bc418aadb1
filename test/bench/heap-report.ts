import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Loaded before the server: at SIGUSR2 it collects garbage and writes what is left of the heap to a file. */
process.on('SIGUSR2', async () => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(100);
  }
  writeFileSync(process.env.HEAP_FILE ?? '', String(process.memoryUsage().heapUsed));
});
