import type { EpochMs } from './clock.ts';
import type { CheckKey } from './ids.ts';

/**
 * up: all expectations hold. degraded: up, but a soft limit is passed. down: an expectation failed or no answer
 * came. unknown: the check could not be made through no fault of the target; it never counts as up or down.
 */
export const VERDICTS = ['up', 'degraded', 'down', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The closed list of failures. The order is stored: append only; `byLayer` is the order in which they are named. */
export const FAILURES = [
  'dns-not-found',
  'dns-error',
  'dns-timeout',
  'connect-refused',
  'connect-timeout',
  'connect-reset',
  'connect-unreachable',
  'tls-expired',
  'tls-not-yet-valid',
  'tls-name-mismatch',
  'tls-untrusted',
  'tls-handshake',
  'first-byte-timeout',
  'download-timeout',
  'download-reset',
  'too-large',
  'http-malformed',
  'redirect-limit',
  'redirect-invalid',
  'status',
  'body',
  'json',
  'header',
  'latency',
  'certificate-days',
  'target-refused',
  'final-url',
  'http-version',
] as const;
export type Failure = (typeof FAILURES)[number];

export const LAYERS = ['dns', 'connect', 'tls', 'http', 'content', 'limit', 'policy'] as const;
export type Layer = (typeof LAYERS)[number];

/** The layer of the request at which a failure happened, from name resolution up to the content of the answer. */
export function layerOf(failure: Failure): Layer {
  if (failure.startsWith('dns-')) return 'dns';
  if (failure.startsWith('connect-')) return 'connect';
  if (failure.startsWith('tls-')) return 'tls';
  switch (failure) {
    case 'body':
    case 'json':
    case 'header':
      return 'content';
    case 'latency':
    case 'certificate-days':
      return 'limit';
    case 'target-refused':
      return 'policy';
    default:
      return 'http';
  }
}

/** Compares failures by the layer that failed, then by their place in the list. */
export function byLayer(a: Failure, b: Failure): number {
  return LAYERS.indexOf(layerOf(a)) - LAYERS.indexOf(layerOf(b)) || FAILURES.indexOf(a) - FAILURES.indexOf(b);
}

const FAILURE_WORDS: Record<Failure, string> = {
  'dns-not-found': 'name not found',
  'dns-error': 'DNS server failure (SERVFAIL or refused)',
  'dns-timeout': 'DNS timeout',
  'connect-refused': 'connection refused',
  'connect-timeout': 'connection timeout',
  'connect-reset': 'connection reset',
  'connect-unreachable': 'host unreachable',
  'tls-expired': 'certificate expired',
  'tls-not-yet-valid': 'certificate not yet valid',
  'tls-name-mismatch': 'certificate for another name',
  'tls-untrusted': 'certificate not trusted',
  'tls-handshake': 'TLS handshake failed',
  'first-byte-timeout': 'no answer before the timeout',
  'download-timeout': 'answer not complete before the timeout',
  'download-reset': 'answer cut off',
  'too-large': 'answer too large',
  'http-malformed': 'answer is not valid HTTP',
  'redirect-limit': 'too many redirects',
  'redirect-invalid': 'invalid redirect',
  status: 'unexpected status',
  body: 'unexpected body',
  json: 'unexpected JSON',
  header: 'unexpected header',
  latency: 'too slow',
  'certificate-days': 'certificate close to its end',
  'target-refused': 'address refused by policy',
  'final-url': 'redirected to another URL',
  'http-version': 'unexpected HTTP version',
};

/** A failure in a few words: `connection refused`, or for a status `HTTP 503`. */
export function describeFailure(failure: Failure, status: number | null): string {
  return failure === 'status' && status !== null ? `HTTP ${status}` : FAILURE_WORDS[failure];
}

export const PHASES = ['dns', 'connect', 'tls', 'firstByte', 'download'] as const;
export type Phase = (typeof PHASES)[number];
/** Milliseconds per phase of the final hop; null where the request did not come that far or has no such phase. */
export type Phases = Record<Phase, number | null>;

export interface FailureDetail {
  failure: Failure;
  /** The evidence in words, at most 300 characters: `expected 200-299, got 503`. */
  detail: string;
}

export interface Certificate {
  subject: string;
  issuer: string;
  validFrom: EpochMs;
  validTo: EpochMs;
  /** What was wrong with it, also when verification is off. */
  problem: string | null;
}

export interface RedirectHop {
  url: string;
  status: number;
  location: string | null;
  latencyMs: number;
}

/** What a person would want to see of a failed check. Scrubbed of secrets before it leaves the probe. */
export interface Evidence {
  statusLine: string | null;
  headers: Record<string, string>;
  /** The first 2 KiB of the body as text. */
  body: string | null;
}

/** What one probe found out. Times are wall times; durations were measured on the monotonic clock. */
export interface CheckResult {
  startedAt: EpochMs;
  endedAt: EpochMs;
  verdict: Verdict;
  /** HTTP status of the answer that was judged, null when there was none. */
  status: number | null;
  /** The first failure by layer; null when up, and for most `unknown`. */
  failure: Failure | null;
  /** One line of evidence; for `unknown` the reason the check could not be made. */
  detail: string | null;
  failures: FailureDetail[];
  /** Total time from the start to the end of the probe. */
  latencyMs: number | null;
  phases: Phases;
  peer: string | null;
  /** The addresses the name resolved to, in the order they were tried; null for a literal address. */
  resolved: string[] | null;
  httpVersion: string | null;
  bytes: { wire: number; decoded: number } | null;
  certificate: Certificate | null;
  redirects: RedirectHop[];
  evidence: Evidence | null;
}

/** The columns of a check row: what detection, uptime and drafts read. */
export interface CheckRow extends CheckKey {
  startedAt: EpochMs;
  endedAt: EpochMs;
  verdict: Verdict;
  failure: Failure | null;
  status: number | null;
  latencyMs: number | null;
  phases: Phases;
}

export const NO_PHASES: Phases = { dns: null, connect: null, tls: null, firstByte: null, download: null };

/** How the detail of an `unknown` check begins whose failure was that of the probe's own network. */
export const OWN_NETWORK = 'our own network';

export function isOwnNetwork({ verdict, detail }: Pick<CheckResult, 'verdict' | 'detail'>): boolean {
  return verdict === 'unknown' && detail !== null && detail.startsWith(OWN_NETWORK);
}

/** A check that could not be made: our own fault, never the target's. */
export function unknownResult(startedAt: EpochMs, endedAt: EpochMs, reason: string): CheckResult {
  return {
    startedAt,
    endedAt,
    verdict: 'unknown',
    status: null,
    failure: null,
    detail: reason,
    failures: [],
    latencyMs: null,
    phases: NO_PHASES,
    peer: null,
    resolved: null,
    httpVersion: null,
    bytes: null,
    certificate: null,
    redirects: [],
    evidence: null,
  };
}
