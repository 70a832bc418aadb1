import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSealer, SealError, type Sealer } from './seal.ts';
import type { Store } from './store/database.ts';
import { readMeta, writeMeta } from './store/meta.ts';

const KEY_FILE = 'secret.key';
const KEY_ID = 'seal_key_id';

/**
 * The sealer for this database: with the configured key, or else with the one kept in the data folder (made at first
 * start, readable by its owner only).
 * @throws SealError when the database was sealed with another key, before anything is written with the wrong one.
 */
export function openSealer(store: Store, dataDir: string, configured: Buffer | null): Sealer {
  const sealer = createSealer(configured ?? keyInFolder(dataDir));
  const known = readMeta(store.reader, KEY_ID);
  if (known !== null && known !== sealer.keyId) {
    throw new SealError(
      `the secrets in ${dataDir} are sealed with key ${known}, but the key in use is ${sealer.keyId}. ` +
        `Set HINDCAST_SECRET_KEY to the key they were sealed with, or put its ${KEY_FILE} back into the folder.`,
    );
  }
  if (known === null) store.transact((tx) => writeMeta(tx, KEY_ID, sealer.keyId));
  return sealer;
}

function keyInFolder(dataDir: string): Buffer {
  const file = join(dataDir, KEY_FILE);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length === 32) return key;
  throw new SealError(`${file} does not hold 32 bytes in base64; put back the file that was there, or its backup`);
}
