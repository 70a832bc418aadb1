import tls from 'node:tls';
import { CannotProbe } from './cannot-probe.ts';

/** Contexts with an authority of their own that are kept; each costs about 0.1 MB. */
const REMEMBERED = 200;

/**
 * Gives the context for a monitor: one shared by all that trust the public authorities (and NODE_EXTRA_CA_CERTS), since
 * making one costs a quarter of a TLS probe, and one for each private authority. Throws CannotProbe for a `ca` that is
 * no PEM.
 */
export function createContexts(): (ca: string | null) => tls.SecureContext {
  const shared = tls.createSecureContext();
  const own = new Map<string, tls.SecureContext>();
  return (ca) => {
    if (ca === null) return shared;
    const known = own.get(ca);
    if (known) return known;
    if (own.size >= REMEMBERED) own.clear();
    try {
      const context = tls.createSecureContext({ ca });
      own.set(ca, context);
      return context;
    } catch (cause) {
      throw new CannotProbe('invalid-request', 'tls.ca', 'tls.ca is not a list of PEM certificates', { cause });
    }
  };
}
