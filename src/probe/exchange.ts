import type { SecureContext } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import { type ConnectionDeps, openConnection, type Route } from './connection.ts';
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
      host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      secure,
      ipFamily: request.ipFamily,
      verify: request.verify,
      alpn: [h2 ? 'h2' : 'http/1.1'],
      context: request.context,
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
          if (settled) socket.destroy();
          else callback(null, socket);
        }, settle);
      },
    });
    const { method, headers, body } = request;
    const path = url.pathname + url.search;
    client.dispatch(
      { path, method: method as Dispatcher.HttpMethod, headers, body },
      {
        onRequestStart: () => receiver.sent(),
        onResponseStart: (_controller, status, head, text) => {
          if (status < 200) receiver.informational();
          else receiver.head({ status, statusText: text ?? '', headers: head as ResponseHead['headers'] });
        },
        onResponseData: (_controller, chunk) => receiver.data(chunk),
        onResponseEnd: () => receiver.end(),
        onResponseError: (_controller, error) => receiver.fail(error),
      },
    );
  });
}
