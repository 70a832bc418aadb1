import type { EpochMs } from './clock.ts';

/** TypeID (https://github.com/jetify-com/typeid): prefix, underscore, 26 characters of Crockford base 32 over a UUIDv7. */
export type IdPrefix =
  | 'mon'
  | 'inc'
  | 'chk'
  | 'chg'
  | 'chn'
  | 'key'
  | 'evt'
  | 'msg'
  | 'act'
  | 'mnt'
  | 'blk'
  | 'esc'
  | 'sil'
  | 'pol'
  | 'trk';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export function encodeTypeId(prefix: IdPrefix, uuid: string): string {
  let rest = BigInt(`0x${uuid.replaceAll('-', '')}`);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = (ALPHABET[Number(rest & 31n)] as string) + text;
    rest >>= 5n;
  }
  return `${prefix}_${text}`;
}

/** The 128 bits behind a TypeID, or null when the text is not one with this prefix. */
export function decodeTypeId(prefix: IdPrefix, id: string): bigint | null {
  if (!id.startsWith(`${prefix}_`)) return null;
  const text = id.slice(prefix.length + 1);
  if (!/^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text)) return null;
  let bits = 0n;
  for (const character of text) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(character));
  return bits;
}

/** Where a check row lives. Its public id is made from this and needs no column of its own. */
export interface CheckKey {
  monitorNo: number;
  /** The slot of a scheduled check; the start of any other. */
  at: EpochMs;
  locationNo: number;
}

/**
 * The `chk_` id of a row: a UUIDv7 whose time is `at`, whose 12 random bits are the location number and whose
 * last 62 bits begin with the monitor number. The same row always has the same id, and an id leads to its row.
 */
export function checkId({ monitorNo, at, locationNo }: CheckKey): string {
  const bits =
    (BigInt(at) << 80n) | (0x7n << 76n) | (BigInt(locationNo) << 64n) | (0x2n << 62n) | (BigInt(monitorNo) << 30n);
  return encodeTypeId('chk', bits.toString(16).padStart(32, '0'));
}

export function parseCheckId(id: string): CheckKey | null {
  const bits = decodeTypeId('chk', id);
  if (bits === null) return null;
  return {
    at: Number(bits >> 80n),
    locationNo: Number((bits >> 64n) & 0xfffn),
    monitorNo: Number((bits >> 30n) & 0xffffffffn),
  };
}
