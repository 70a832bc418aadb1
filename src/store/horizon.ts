import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';
import { readMeta, writeMeta } from './meta.ts';

const NAME = 'raw_horizon';

/** Rows of checks before this time may have been deleted; null: none ever were. */
export function readHorizon(reader: Reader): EpochMs | null {
  const text = readMeta(reader, NAME);
  return text === null ? null : Number(text);
}

export function writeHorizon(tx: Tx, horizon: EpochMs): void {
  writeMeta(tx, NAME, String(horizon));
}
