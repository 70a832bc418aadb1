import type { Logger } from 'pino';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { intervalMs } from '#src/domain/monitor.ts';
import {
  type DetectionThenAndNow,
  type FollowUp,
  followUpSentences,
  sortActions,
} from '#src/domain/postmortem/follow-up.ts';
import type { Drawn } from '#src/domain/postmortem/merge.ts';
import { ReplayRun } from '#src/domain/replay.ts';
import type { DowntimeWindow } from '#src/domain/window.ts';
import { readChecksBetween } from '#src/store/checks.ts';
import type { Reader, Store, Tx } from '#src/store/database.ts';
import { readLocations } from '#src/store/locations.ts';
import { readMonitor, readMonitorByNo, readRevisions } from '#src/store/monitors.ts';
import { putFollowUp, readFollowUpsAhead, readLaterOutages, settleReminder } from '#src/store/postmortem-due.ts';
import { readRecurrence } from '#src/store/recurrence.ts';
import { readWindowsOfIncident } from '#src/store/windows.ts';

export interface FollowUpsOptions {
  store: Store;
  clock: Clock;
  /** What the rows say now, the action items among it. */
  drawn(reader: Reader, incidentId: string): Drawn | null;
  tell(tx: Tx, incidentId: string, event: 'postmortem.due', summary: string): void;
  logger: Pick<Logger, 'info'>;
}

/** Looks back at each published postmortem once, when it is time: what was done, whether it came back, is it found sooner. */
export function createFollowUps({ store, clock, drawn, tell, logger }: FollowUpsOptions) {
  return {
    async pass(): Promise<{ wakeAt: EpochMs | null }> {
      const now = clock.now();
      const [next] = readFollowUpsAhead(store.reader);
      if (!next) return { wakeAt: null };
      const { incidentId, title, dueAt } = next;
      if (dueAt > now) return { wakeAt: dueAt };
      const review = makeFollowUp(store.reader, incidentId, drawn(store.reader, incidentId), now);
      store.transact((tx) => {
        putFollowUp(tx, incidentId, review);
        settleReminder(tx, incidentId, 'follow-up');
        tell(tx, incidentId, 'postmortem.due', `Follow-up of ${title}: ${followUpSentences(review).join(' ')}`);
      });
      logger.info({ event: 'postmortem.follow-up', incidentId });
      return { wakeAt: now };
    },
  };
}

function makeFollowUp(reader: Reader, incidentId: string, drawn: Drawn | null, now: EpochMs): FollowUp {
  const again = readLaterOutages(reader, incidentId).filter(
    ({ id, startedAt }) => startedAt <= now && readRecurrence(reader, id)?.same.some((one) => one.id === incidentId),
  );
  return {
    madeAt: now,
    actions: sortActions(drawn?.document.actions ?? [], now),
    again,
    detection: replayDetection(reader, incidentId),
  };
}

/** So much before the start is replayed that every monitor is up when it begins. */
const BEFORE_INTERVALS = 10;

/** The incident's stored checks, judged by its monitors as they are configured now. */
function replayDetection(reader: Reader, incidentId: string): DetectionThenAndNow {
  const windows = readWindowsOfIncident(reader, incidentId).map(({ window }) => window);
  const start = Math.min(...windows.map(({ firstBad }) => firstBad.startedAt));
  const end = Math.max(...windows.map(({ lastBad, firstGood }) => (firstGood ?? lastBad).endedAt));
  const monitors = [...new Set(windows.map(({ monitorNo }) => monitorNo))].flatMap((no) => {
    const own = windows.filter(({ monitorNo }) => monitorNo === no);
    return replayMonitor(reader, no, own, { start, end });
  });
  const found = monitors.flatMap(({ nowSeconds }) => nowSeconds ?? []);
  return {
    thenSeconds: windows.length > 0 ? (Math.min(...windows.map((w) => w.confirmed.endedAt)) - start) / 1000 : null,
    nowSeconds: found.length > 0 ? Math.min(...found) : null,
    monitors,
  };
}

function replayMonitor(
  reader: Reader,
  no: number,
  windows: readonly DowntimeWindow[],
  { start, end }: { start: EpochMs; end: EpochMs },
): DetectionThenAndNow['monitors'] {
  const monitor = readMonitorByNo(reader, no);
  if (!monitor) return [];
  const { id, config } = monitor;
  const named = { id, key: config.key, name: config.name };
  if (!readMonitor(reader, id)) return [{ ...named, nowSeconds: null, why: 'deleted' }];
  const then = readRevisions(reader, no).findLast(({ fromAt }) => fromAt <= start)?.config ?? config;
  const interval = Math.max(intervalMs(config), intervalMs(then));
  const until = end + 2 * interval;
  const rows = readChecksBetween(reader, no, start - BEFORE_INTERVALS * interval, until);
  if (!rows.some(({ at }) => windows.some(({ firstBad, lastBad }) => at >= firstBad.at && at <= lastBad.at)))
    return [{ ...named, nowSeconds: null, why: 'no-checks' }];
  const numbers = [...readLocations(reader)].flatMap(([location, name]) =>
    config.locations.includes(name) ? location : [],
  );
  // Rows from places that are not configured any more are all there is: better those than none.
  const has = rows.some(({ locationNo }) => numbers.includes(locationNo));
  const run = new ReplayRun({
    confirm: has ? config.confirm : { ...config.confirm, locations: 1 },
    locations: has ? numbers : null,
    // What is looked at more often now has no rows in between; what is looked at less often is thinned.
    intervalMs: intervalMs(config) > intervalMs(then) ? intervalMs(config) : null,
    latencyMs: config.expect.latencyMs,
  });
  for (const row of rows) run.add(row);
  const detected = run.finish(until).incidents.find(({ end: over }) => (over?.best ?? until) >= start);
  if (!detected) return [{ ...named, nowSeconds: null, why: 'not-detected' }];
  return [{ ...named, nowSeconds: Math.max(0, (detected.detectedAt - start) / 1000), why: null }];
}
