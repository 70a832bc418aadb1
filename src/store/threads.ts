import type { Thread } from '#src/domain/channel.ts';
import type { Reader, Tx } from './database.ts';

interface Pair {
  /** Null: of no incident, and in no thread. */
  incidentId: string | null;
  channelNo: number;
}

/** What a channel's service answered to earlier alerts of an incident. */
export function readThread(reader: Reader, { incidentId, channelNo }: Pair): Thread | null {
  const row = reader
    .sql<{ thread: string }>('SELECT thread FROM alert_threads WHERE incident_id = ? AND channel_no = ?')
    .get(incidentId, channelNo);
  return row ? (JSON.parse(row.thread) as Thread) : null;
}

export function keepThread(tx: Tx, { incidentId, channelNo }: Pair, thread: Thread): void {
  if (incidentId === null) return;
  tx.sql(
    `INSERT INTO alert_threads (incident_id, channel_no, thread, updated_at) VALUES (?,?,?,?)
     ON CONFLICT DO UPDATE SET thread = excluded.thread, updated_at = excluded.updated_at`,
  ).run(incidentId, channelNo, JSON.stringify(thread), tx.now);
}
