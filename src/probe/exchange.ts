import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import { bareHost, type ConnectionDeps, openConnection, type ProxyRoute, type Route } from './connection.ts';
import { OwnFault } from './failure-reasons.ts';
import { createReceiver, type Hop, type ResponseHead } from './hop.ts';
import { sendOverHttp2 } from './http2.ts';
import type { Family } from './name-service.ts';

export interface HopRequest {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | null;
  ipFamily: Family;
  verify: boolean;
  httpVersion: 'auto' | '1.1' | '2';
  context: SecureContext;
  proxy: ProxyRoute | null;
}

/** Ends the hop that is running, or keeps the next one from starting: the deadline, a shutdown. */
export interface Cancel {
  reason: Error | null;
  now: ((error: Error) => void) | null;
}

/**
 * Sends one request over a new connection and fills in the hop. Resolves when the answer was read as far as wanted:
 * to its end, to the cap, or only to its head. Rejects with what went wrong, as it came; the socket is gone either way.
 */
export function exchange(
  request: HopRequest,
  hop: Hop,
  deps: ConnectionDeps,
  cancel: Cancel,
  wantsBody: (head: ResponseHead) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { url } = request;
    const secure = url.protocol === 'https:';
    const h2 = secure && request.httpVersion === '2';
    const route: Route = {
      host: bareHost(url.hostname),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      secure,
      ipFamily: request.ipFamily,
      verify: request.verify,
      alpn: [h2 ? 'h2' : 'http/1.1'],
      context: request.context,
      proxy: request.proxy,
    };
    let settled = false;
    let endSession = () => {};
    const settle = (error: Error | null) => {
      if (settled) return;
      settled = true;
      cancel.now = null;
      endSession();
      hop.socket?.destroy();
      if (error) reject(error);
      else resolve();
    };
    cancel.now = settle;
    const receiver = createReceiver(hop, deps.now, settle, wantsBody);
    if (h2) {
      openConnection(route, hop, deps).then((socket) => {
        if (settled) socket.destroy();
        else endSession = sendOverHttp2(request, socket, receiver);
      }, settle);
      return;
    }
    const client = new Client(url.origin, {
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
      connect: (_options, callback) => {
        openConnection(route, hop, deps).then((socket) => {
          socket.once('close', skipStacks);
          if (settled) socket.destroy();
          else callback(null, notingVersion(socket, hop));
        }, settle);
      },
    });
    const { method, body } = request;
    const inProxy = secure ? null : request.proxy;
    const path = (inProxy ? url.origin : '') + url.pathname + url.search;
    const headers = inProxy?.authorization
      ? { ...request.headers, 'proxy-authorization': inProxy.authorization }
      : request.headers;
    client.dispatch(
      { path, method: method as Dispatcher.HttpMethod, headers, body },
      {
        onRequestStart: () => receiver.sent(),
        onResponseStart: (_controller, status, head, text) => {
          if (status < 200) receiver.informational();
          else if (status === 407 && inProxy)
            settle(new OwnFault('the proxy wants a name and a password (proxy.basic)'));
          else receiver.head({ status, statusText: text ?? '', headers: head as ResponseHead['headers'] });
        },
        onResponseData: (_controller, chunk) => receiver.data(chunk),
        onResponseEnd: () => {
          skipStacks();
          receiver.end();
        },
        onResponseError: (_controller, error) => receiver.fail(error),
      },
    );
  });
}

/**
 * undici makes an error of the end of every connection, right after the answer and again as the socket closes, for nobody
 * to see. Its stack leads through WebAssembly and costs a tenth of the whole check: none is collected in this turn.
 */
function skipStacks(): void {
  const { stackTraceLimit } = Error;
  if (stackTraceLimit === 0) return;
  Error.stackTraceLimit = 0;
  queueMicrotask(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
}

const VERSION_BYTES = 'HTTP/1.x'.length;

/** undici does not tell HTTP/1.0 from 1.1: the first bytes that it reads do. */
function notingVersion(socket: Socket, hop: Hop): Socket {
  const read = socket.read.bind(socket);
  let seen = '';
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    if (chunk && seen.length < VERSION_BYTES) {
      seen += chunk.toString('latin1', 0, VERSION_BYTES - seen.length);
      if (seen === 'HTTP/1.0') hop.httpVersion = '1.0';
    }
    return chunk;
  };
  return socket;
}
