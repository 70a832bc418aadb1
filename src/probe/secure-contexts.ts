import { createHash } from 'node:crypto';
import tls from 'node:tls';
import { CannotProbe } from './cannot-probe.ts';

/** Contexts of their own that are kept; each costs about 0.1 MB. */
const REMEMBERED = 200;

/** What a monitor's TLS differs in from everyone's, all of it PEM. */
export interface OwnTls {
  ca: string | null;
  cert: string | null;
  key: string | null;
}

/**
 * Gives the context for a monitor: one shared by all that trust the public authorities (and NODE_EXTRA_CA_CERTS), since
 * making one costs a quarter of a TLS probe, and one for each private authority or client certificate. Throws
 * CannotProbe for what is no PEM, or a key that is not the certificate's.
 */
export function createContexts(): (own: OwnTls) => tls.SecureContext {
  const shared = tls.createSecureContext();
  const made = new Map<string, tls.SecureContext>();
  return (own) => {
    if (own.ca === null && own.cert === null) return shared;
    const name = createHash('sha256')
      .update(JSON.stringify([own.ca, own.cert, own.key]))
      .digest('base64');
    const known = made.get(name);
    if (known) return known;
    if (made.size >= REMEMBERED) made.clear();
    const context = create(own);
    made.set(name, context);
    return context;
  };
}

function create({ ca, cert, key }: OwnTls): tls.SecureContext {
  try {
    return tls.createSecureContext({ ...(ca !== null && { ca }), ...(cert !== null && key !== null && { cert, key }) });
  } catch (cause) {
    const field = cert === null ? 'tls.ca' : 'tls';
    throw new CannotProbe('invalid-request', field, `${field} does not hold PEM that belongs together`, { cause });
  }
}

/** PEM of the authorities that everyone trusts here, with those of NODE_EXTRA_CA_CERTS. */
export function publicAuthorities(): string[] {
  return tls.getCACertificates('default');
}
