import { intervalMs } from '#src/domain/monitor.ts';
import type { Closing, ClosingRows } from '#src/domain/postmortem/closing.ts';
import { ReplayRun } from '#src/domain/replay.ts';
import type { NearMiss } from '#src/domain/window.ts';
import { readChecksBetween } from './checks.ts';
import type { Reader } from './database.ts';
import { readNamedEscalations } from './escalations.ts';
import { readMonitor } from './monitors.ts';
import { readWindowsOfIncident } from './windows.ts';

const BEFORE_MS = 600_000;
/** An incident is found in its first hours, or it is not found. */
const REPLAYED_MS = 6 * 3_600_000;

/** The rows that the end of an action is judged by. `since`: when it was taken on. */
export function readClosingRows(
  reader: Reader,
  incidentId: string,
  closing: Closing,
  since: number,
  now: number,
): ClosingRows {
  const monitor = readMonitor(reader, closing.monitor);
  const escalation = monitor?.config.escalation
    ? readNamedEscalations(reader, [monitor.config.escalation]).get(monitor.config.escalation)
    : undefined;
  const steps = escalation?.steps ?? [];
  const atOnce = steps.filter(({ afterSeconds }) => afterSeconds === 0).flatMap(({ channels }) => channels);
  const later = steps.filter(({ afterSeconds, channels }) => afterSeconds > 0 && countPeople(reader, channels) > 0);
  return {
    monitor: monitor && { key: monitor.config.key, config: monitor.config },
    peopleChannels: monitor ? countPeople(reader, [...monitor.config.channels, ...atOnce]) : 0,
    stepSeconds: later.map(({ afterSeconds }) => afterSeconds),
    replayedSeconds: monitor && closing.kind === 'detection' ? replay(reader, incidentId, monitor) : null,
    nearMisses:
      monitor && closing.kind === 'no-near-miss' ? readMisses(reader, monitor.no, closing.failure, since) : [],
    since,
    now,
  };
}

function countPeople(reader: Reader, keys: readonly string[]): number {
  return (
    reader
      .sql<{ count: number }>(
        `SELECT count(DISTINCT key) AS count FROM channels WHERE human = 1 AND deleted_at IS NULL AND disabled_reason IS NULL
         AND key IN (SELECT value FROM json_each(?))`,
      )
      .get(JSON.stringify(keys))?.count ?? 0
  );
}

/** From the first failed check of the incident at this monitor to its confirmation, under the policy it has now. */
function replay(
  reader: Reader,
  incidentId: string,
  monitor: NonNullable<ReturnType<typeof readMonitor>>,
): number | null {
  const own = readWindowsOfIncident(reader, incidentId).filter(({ window }) => window.monitorNo === monitor.no);
  const start = own[0]?.window.firstBad;
  if (!start) return null;
  const { confirm } = monitor.config;
  const run = new ReplayRun({ confirm, locations: null, intervalMs: null, latencyMs: null });
  const before = Math.max(BEFORE_MS, 3 * intervalMs(monitor.config));
  const end = Math.max(...own.map(({ window }) => window.lastBad.at));
  const until = Math.min(end, start.at + REPLAYED_MS) + before;
  for (const row of readChecksBetween(reader, monitor.no, start.at - before, until)) run.add(row);
  const found = run.finish(until).incidents.find(({ start: began }) => began.latest >= start.startedAt);
  return found ? (found.detectedAt - start.startedAt) / 1000 : null;
}

function readMisses(reader: Reader, monitorNo: number, failure: string, since: number): number[] {
  return reader
    .sql<{ refs: string }>('SELECT refs FROM near_misses WHERE monitor_no = ? AND failure = ? AND first_bad_at >= ?')
    .all(monitorNo, failure, since)
    .map(({ refs }) => (JSON.parse(refs) as NearMiss).firstBad.startedAt);
}
