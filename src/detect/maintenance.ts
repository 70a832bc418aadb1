import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { Maintenance } from '#src/domain/maintenance.ts';
import type { Span } from '#src/domain/uptime.ts';
import type { Store, Tx } from '#src/store/database.ts';
import { touchIncidentsAround } from '#src/store/incidents.ts';
import { planWindows, writePastWindows } from '#src/store/maintenances.ts';
import { readMonitors } from '#src/store/monitors.ts';
import type { Detector } from './detector.ts';

const DAY_MS = 86_400_000;
/** So far ahead the windows stand in the database; the rest is written hour by hour. */
const AHEAD_MS = 2 * DAY_MS;
const EVERY_MS = 3_600_000;

/** Keeps the windows of maintenances as rows. Nudged when monitors or maintenances change. */
export function createMaintenancePlanner({
  store,
  clock,
  detector,
}: {
  store: Store;
  clock: Clock;
  detector: Detector;
}) {
  return {
    async pass(): Promise<{ wakeAt: EpochMs }> {
      const has = store.reader.sql('SELECT 1 FROM maintenances LIMIT 1').get() !== undefined;
      if (has) {
        store.transact((tx) => planWindows(tx, readMonitors(tx), tx.now + AHEAD_MS));
        detector.forgetMaintenance();
      }
      return { wakeAt: clock.now() + EVERY_MS };
    },
  };
}

/** A maintenance was written: its windows follow at once, and what past ones leave uncounted is detected anew. */
export function onMaintenance(tx: Tx, detector: Detector, maintenance: Maintenance | null): void {
  const monitors = readMonitors(tx);
  const past = maintenance ? writePastWindows(tx, maintenance, monitors) : new Map<number, Span[]>();
  planWindows(tx, monitors, tx.now + AHEAD_MS);
  for (const [monitorNo, spans] of past) {
    detector.recount(tx, monitorNo, spans);
    for (const [from, to] of spans) touchIncidentsAround(tx, monitorNo, from, to);
  }
}
