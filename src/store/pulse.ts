import type { EpochMs } from '#src/domain/clock.ts';
import type { UnobservedReason } from '#src/domain/unobserved.ts';
import type { Reader, Tx } from './database.ts';

/** When a server was last known to run on this database; null before the first. */
export function readPulse(reader: Reader): EpochMs | null {
  return reader.sql<{ beat_at: number }>('SELECT beat_at FROM pulse').get()?.beat_at ?? null;
}

export function beat(tx: Tx, stopped = false): void {
  tx.sql(
    'INSERT INTO pulse (only, beat_at, stopped) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET beat_at = excluded.beat_at, stopped = excluded.stopped',
  ).run(tx.now, stopped ? 1 : 0);
}

/** Time in which a monitor (null: all of them) was not watched. */
export function addUnobserved(
  tx: Tx,
  span: { monitorNo: number | null; from: EpochMs; to: EpochMs; reason: UnobservedReason },
): void {
  tx.sql('INSERT INTO unobserved (monitor_no, from_at, to_at, reason) VALUES (?,?,?,?)').run(
    span.monitorNo,
    span.from,
    span.to,
    span.reason,
  );
}
