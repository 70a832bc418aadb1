import type { AlertEvent } from '#src/domain/alert.ts';
import type { Monitor } from '#src/domain/monitor.ts';
import type { Tx } from '#src/store/database.ts';
import { putIncident, readIncidentRecord } from '#src/store/incidents.ts';
import { abandonWindow, readWindowsOfIncident, readWindowsOfMonitor } from '#src/store/windows.ts';
import { notifyPersonal } from './notify.ts';

/** What follows from something a person did to an incident, in the transaction in which it was written. */
export function onIncidentEvent(
  tx: Tx,
  incidentId: string,
  event: AlertEvent,
  publicUrl: string,
  summary?: string,
): void {
  const record = readIncidentRecord(tx, incidentId);
  if (!record) return;
  if (event === 'incident.resolved') {
    for (const { id, window } of readWindowsOfIncident(tx, incidentId)) if (!window.resolved) abandonWindow(tx, id);
  }
  notifyPersonal(tx, record, event, publicUrl, summary);
}

/** A monitor that is down and deleted: its window stops being followed, and an incident with no other open one is over. */
export function onMonitorDeleted(tx: Tx, monitor: Monitor, publicUrl: string): void {
  for (const { id, window, incidentId } of readWindowsOfMonitor(tx, monitor.no)) {
    if (window.resolved || window.abandonedAt) continue;
    abandonWindow(tx, id);
    const record = incidentId && readIncidentRecord(tx, incidentId);
    if (!record || record.resolvedAt !== null) continue;
    const open = readWindowsOfIncident(tx, incidentId).some((w) => !w.window.resolved && !w.window.abandonedAt);
    if (open) continue;
    const resolved = { ...record, resolvedAt: tx.now, resolvedReason: `monitor ${monitor.config.key} was deleted` };
    putIncident(tx, resolved);
    notifyPersonal(tx, resolved, 'incident.resolved', publicUrl);
  }
}
