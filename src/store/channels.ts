import type { Channel, ChannelType } from '#src/domain/channel.ts';
import type { Sealed } from '#src/domain/monitor.ts';
import type { Reader, Tx } from './database.ts';

interface ChannelRow {
  no: number;
  id: string;
  key: string;
  type: string;
  config: string;
  human: number;
  disabled_reason: string | null;
  created_at: number;
  updated_at: number;
}

function toChannel(row: ChannelRow): Channel {
  const { url, secret } = JSON.parse(row.config) as { url: string; secret: Sealed };
  return {
    no: row.no,
    id: row.id,
    key: row.key,
    type: row.type as ChannelType,
    url,
    secret,
    human: row.human === 1,
    disabledReason: row.disabled_reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function readChannels(reader: Reader): Channel[] {
  return reader.sql<ChannelRow>('SELECT * FROM channels ORDER BY no').all().map(toChannel);
}

/** By `chn_` id or by key. */
export function readChannel(reader: Reader, idOrKey: string): Channel | null {
  const row = reader.sql<ChannelRow>('SELECT * FROM channels WHERE id = ? OR key = ?').get(idOrKey, idOrKey);
  return row ? toChannel(row) : null;
}

export function readChannelByNo(reader: Reader, no: number): Channel | null {
  const row = reader.sql<ChannelRow>('SELECT * FROM channels WHERE no = ?').get(no);
  return row ? toChannel(row) : null;
}

export type ChannelFields = Pick<Channel, 'id' | 'key' | 'type' | 'url' | 'secret' | 'human'>;

export function insertChannel(tx: Tx, channel: ChannelFields): Channel {
  const { id, key, type, url, secret, human } = channel;
  tx.sql('INSERT INTO channels (id, key, type, config, human, created_at, updated_at) VALUES (?,?,?,?,?,?,?)').run(
    id,
    key,
    type,
    JSON.stringify({ url, secret }),
    human ? 1 : 0,
    tx.now,
    tx.now,
  );
  return readChannel(tx, id) as Channel;
}

/** A channel that is changed receives again, also after its receiver had said it was gone. */
export function updateChannel(tx: Tx, channel: ChannelFields): Channel {
  const { id, key, url, secret, human } = channel;
  tx.sql('UPDATE channels SET key = ?, config = ?, human = ?, disabled_reason = NULL, updated_at = ? WHERE id = ?').run(
    key,
    JSON.stringify({ url, secret }),
    human ? 1 : 0,
    tx.now,
    id,
  );
  tx.touch('alerts');
  return readChannel(tx, id) as Channel;
}
