import { createBlindWatch } from '#src/detect/blind.ts';
import { createDetector } from '#src/detect/detector.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import { createRecorder } from '#src/record/recorder.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { checkResult, monitorConfig, T0 } from '#test/support/fixtures.ts';
import { handClock, tempStore } from '#test/support/temp-store.ts';

const INTERVAL_MS = 10_000;
/** Checks that passed, before and after. */
const QUIET = 1_000;
const TIMES = 5;

/** One incident of so many failed checks, drawn from its rows and verified: ms, the median of five and the slowest. */
export function measureDraft(checks: number) {
  const count = checks + 2 * QUIET;
  const clock = handClock(T0 + (count + 1) * INTERVAL_MS);
  using store = tempStore(clock);
  store.transact((tx) => insertMonitor(tx, 'mon_1', monitorConfig({ intervalSeconds: 10 })));
  const publicUrl = () => '';
  const detector = createDetector({ store, publicUrl });
  const recorder = createRecorder({ store, detector, blind: createBlindWatch({ publicUrl }) });
  const rows = Array.from({ length: count }, (_, i) => {
    const verdict = i >= QUIET && i < QUIET + checks ? 'down' : 'up';
    const result = checkResult({ at: T0 + i * INTERVAL_MS, verdict, durationMs: 20 + ((i * 7919) % 90) });
    return { location: 'default', result };
  });
  recorder.importRows(1, rows);
  const incidents = store.reader.sql<{ id: string }>("SELECT id FROM incidents WHERE kind = 'outage'").all();
  const incidentId = incidents[0]?.id;
  if (incidentId === undefined || incidents.length !== 1) throw new Error(`${incidents.length} incidents, not one`);
  const runs = Array.from({ length: TIMES }, () => {
    const begun = performance.now();
    const draftRows = readDraftRows(store.reader, incidentId, clock.now());
    if (!draftRows) throw new Error('the incident is gone');
    const { ledger, document } = drawPostmortem(draftRows);
    const drawn = performance.now();
    const claims = verifyPostmortem(store.reader, { incidentId, ledger, document });
    if (claims.failed.length > 0) throw new Error(`${claims.failed.length} claims failed`);
    const ended = performance.now();
    return { drawMs: drawn - begun, verifyMs: ended - drawn, totalMs: ended - begun };
  }).sort((a, b) => a.totalMs - b.totalMs);
  return { median: runs[TIMES >> 1], slowest: runs.at(-1) };
}
