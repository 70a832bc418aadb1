import { describeFailure, type Failure } from '#src/domain/check.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import { findPatterns, knownSince } from '#src/domain/pattern.ts';
import type { NearMiss } from '#src/domain/window.ts';
import type { Tx } from '#src/store/database.ts';
import { nextIncidentNumber, putIncident, readIncidentRecord } from '#src/store/incidents.ts';
import { readMonitorByNo } from '#src/store/monitors.ts';
import { derivedId, newId } from '#src/store/new-id.ts';
import { putPattern, readPatternsOf } from '#src/store/patterns.ts';
import { readLoneNearMisses } from '#src/store/windows.ts';
import { retireIncident } from './merge.ts';
import type { MonitorCache } from './monitor-cache.ts';

/**
 * Makes the `pattern` incidents of a monitor what its near-misses say: minor, over as soon as the last near-miss is, and
 * alerted to nobody. One that goes on keeps its number.
 */
export function formPatterns(tx: Tx, cache: MonitorCache, monitorNo: number): void {
  const shapes = Map.groupBy(readLoneNearMisses(tx, monitorNo), ({ failure }) => failure);
  const known = readPatternsOf(tx, monitorNo);
  const taken = new Set<string>();
  for (const [failure, misses] of shapes)
    for (const pattern of findPatterns(misses)) {
      const [first, last] = [pattern[0] as NearMiss, pattern.at(-1) as NearMiss];
      const same = known.find(
        (other) =>
          other.failure === failure &&
          !taken.has(other.incidentId) &&
          other.startedAt <= last.firstGood.startedAt &&
          first.firstBad.startedAt <= other.endedAt,
      );
      const before = same ? readIncidentRecord(tx, same.incidentId) : null;
      const record = recordOf(tx, cache, monitorNo, failure, pattern, before);
      taken.add(record.id);
      if (before && sameTimes(before, record)) continue;
      putIncident(tx, record);
      putPattern(tx, record.id, monitorNo, failure);
    }
  for (const { incidentId } of known) if (!taken.has(incidentId)) retireIncident(tx, incidentId);
}

function recordOf(
  tx: Tx,
  cache: MonitorCache,
  monitorNo: number,
  failure: Failure,
  pattern: readonly NearMiss[],
  before: IncidentRecord | null,
): IncidentRecord {
  const [first, last] = [pattern[0] as NearMiss, pattern.at(-1) as NearMiss];
  const config = cache.configAt(tx, monitorNo, first.firstBad.startedAt);
  const monitorId = readMonitorByNo(tx, monitorNo)?.id ?? String(monitorNo);
  const derived = derivedId('inc', first.firstBad.startedAt, monitorId, 'pattern', failure);
  return {
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedReason: null,
    recordedAt: tx.now,
    ...before,
    id: before?.id ?? (readIncidentRecord(tx, derived) ? newId('inc') : derived),
    number: before?.number ?? nextIncidentNumber(tx),
    kind: 'pattern',
    title: `${config?.name ?? monitorId} failed briefly ${pattern.length} times: ${describeFailure(failure, null)}`,
    severity: 'minor',
    service: config?.service ?? null,
    startedAt: first.firstBad.startedAt,
    endedAt: last.firstGood.startedAt,
    detectedAt: knownSince(pattern),
    resolvedAt: last.firstGood.endedAt,
  };
}

function sameTimes(a: IncidentRecord, b: IncidentRecord): boolean {
  return a.startedAt === b.startedAt && a.endedAt === b.endedAt && a.title === b.title && a.detectedAt === b.detectedAt;
}
