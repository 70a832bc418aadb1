import { createHash, randomUUIDv7 } from 'node:crypto';
import { encodeTypeId, type IdPrefix } from '#src/domain/ids.ts';

export function newId(prefix: IdPrefix): string {
  return encodeTypeId(prefix, randomUUIDv7());
}

/**
 * A UUIDv7 that is a function of its parts: the time, and a hash of what identifies the thing. Rebuilding from rows
 * gives the same id.
 */
export function derivedId(prefix: IdPrefix, at: number, ...identity: (string | number)[]): string {
  const hash = createHash('sha256').update(identity.join('\n')).digest('hex');
  const variant = ((Number.parseInt(hash[3] as string, 16) & 0x3) | 0x8).toString(16);
  const time = at.toString(16).padStart(12, '0');
  return encodeTypeId(prefix, `${time}7${hash.slice(0, 3)}${variant}${hash.slice(4, 19)}`);
}
