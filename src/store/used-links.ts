import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';

interface Link {
  incidentId: string;
  channelId: string;
  expiresAt: EpochMs;
}

export function wasUsed(reader: Reader, { incidentId, channelId, expiresAt }: Link): boolean {
  return (
    reader
      .sql('SELECT 1 FROM used_links WHERE incident_id = ? AND channel_id = ? AND expires_at = ?')
      .get(incidentId, channelId, expiresAt) !== undefined
  );
}

/** A link works once. `entryId`: the timeline entry that it made. */
export function markUsed(tx: Tx, { incidentId, channelId, expiresAt }: Link, entryId: string): void {
  tx.sql('INSERT INTO used_links (incident_id, channel_id, expires_at, used_at, entry_id) VALUES (?,?,?,?,?)').run(
    incidentId,
    channelId,
    expiresAt,
    tx.now,
    entryId,
  );
}
