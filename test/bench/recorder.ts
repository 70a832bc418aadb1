import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createBlindWatch } from '#src/detect/blind.ts';
import { createDetector } from '#src/detect/detector.ts';
import { createRecorder } from '#src/record/recorder.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { checkResult, monitorConfig, T0 } from '#test/support/fixtures.ts';
import { handClock, tempStore } from '#test/support/temp-store.ts';

const MONITORS = 2_000;
const INTERVAL_MS = 10_000;
/** What the batch runner sends at once, and what the recorder commits at once. */
const [SENT, COMMITTED] = [50, 500];

/** The real recorder with detection, on a real file: results a second, and bytes a row once they are in the file. */
export async function measureRecorder(seconds: number) {
  const clock = handClock(T0);
  using store = tempStore(clock);
  store.transact((tx) => {
    for (let i = 1; i <= MONITORS; i++)
      insertMonitor(tx, `mon_${i}`, monitorConfig({ key: `m${i}`, intervalSeconds: 10 }));
  });
  const publicUrl = () => '';
  const detector = createDetector({ store, publicUrl });
  const recorder = createRecorder({ store, detector, blind: createBlindWatch({ publicUrl }) });
  const begun = performance.now();
  let results = 0;
  for (let slot = 0; performance.now() - begun < seconds * 1000; slot++) {
    const at = T0 + slot * INTERVAL_MS;
    clock.set(at + 100);
    for (let first = 1; first <= MONITORS; first += COMMITTED) {
      const sent: Promise<void>[] = [];
      for (let from = first; from < first + COMMITTED; from += SENT) {
        const outcomes = Array.from({ length: SENT }, (_, i) => ({
          monitorNo: from + i,
          at,
          result: checkResult({ at: at + 3, durationMs: 20 + ((from * 7919 + slot) % 90) }),
        }));
        sent.push(recorder.record('default', outcomes));
      }
      await Promise.all(sent);
      results += COMMITTED;
    }
  }
  const took = (performance.now() - begun) / 1000;
  const database = new Database(join(store.dir, 'hindcast.db'));
  database.pragma('wal_checkpoint(TRUNCATE)');
  const { rows } = database.prepare('SELECT count(*) AS rows FROM checks').get() as { rows: number };
  const { bytes } = database.prepare("SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = 'checks'").get() as {
    bytes: number;
  };
  database.close();
  if (rows !== results) throw new Error(`${results} results were recorded, and ${rows} rows are there`);
  return { results, perSecond: results / took, bytesPerRow: bytes / rows };
}
