import type { Channel, ChannelType } from '#src/domain/channel.ts';
import type { Digest } from '#src/domain/digest.ts';
import type { Sealed } from '#src/domain/monitor.ts';
import type { Reader, Tx } from './database.ts';

interface ChannelRow {
  no: number;
  id: string;
  key: string;
  type: string;
  config: string;
  human: number;
  digest: string;
  disabled_reason: string | null;
  created_at: number;
  updated_at: number;
}

function toChannel(row: ChannelRow): Channel {
  const fields = Object.entries(JSON.parse(row.config) as Record<string, unknown>);
  const secrets = fields.filter((field): field is [string, Sealed] => isSealed(field[1]));
  return {
    no: row.no,
    id: row.id,
    key: row.key,
    type: row.type as ChannelType,
    settings: Object.fromEntries(fields.filter(([, value]) => !isSealed(value))),
    secrets: Object.fromEntries(secrets),
    human: row.human === 1,
    digest: row.digest as Digest,
    disabledReason: row.disabled_reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function isSealed(value: unknown): value is Sealed {
  return typeof value === 'object' && value !== null && 'sealed' in value;
}

export function readChannels(reader: Reader): Channel[] {
  return reader.sql<ChannelRow>('SELECT * FROM channels WHERE deleted_at IS NULL ORDER BY no').all().map(toChannel);
}

/** By `chn_` id or by key. */
export function readChannel(reader: Reader, idOrKey: string): Channel | null {
  const row = reader
    .sql<ChannelRow>('SELECT * FROM channels WHERE deleted_at IS NULL AND (id = ? OR key = ?)')
    .get(idOrKey, idOrKey);
  return row ? toChannel(row) : null;
}

export function readChannelByNo(reader: Reader, no: number): Channel | null {
  const row = reader.sql<ChannelRow>('SELECT * FROM channels WHERE no = ?').get(no);
  return row ? toChannel(row) : null;
}

export type ChannelFields = Pick<Channel, 'id' | 'key' | 'type' | 'settings' | 'secrets' | 'human'> & {
  digest?: Digest;
};

export function insertChannel(tx: Tx, channel: ChannelFields): Channel {
  const { id, key, type, settings, secrets, human, digest = 'daily' } = channel;
  tx.sql(
    'INSERT INTO channels (id, key, type, config, human, digest, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?)',
  ).run(id, key, type, JSON.stringify({ ...settings, ...secrets }), human ? 1 : 0, digest, tx.now, tx.now);
  tx.touch('policy');
  return readChannel(tx, id) as Channel;
}

/**
 * A channel that is changed receives again, also after its receiver had said it was gone. When it is another place now,
 * what was said of incidents there is not found here.
 */
export function updateChannel(tx: Tx, channel: ChannelFields): Channel {
  const { id, key, settings, secrets, human, digest = 'daily' } = channel;
  const before = readChannel(tx, id);
  if (before && JSON.stringify(before.settings) !== JSON.stringify(settings)) {
    tx.sql('DELETE FROM alert_threads WHERE channel_no = ?').run(before.no);
  }
  tx.sql(
    'UPDATE channels SET key = ?, config = ?, human = ?, digest = ?, disabled_reason = NULL, updated_at = ? WHERE id = ?',
  ).run(key, JSON.stringify({ ...settings, ...secrets }), human ? 1 : 0, digest, tx.now, id);
  tx.touch('alerts');
  tx.touch('policy');
  return readChannel(tx, id) as Channel;
}

/** Keys of the monitors that name a channel. */
export function usersOfChannel(reader: Reader, key: string): string[] {
  return reader
    .sql<{ key: string }>(
      `SELECT key FROM monitors WHERE deleted_at IS NULL
       AND EXISTS (SELECT 1 FROM json_each(config, '$.channels') WHERE value = ?) ORDER BY no`,
    )
    .all(key)
    .map((row) => row.key);
}

/**
 * A channel that was told of incidents stays as a row, so that drafts can go on naming it; its key is free, its secrets
 * are gone, and what had not been sent yet is not sent.
 */
export function deleteChannel(tx: Tx, channel: Channel): void {
  const told = tx.sql('SELECT 1 FROM alerts WHERE channel_no = ? LIMIT 1').get(channel.no);
  tx.sql('DELETE FROM digests WHERE channel_no = ?').run(channel.no);
  if (!told) {
    tx.sql('DELETE FROM channels WHERE no = ?').run(channel.no);
    return;
  }
  const reason = 'the channel was deleted';
  tx.sql(
    "UPDATE alerts SET state = 'undeliverable', undeliverable_reason = ? WHERE channel_no = ? AND state = 'pending'",
  ).run(reason, channel.no);
  tx.sql('UPDATE channels SET deleted_at = ?, disabled_reason = ?, config = ?, updated_at = ? WHERE no = ?').run(
    tx.now,
    reason,
    JSON.stringify(channel.settings),
    tx.now,
    channel.no,
  );
}
