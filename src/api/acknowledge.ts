import { type EpochMs, toRfc3339 } from '#src/domain/clock.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import type { Tx } from '#src/store/database.ts';
import { putIncident } from '#src/store/incidents.ts';
import { addEntry } from '#src/store/people.ts';
import type { RouteDeps } from './deps.ts';

/** Somebody is on it: the moment, a timeline entry, and those who were told hear of it. The first one stands. */
export function acknowledge(
  tx: Tx,
  deps: Pick<RouteDeps, 'onIncidentEvent'>,
  record: IncidentRecord,
  { by, at, how }: { by: string; at: EpochMs; how: string },
): { record: IncidentRecord; entryId: string } {
  const acknowledged = { ...record, acknowledgedAt: at, acknowledgedBy: by };
  putIncident(tx, acknowledged);
  const { id } = addEntry(tx, record.id, { at, kind: 'acknowledged', by, text: how });
  if (record.resolvedAt === null) deps.onIncidentEvent(tx, record.id, 'incident.acknowledged');
  return { record: acknowledged, entryId: id };
}

/** `acknowledged by Ada at 2026-03-01 03:12:00 UTC` */
export function whoAcknowledged({ acknowledgedBy, acknowledgedAt }: IncidentRecord): string {
  const at = acknowledgedAt === null ? '' : ` at ${toRfc3339(acknowledgedAt).slice(0, 19).replace('T', ' ')} UTC`;
  return `acknowledged by ${acknowledgedBy ?? 'someone'}${at}`;
}
