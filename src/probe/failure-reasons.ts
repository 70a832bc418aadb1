import type { Failure } from '#src/domain/check.ts';

/** The target failed: caught inside the probe, where it becomes a value. Never leaves this folder. */
export class TargetFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, detail: string) {
    super(detail);
    this.failure = failure;
  }
}

/** The check could not be made through no fault of the target (shutdown, a stalled loop, no sockets left). */
export class OwnFault extends Error {}

/** How far a hop has come; a time-out or a reset is named after the stage it happened in. */
export type Stage = 'dns' | 'proxy' | 'connect' | 'tls' | 'firstByte' | 'download';

const TIMEOUTS = {
  dns: 'dns-timeout',
  connect: 'connect-timeout',
  tls: 'tls-handshake',
  firstByte: 'first-byte-timeout',
  download: 'download-timeout',
} as const satisfies Record<Exclude<Stage, 'proxy'>, Failure>;

const WAITED_FOR = {
  dns: 'the name was not resolved',
  connect: 'no connection',
  tls: 'the TLS handshake did not finish',
  firstByte: 'no complete response head',
  download: 'the body did not end',
} as const satisfies Record<Exclude<Stage, 'proxy'>, string>;

export function timeoutAt(stage: Stage, timeoutMs: number): TargetFailure | OwnFault {
  if (stage === 'proxy') return new OwnFault(`the proxy was not reached within ${timeoutMs} ms`);
  return new TargetFailure(TIMEOUTS[stage], `${WAITED_FOR[stage]} within ${timeoutMs} ms`);
}

/** Local limits: no more files, ports or memory. Our fault, so the verdict is unknown. */
const OWN_CODES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EADDRINUSE']);

const CONNECT: Record<string, [Failure, string]> = {
  ECONNREFUSED: ['connect-refused', 'connection refused'],
  ETIMEDOUT: ['connect-timeout', 'no answer to the connection attempt'],
  ECONNRESET: ['connect-reset', 'connection reset while connecting'],
  EPIPE: ['connect-reset', 'connection closed while connecting'],
  EHOSTUNREACH: ['connect-unreachable', 'no route to the host'],
  ENETUNREACH: ['connect-unreachable', 'no route to the network'],
};

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Names an error of `net.connect`; several addresses fail as one AggregateError. */
export function connectFailure(error: Error, where: string): TargetFailure | OwnFault {
  const codes = error instanceof AggregateError ? error.errors.map(codeOf) : [codeOf(error)];
  const own = codes.find((code) => OWN_CODES.has(code));
  if (own) return new OwnFault(`no socket could be opened here (${own})`);
  const code = ['ETIMEDOUT', 'ECONNREFUSED', 'ECONNRESET'].find((wanted) => codes.includes(wanted)) ?? codes[0] ?? '';
  const [failure, words] = CONNECT[code] ?? ['connect-unreachable', `cannot connect (${code || error.message})`];
  return new TargetFailure(failure, `${words}: ${where}`);
}

export function handshakeFailure(error: Error): TargetFailure {
  const code = codeOf(error);
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return new TargetFailure('tls-handshake', 'the server does not speak TLS on this port');
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return new TargetFailure('tls-handshake', 'the server closed the connection during the TLS handshake');
  return new TargetFailure('tls-handshake', `the TLS handshake failed (${code || error.message})`);
}

const HTTP2_ENDED = new Set(['ERR_HTTP2_STREAM_ERROR', 'ERR_HTTP2_STREAM_CANCEL', 'ERR_HTTP2_SESSION_ERROR']);

/** Names an error of undici or node:http2 after the connection stood. */
export function exchangeFailure(error: Error, stage: Stage): TargetFailure | OwnFault {
  if (error instanceof TargetFailure || error instanceof OwnFault) return error;
  const code = codeOf(error);
  const inBody = stage === 'download';
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO')
    return new TargetFailure('tls-handshake', `the server ended TLS with an error (${code})`);
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new TargetFailure('http-malformed', 'the response headers are larger than 16 KiB');
  if (error.message === 'bad response' || error.message === 'bad upgrade')
    return new TargetFailure('http-malformed', 'the server changed protocols or answered 100 without being asked');
  if (inBody && (code === 'HPE_INVALID_EOF_STATE' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'))
    return new TargetFailure('download-reset', 'the body ended before it was complete');
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'HPE_INVALID_EOF_STATE')
    return inBody
      ? new TargetFailure('download-reset', 'the connection was closed before the body was complete')
      : new TargetFailure('connect-reset', 'the connection was closed before a complete response head');
  if (code === 'ETIMEDOUT')
    return new TargetFailure(stage === 'proxy' ? 'connect-timeout' : TIMEOUTS[stage], 'the connection timed out');
  if (HTTP2_ENDED.has(code))
    return new TargetFailure(inBody ? 'download-reset' : 'connect-reset', `the server ended HTTP/2 (${error.message})`);
  // undici asserts what it never expected a server to send, such as status 099.
  if (code === 'ERR_ASSERTION')
    return new TargetFailure('http-malformed', 'the answer is not valid HTTP: an impossible status or framing');
  if (error.name === 'HTTPParserError' || /^(HPE_|UND_ERR_|ERR_HTTP)/.test(code))
    return new TargetFailure('http-malformed', `the answer is not valid HTTP: ${error.message}`);
  return new OwnFault(`the probe failed in itself: ${error.message}`);
}
