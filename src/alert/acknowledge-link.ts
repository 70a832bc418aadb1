import { createHmac, timingSafeEqual } from 'node:crypto';
import type { EpochMs } from '#src/domain/clock.ts';

/** What a link that acknowledges says. */
export interface LinkClaim {
  incidentId: string;
  channelId: string;
  expiresAt: EpochMs;
}

/** Makes the last part of the link for an alert that was written at `from`. */
export type SignLink = (of: { incidentId: string; channelId: string; from: EpochMs }) => string;
/** What a link says when its signature is ours, or null. Whether it expired is for the caller to see. */
export type ReadLink = (token: string) => LinkClaim | null;

const VALID_MS = 7 * 24 * 3_600_000;

/**
 * Links that acknowledge an incident without an API key: `<incident>.<channel>.<expiry, s, base 36>.<HMAC-SHA256>`. The
 * key is derived from the secret key for this purpose alone.
 */
export function createLinkSigner(key: Buffer): { sign: SignLink; read: ReadLink } {
  const mac = (text: string) => createHmac('sha256', key).update(text).digest();
  return {
    sign({ incidentId, channelId, from }) {
      const claim = `${incidentId}.${channelId}.${Math.floor((from + VALID_MS) / 1000).toString(36)}`;
      return `${claim}.${mac(claim).toString('base64url')}`;
    },
    read(token) {
      const [incidentId, channelId, expiry, signature, ...more] = token.split('.');
      if (!incidentId || !channelId || !expiry || !signature || more.length > 0) return null;
      const expected = mac(`${incidentId}.${channelId}.${expiry}`);
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      return { incidentId, channelId, expiresAt: Number.parseInt(expiry, 36) * 1000 };
    },
  };
}
