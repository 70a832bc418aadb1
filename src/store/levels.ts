import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader } from './database.ts';
import { oldestDueAlert } from './outbox.ts';

/** What the rows say of how things stand, for `/metrics`. Lists have no zero rows. */
export interface StoredLevels {
  monitors: { status: string; count: number }[];
  incidents: { kind: string; count: number }[];
  alerts: { state: string; count: number }[];
  oldestDueAlertSeconds: number;
  overduePostmortems: number;
  databaseBytes: number;
}

/** Everything here is answered from small tables or indexes: a scrape reads no check rows. */
export function readLevels(reader: Reader, now: EpochMs): StoredLevels {
  const oldest = oldestDueAlert(reader, now);
  return {
    monitors: reader
      .sql<{ status: string; count: number }>(
        `SELECT CASE WHEN json_extract(m.config, '$.paused') THEN 'paused' ELSE coalesce(s.status, 'pending') END AS status,
           count(*) AS count
         FROM monitors AS m LEFT JOIN monitor_states AS s ON s.monitor_no = m.no WHERE m.deleted_at IS NULL GROUP BY 1`,
      )
      .all(),
    incidents: reader
      .sql<{ kind: string; count: number }>(
        'SELECT kind, count(*) AS count FROM incidents WHERE resolved_at IS NULL GROUP BY kind',
      )
      .all(),
    alerts: reader
      .sql<{ state: string; count: number }>(
        "SELECT state, count(*) AS count FROM alerts WHERE state IN ('pending', 'undeliverable') GROUP BY state",
      )
      .all(),
    oldestDueAlertSeconds: oldest === null ? 0 : Math.max(0, now - oldest) / 1000,
    overduePostmortems:
      reader
        .sql<{ count: number }>(
          `SELECT count(*) AS count FROM postmortems AS p WHERE due_at < ? AND status IN ('draft', 'in_review')
             AND revision = (SELECT max(revision) FROM postmortems WHERE incident_id = p.incident_id)`,
        )
        .get(now)?.count ?? 0,
    databaseBytes:
      reader
        .sql<{ bytes: number }>('SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()')
        .get()?.bytes ?? 0,
  };
}
