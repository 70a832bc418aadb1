import { type AlertEvent, alertPayload, GROUP_WAIT_MS } from '#src/domain/alert.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import type { MonitorConfig } from '#src/domain/monitor.ts';
import type { Tx } from '#src/store/database.ts';
import { assemble } from '#src/store/incidents.ts';
import {
  dropWaitingUpdates,
  enqueueAlert,
  readChannelNumbers,
  readToldChannels,
  refreshWaitingUpdate,
} from '#src/store/outbox.ts';
import { readRecurrence } from '#src/store/recurrence.ts';

export interface IncidentChange {
  before: IncidentRecord | null;
  record: IncidentRecord;
  /** A monitor is in it that was not before. */
  joined: boolean;
  configs: MonitorConfig[];
  publicUrl: string;
}

/**
 * Writes the alerts that follow from a change of an incident to the outbox, in the transaction that makes the
 * change. The first alert leaves at once; monitors that join within the group wait are one update.
 */
export function notify(tx: Tx, change: IncidentChange): void {
  const { record, configs, publicUrl } = change;
  const events = eventsOf(change);
  if (events.length === 0) return;
  const channels = new Set([
    ...readChannelNumbers(
      tx,
      configs.flatMap((config) => config.channels),
    ),
    ...readToldChannels(tx, record.id),
  ]);
  if (channels.size === 0) return;
  const incident = assemble(tx, record, tx.now);
  const recurrence = readRecurrence(tx, record.id);
  const reopened = change.before !== null && change.before.resolvedAt !== null;
  for (const event of events) {
    const told = readToldChannels(tx, record.id);
    for (const channelNo of channels) {
      const isNew = !told.includes(channelNo);
      if (isNew && event === 'incident.resolved') continue;
      if (event === 'incident.resolved') dropWaitingUpdates(tx, record.id, channelNo);
      const own: AlertEvent = isNew ? 'incident.opened' : event;
      const payload = alertPayload(own, incident, tx.now, publicUrl, recurrence);
      const waits = own === 'incident.updated' && !reopened;
      if (waits && refreshWaitingUpdate(tx, record.id, channelNo, payload)) continue;
      const nextAt = waits ? tx.now + GROUP_WAIT_MS : tx.now;
      enqueueAlert(tx, { incidentId: record.id, channelNo, event: own, payload, nextAt });
    }
  }
}

/** An outage that was over before it was first written (a backlog) is still told as both. */
function eventsOf({ before, record, joined }: IncidentChange): AlertEvent[] {
  const resolved = record.resolvedAt !== null;
  if (!before) return resolved ? ['incident.opened', 'incident.resolved'] : ['incident.opened'];
  if (before.resolvedAt === null) return resolved ? ['incident.resolved'] : joined ? ['incident.updated'] : [];
  return resolved ? [] : ['incident.updated'];
}

/** Alerts that follow from what a person did: told to all channels that were told of the incident. */
export function notifyPersonal(tx: Tx, record: IncidentRecord, event: AlertEvent, publicUrl: string): void {
  const incident = assemble(tx, record, tx.now);
  const recurrence = readRecurrence(tx, record.id);
  for (const channelNo of readToldChannels(tx, record.id)) {
    if (event === 'incident.resolved') dropWaitingUpdates(tx, record.id, channelNo);
    enqueueAlert(tx, {
      incidentId: record.id,
      channelNo,
      event,
      payload: alertPayload(event, incident, tx.now, publicUrl, recurrence),
      nextAt: tx.now,
    });
  }
}
