import type { Tx } from '#src/store/database.ts';
import { deleteIncident, hasFollowers, putIncident, readIncidentRecord } from '#src/store/incidents.ts';

/**
 * An incident whose windows all went to another one, or are not supported by the rows any more. When nobody was told
 * of it or wrote to it, it never was; otherwise it stays, resolved, and says why.
 */
export function retireIncident(tx: Tx, incidentId: string): void {
  if (!hasFollowers(tx, incidentId)) {
    deleteIncident(tx, incidentId);
    return;
  }
  const record = readIncidentRecord(tx, incidentId);
  if (!record) return;
  const resolvedReason = record.resolvedReason ?? 'its checks are now part of another incident';
  putIncident(tx, { ...record, resolvedAt: record.resolvedAt ?? tx.now, resolvedReason });
}
