import { isIP, type Socket } from 'node:net';
import type { ProxyRoute, Route } from './connection.ts';
import { OwnFault, TargetFailure } from './failure-reasons.ts';

const MAX_HEAD_BYTES = 16_384;

/**
 * Asks a proxy for a tunnel (CONNECT, RFC 9110 9.3.6) and resolves when it stands. A gateway's statuses say what came of
 * the target (502, 503: not reached, 504: no answer); every other refusal, and a proxy that talks nonsense, is the
 * proxy's own (OwnFault).
 */
export function openTunnel(
  socket: Socket,
  { host, port }: Pick<Route, 'host' | 'port'>,
  proxy: ProxyRoute,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const credentials = proxy.authorization === null ? '' : `proxy-authorization: ${proxy.authorization}\r\n`;
  let head = Buffer.alloc(0);
  const done = (error: Error | null) => {
    socket.off('data', onData).off('end', onEnd).off('close', onEnd);
    socket.pause();
    if (error) reject(error);
    else resolve();
  };
  const onEnd = () => done(new OwnFault('the proxy closed the connection instead of opening a tunnel'));
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) {
      if (head.length > MAX_HEAD_BYTES) done(new OwnFault('the proxy did not answer with HTTP'));
      return;
    }
    const [line = ''] = head.toString('latin1', 0, end).split('\r\n', 1);
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1] ?? Number.NaN);
    const rest = head.subarray(end + 4);
    if (status >= 200 && status < 300 && rest.length > 0) socket.unshift(rest);
    done(refusal(status, line, authority));
  };
  socket.on('data', onData).on('end', onEnd).on('close', onEnd);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${credentials}\r\n`);
  return promise;
}

function refusal(status: number, line: string, authority: string): Error | null {
  if (Number.isNaN(status)) return new OwnFault('the proxy did not answer with HTTP');
  if (status >= 200 && status < 300) return null;
  const said = `the proxy answered ${line.slice(line.indexOf(' ') + 1, 100)} for ${authority}`;
  if (status === 504) return new TargetFailure('connect-timeout', said);
  if (status === 502 || status === 503) return new TargetFailure('connect-unreachable', said);
  return new OwnFault(status === 407 ? `${said}: it wants a name and a password (proxy.basic)` : said);
}
