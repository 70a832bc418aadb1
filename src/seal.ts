import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Sealed } from '#src/domain/monitor.ts';

/**
 * Seals secrets with AES-256-GCM. `context` names the row and field the value belongs to and is authenticated, so
 * that a sealed value cannot be moved to another place. Format: `v1.<key id>.<iv>.<ciphertext+tag>`, base64url.
 */
export interface Sealer {
  /** First 8 hex digits of the key's SHA-256: tells which key sealed a value without telling the key. */
  readonly keyId: string;
  seal(plain: string, context: string): Sealed;
  /** A key for one other purpose, from which this one cannot be told. */
  derive(purpose: string): Buffer;
  /** Throws SealError when the key is another one, or the value was changed or moved. */
  open(value: Sealed, context: string): string;
}

export class SealError extends Error {
  readonly code = 'HINDCAST_SEAL';
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

export function createSealer(key: Buffer): Sealer {
  if (key.length !== 32) throw new SealError('the secret key must be 32 bytes');
  const keyId = createHash('sha256').update(key).digest('hex').slice(0, 8);
  return {
    keyId,
    seal(plain, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return { sealed: `v1.${keyId}.${iv.toString('base64url')}.${body.toString('base64url')}` };
    },
    derive: (purpose) => Buffer.from(hkdfSync('sha256', key, '', `hindcast ${purpose}`, 32)),
    open(value, context) {
      const [version, sealedBy, iv, body] = value.sealed.split('.');
      if (version !== 'v1' || !iv || !body) throw new SealError('not a sealed value');
      if (sealedBy !== keyId) throw new SealError(`sealed with key ${sealedBy}, but the key in use is ${keyId}`);
      const bytes = Buffer.from(body, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'));
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch {
        throw new SealError(`the sealed value does not belong to ${context}, or was changed`);
      }
    },
  };
}
