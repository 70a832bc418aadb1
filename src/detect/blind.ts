import { type CheckResult, isOwnNetwork } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import type { Reader, Tx } from '#src/store/database.ts';
import { touchIncidentsAround } from '#src/store/incidents.ts';
import { readMonitorByNo } from '#src/store/monitors.ts';
import { addUnobserved } from '#src/store/pulse.ts';
import { closeTrouble, openTrouble, readTrouble } from './own-trouble.ts';

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
    if (known.get(location) === null) return null;
    const record = readTrouble(reader, metaName(location));
    known.set(location, record?.id ?? null);
    return record;
  }

  function open(tx: Tx, location: string, results: readonly CheckResult[]): void {
    const trouble = {
      name: metaName(location),
      title: `Monitoring is blind at ${location}: its own network is down`,
      startedAt: Math.min(...results.map(({ startedAt }) => startedAt)),
      detectedAt: Math.min(...results.map(({ endedAt }) => endedAt)),
    };
    known.set(location, openTrouble(tx, trouble, publicUrl()));
  }

  function close(tx: Tx, location: string, record: IncidentRecord, seen: CheckResult): void {
    for (const [monitorNo, from] of lost.get(location) ?? []) {
      const locations = readMonitorByNo(tx, monitorNo)?.config.locations ?? [];
      if (locations.length !== 1 || seen.startedAt <= from) continue;
      addUnobserved(tx, { monitorNo, from, to: seen.startedAt, reason: 'own-network' });
      touchIncidentsAround(tx, monitorNo, from, seen.startedAt);
    }
    lost.delete(location);
    known.set(location, null);
    closeTrouble(tx, metaName(location), record, seen, publicUrl());
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
