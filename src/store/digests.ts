import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';

/** Up to when a channel was told of degraded monitors; null before its first digest. */
export function readDigestUntil(reader: Reader, channelNo: number): EpochMs | null {
  return (
    reader.sql<{ at: number }>('SELECT told_until AS at FROM digests WHERE channel_no = ?').get(channelNo)?.at ?? null
  );
}

export function putDigest(tx: Tx, channelNo: number, toldUntil: EpochMs): void {
  tx.sql(
    'INSERT INTO digests (channel_no, told_until) VALUES (?,?) ON CONFLICT DO UPDATE SET told_until = excluded.told_until',
  ).run(channelNo, toldUntil);
}
