import type { EpochMs } from '#src/domain/clock.ts';
import type { Silence } from '#src/domain/silence.ts';
import type { Reader, Tx } from './database.ts';

interface SilenceRow {
  definition: string;
  ends_at: number;
}

const toSilence = (row: SilenceRow): Silence => ({
  ...(JSON.parse(row.definition) as Silence),
  endsAt: row.ends_at,
});

export function readSilence(reader: Reader, id: string): Silence | null {
  const row = reader.sql<SilenceRow>('SELECT definition, ends_at FROM silences WHERE id = ?').get(id);
  return row ? toSilence(row) : null;
}

/** Newest first, before a place in the order in which they were made. */
export function readSilences(
  reader: Reader,
  query: { activeAt: EpochMs | null; before: number | null; limit: number },
): (Silence & { place: number })[] {
  const { activeAt: at, before, limit } = query;
  return reader
    .sql<SilenceRow & { place: number }>(
      `SELECT definition, ends_at, rowid AS place FROM silences WHERE (? IS NULL OR (starts_at <= ? AND ends_at > ?))
       AND rowid < ? ORDER BY rowid DESC LIMIT ?`,
    )
    .all(at, at, at, before ?? Number.MAX_SAFE_INTEGER, limit)
    .map((row) => ({ ...toSilence(row), place: row.place }));
}

/** Those that are not over. */
export function readCurrentSilences(reader: Reader, now: EpochMs): Silence[] {
  return reader.sql<SilenceRow>('SELECT definition, ends_at FROM silences WHERE ends_at > ?').all(now).map(toSilence);
}

export function insertSilence(tx: Tx, silence: Silence): void {
  tx.sql('INSERT INTO silences (id, starts_at, ends_at, definition, created_at) VALUES (?,?,?,?,?)').run(
    silence.id,
    silence.startsAt,
    silence.endsAt,
    JSON.stringify(silence),
    silence.createdAt,
  );
  tx.touch('policy');
}

/** Over now; the row stays, since alerts name it. */
export function endSilence(tx: Tx, id: string): void {
  tx.sql('UPDATE silences SET ends_at = max(starts_at, ?) WHERE id = ? AND ends_at > ?').run(tx.now, id, tx.now);
  tx.touch('policy');
}
