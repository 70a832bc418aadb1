import { alertPayload } from '#src/domain/alert.ts';
import { type CheckResult, isOwnNetwork } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import type { Reader, Tx } from '#src/store/database.ts';
import {
  assemble,
  nextIncidentNumber,
  putIncident,
  readIncidentRecord,
  touchIncidentsAround,
} from '#src/store/incidents.ts';
import { readMeta, writeMeta } from '#src/store/meta.ts';
import { readMonitorByNo } from '#src/store/monitors.ts';
import { newId } from '#src/store/new-id.ts';
import { enqueueAlert, readAllChannels } from '#src/store/outbox.ts';
import { addUnobserved } from '#src/store/pulse.ts';
import { notifyPersonal } from './notify.ts';

interface Outcome {
  monitorNo: number;
  result: CheckResult | null;
}

export interface BlindWatch {
  /** Looks at results of a location in the transaction that records them. */
  note(tx: Tx, location: string, outcomes: readonly Outcome[]): void;
  /** The transaction failed: what was noted in it is read again. */
  rollback(): void;
}

/**
 * One incident of kind `blind` for as long as a location's own network is lost: told to every channel, calling no
 * monitor down. The time becomes unobserved for the monitors that were lost and are checked from nowhere else.
 */
export function createBlindWatch({ publicUrl }: { publicUrl: () => string }): BlindWatch {
  /** By location: the monitors lost since the incident began, and since when. */
  const lost = new Map<string, Map<number, EpochMs>>();
  const known = new Map<string, string | null>();
  const metaName = (location: string) => `blind:${location}`;

  function openIncident(reader: Reader, location: string): IncidentRecord | null {
    let id = known.get(location);
    if (id === undefined) {
      id = readMeta(reader, metaName(location)) || null;
      known.set(location, id);
    }
    const record = id ? readIncidentRecord(reader, id) : null;
    return record && record.resolvedAt === null ? record : null;
  }

  function open(tx: Tx, location: string, results: readonly CheckResult[]): void {
    const record: IncidentRecord = {
      id: newId('inc'),
      number: nextIncidentNumber(tx),
      kind: 'blind',
      title: `Monitoring is blind at ${location}: its own network is down`,
      severity: 'major',
      service: null,
      startedAt: Math.min(...results.map(({ startedAt }) => startedAt)),
      endedAt: null,
      detectedAt: Math.min(...results.map(({ endedAt }) => endedAt)),
      resolvedAt: null,
      acknowledgedAt: null,
      acknowledgedBy: null,
      resolvedReason: null,
      recordedAt: tx.now,
    };
    putIncident(tx, record);
    remember(tx, location, record.id);
    const incident = assemble(tx, record, tx.now);
    const payload = alertPayload('monitoring.blind', incident, tx.now, publicUrl());
    for (const channelNo of readAllChannels(tx))
      enqueueAlert(tx, { incidentId: record.id, channelNo, event: 'monitoring.blind', payload, nextAt: tx.now });
  }

  function close(tx: Tx, location: string, record: IncidentRecord, seen: CheckResult): void {
    const over = { ...record, endedAt: seen.startedAt, resolvedAt: Math.max(seen.endedAt, record.detectedAt) };
    putIncident(tx, over);
    remember(tx, location, '');
    for (const [monitorNo, from] of lost.get(location) ?? []) {
      const locations = readMonitorByNo(tx, monitorNo)?.config.locations ?? [];
      if (locations.length !== 1 || seen.startedAt <= from) continue;
      addUnobserved(tx, { monitorNo, from, to: seen.startedAt, reason: 'own-network' });
      touchIncidentsAround(tx, monitorNo, from, seen.startedAt);
    }
    lost.delete(location);
    notifyPersonal(tx, over, 'incident.resolved', publicUrl());
  }

  function remember(tx: Tx, location: string, id: string): void {
    writeMeta(tx, metaName(location), id);
    known.set(location, id || null);
  }

  return {
    note(tx, location, outcomes) {
      const missed = outcomes.filter(({ result }) => result && isOwnNetwork(result));
      const own = lost.get(location);
      if (missed.length === 0 && known.get(location) === null) return;
      const record = openIncident(tx, location);
      if (missed.length > 0) {
        const since = own ?? new Map<number, EpochMs>();
        for (const { monitorNo, result } of missed)
          if (!since.has(monitorNo)) since.set(monitorNo, (result as CheckResult).startedAt);
        lost.set(location, since);
        if (!record)
          open(
            tx,
            location,
            missed.map(({ result }) => result as CheckResult),
          );
      } else if (record) {
        // One that was lost is seen again; after a restart nobody knows which were.
        const again = outcomes.find(
          ({ monitorNo, result }) => result && result.verdict !== 'unknown' && (!own || own.has(monitorNo)),
        )?.result;
        if (again && again.startedAt > record.startedAt) close(tx, location, record, again);
      }
    },
    rollback() {
      known.clear();
    },
  };
}
