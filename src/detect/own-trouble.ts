import { alertPayload } from '#src/domain/alert.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import type { Reader, Tx } from '#src/store/database.ts';
import { assemble, nextIncidentNumber, putIncident, readIncidentRecord } from '#src/store/incidents.ts';
import { readMeta, writeMeta } from '#src/store/meta.ts';
import { newId } from '#src/store/new-id.ts';
import { addDeliveredAlert, enqueueAlert, readAllChannels } from '#src/store/outbox.ts';
import { notifyPersonal } from './notify.ts';

/** What we cannot see, and since when. `name` is what the trouble is known by: one incident at a time for each. */
export interface Trouble {
  name: string;
  title: string;
  startedAt: EpochMs;
  detectedAt: EpochMs;
}

/** The incident of kind `blind` that is open for a trouble, or null. */
export function readTrouble(reader: Reader, name: string): IncidentRecord | null {
  const id = readMeta(reader, name) || null;
  const record = id ? readIncidentRecord(reader, id) : null;
  return record && record.resolvedAt === null ? record : null;
}

/** Names of the troubles that are open, of those whose name begins with `prefix`; without the prefix. */
export function readTroubleNames(reader: Reader, prefix: string): string[] {
  return reader
    .sql<{ name: string }>(
      `SELECT name FROM meta JOIN incidents ON id = value WHERE substr(name, 1, length(?)) = ? AND resolved_at IS NULL ORDER BY name`,
    )
    .all(prefix, prefix)
    .map(({ name }) => name.slice(prefix.length));
}

/** Opens an incident of kind `blind`, told to every channel: a trouble of our own concerns everyone. */
export function openTrouble(tx: Tx, { name, title, startedAt, detectedAt }: Trouble, publicUrl: string): string {
  const record: IncidentRecord = {
    id: newId('inc'),
    number: nextIncidentNumber(tx),
    kind: 'blind',
    title,
    severity: 'major',
    service: null,
    startedAt,
    endedAt: null,
    detectedAt,
    resolvedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedReason: null,
    recordedAt: tx.now,
  };
  putIncident(tx, record);
  writeMeta(tx, name, record.id);
  const incident = assemble(tx, record, tx.now);
  const payload = alertPayload('monitoring.blind', incident, tx.now, publicUrl);
  for (const channelNo of readAllChannels(tx))
    enqueueAlert(tx, { incidentId: record.id, channelNo, event: 'monitoring.blind', payload, nextAt: tx.now });
  return record.id;
}

/** It is over: told to those that were told of it. */
export function closeTrouble(
  tx: Tx,
  name: string,
  record: IncidentRecord,
  seen: { startedAt: EpochMs; endedAt: EpochMs },
  publicUrl: string,
): void {
  const over = { ...record, endedAt: seen.startedAt, resolvedAt: Math.max(seen.endedAt, record.detectedAt) };
  putIncident(tx, over);
  writeMeta(tx, name, '');
  notifyPersonal(tx, over, 'incident.resolved', publicUrl);
}

/** A trouble in which nothing could be written: it is written down afterwards, with who was told of it meanwhile. */
export function recordPastTrouble(
  tx: Tx,
  past: {
    title: string;
    since: EpochMs;
    until: EpochMs;
    told: { id: string; channelNo: number; payload: string; deliveredAt: EpochMs }[];
  },
  publicUrl: string,
): void {
  const { title, since, until, told } = past;
  const record: IncidentRecord = {
    id: newId('inc'),
    number: nextIncidentNumber(tx),
    kind: 'blind',
    title,
    severity: 'major',
    service: null,
    startedAt: since,
    endedAt: until,
    detectedAt: since,
    resolvedAt: Math.max(until, since),
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedReason: null,
    recordedAt: tx.now,
  };
  putIncident(tx, record);
  for (const { id, channelNo, payload, deliveredAt } of told)
    addDeliveredAlert(tx, { id, incidentId: record.id, channelNo, event: 'monitoring.blind', payload, deliveredAt });
  notifyPersonal(tx, record, 'incident.resolved', publicUrl);
}
