import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Certificate, Failure } from '#src/domain/check.ts';

export interface TlsProblem {
  failure: Extract<Failure, 'tls-expired' | 'tls-not-yet-valid' | 'tls-name-mismatch' | 'tls-untrusted'>;
  detail: string;
}

const EXPIRED = new Set(['CERT_HAS_EXPIRED', 'CRL_HAS_EXPIRED']);
const NOT_YET = new Set(['CERT_NOT_YET_VALID', 'CRL_NOT_YET_VALID']);

/**
 * Judges a server's certificate by name, in the order of the list of failures: dates, name (RFC 6125 as OpenSSL reads
 * it), then chain of trust. `now` is epoch ms. With no certificate at all the chain cannot be trusted.
 */
export function judgeCertificate(
  socket: TLSSocket,
  host: string,
  now: number,
): { certificate: Certificate | null; problems: TlsProblem[] } {
  const leaf = socket.getPeerX509Certificate();
  if (!leaf)
    return { certificate: null, problems: [{ failure: 'tls-untrusted', detail: 'the server showed no certificate' }] };
  const validFrom = leaf.validFromDate.getTime();
  const validTo = leaf.validToDate.getTime();
  const problems: TlsProblem[] = [];
  if (now > validTo)
    problems.push({ failure: 'tls-expired', detail: `the certificate expired at ${new Date(validTo).toISOString()}` });
  if (now < validFrom)
    problems.push({
      failure: 'tls-not-yet-valid',
      detail: `the certificate is not valid before ${new Date(validFrom).toISOString()}`,
    });
  if (!matchesHost(leaf, host))
    problems.push({ failure: 'tls-name-mismatch', detail: `the certificate is for ${namesOf(leaf)}, not for ${host}` });
  const code = socket.authorized ? '' : String(socket.authorizationError ?? '');
  const chain = chainProblem(code, problems);
  if (chain) problems.push(chain);
  const certificate = {
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    validFrom,
    validTo,
    problem: problems.length > 0 ? problems.map(({ detail }) => detail).join('; ') : null,
  };
  return { certificate, problems: problems.sort((a, b) => ORDER.indexOf(a.failure) - ORDER.indexOf(b.failure)) };
}

const ORDER = ['tls-expired', 'tls-not-yet-valid', 'tls-name-mismatch', 'tls-untrusted'];

/** OpenSSL's verdict on the chain, unless it only repeats what the leaf's own dates already said. */
function chainProblem(code: string, known: TlsProblem[]): TlsProblem | null {
  const dated = known.some(({ failure }) => failure === 'tls-expired' || failure === 'tls-not-yet-valid');
  if (code === '') return null;
  if (EXPIRED.has(code))
    return dated ? null : { failure: 'tls-expired', detail: 'a certificate of the chain has expired' };
  if (NOT_YET.has(code))
    return dated ? null : { failure: 'tls-not-yet-valid', detail: 'a certificate of the chain is not valid yet' };
  return { failure: 'tls-untrusted', detail: `the certificate is not trusted (${code})` };
}

function matchesHost(leaf: X509Certificate, host: string): boolean {
  return (isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host)) !== undefined;
}

function namesOf(leaf: X509Certificate): string {
  const names = leaf.subjectAltName?.replaceAll(/(DNS|IP Address):/g, '') ?? oneLine(leaf.subject);
  return names.length > 150 ? `${names.slice(0, 149)}…` : names || 'no name';
}

function oneLine(name: string): string {
  return name.split('\n').filter(Boolean).join(', ').slice(0, 500);
}
