import type { SecureContext } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import { NO_PHASES } from '#src/domain/check.ts';
import { type ConnectionDeps, type HopTrace, openConnection, type Route } from './connection.ts';
import type { Family } from './name-service.ts';

/** Bytes of a body that are read at most, before and after decoding. */
export const BODY_CAP_BYTES = 1_048_576;

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

export interface ResponseHead {
  status: number;
  statusText: string;
  headers: Record<string, string | string[]>;
}

/** A hop with its answer as far as it came. `body` holds wire bytes (content coding still on). */
export interface Hop extends HopTrace {
  head: ResponseHead | null;
  body: Buffer[];
  wireBytes: number;
  /** The body went on past the cap and was left. */
  overCap: boolean;
}

export function newHop(): Hop {
  return {
    stage: 'dns',
    phases: { ...NO_PHASES },
    peer: null,
    certificate: null,
    httpVersion: null,
    socket: null,
    head: null,
    body: [],
    wireBytes: 0,
    overCap: false,
  };
}

/** Ends the hop that is running, or keeps the next one from starting: the deadline, a shutdown. */
export interface Cancel {
  reason: Error | null;
  now: ((error: Error) => void) | null;
}

export type WantsBody = (head: ResponseHead) => boolean;

/**
 * Sends one request over a new connection and fills in the hop. Resolves when the answer was read as far as wanted:
 * to its end, to the cap, or only to its head. Rejects with what went wrong, as it came; the socket is gone either way.
 */
export function exchange(
  request: HopRequest,
  hop: Hop,
  deps: ConnectionDeps,
  cancel: Cancel,
  wantsBody: WantsBody,
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
    const settle = (error: Error | null) => {
      if (settled) return;
      settled = true;
      cancel.now = null;
      hop.socket?.destroy();
      if (h2) void client.destroy().catch(() => {});
      if (error) reject(error);
      else resolve();
    };
    cancel.now = settle;
    const client = new Client(url.origin, {
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: h2,
      maxCachedSessions: 0,
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
      handler(hop, deps.now, settle, wantsBody),
    );
  });
}

function handler(
  hop: Hop,
  now: () => number,
  settle: (error: Error | null) => void,
  wantsBody: WantsBody,
): Dispatcher.DispatchHandler {
  let since = 0;
  return {
    onRequestStart() {
      since = now();
    },
    onResponseStart(_controller, status, headers, statusText) {
      if (status < 200) return;
      hop.phases.firstByte = now() - since;
      since = now();
      hop.stage = 'download';
      hop.head = { status, statusText: statusText ?? '', headers: headers as ResponseHead['headers'] };
      if (!wantsBody(hop.head)) settle(null);
    },
    onResponseData(_controller, chunk) {
      const room = BODY_CAP_BYTES - hop.wireBytes;
      hop.body.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      hop.wireBytes += Math.min(chunk.length, room);
      if (chunk.length <= room) return;
      hop.overCap = true;
      hop.phases.download = now() - since;
      settle(null);
    },
    onResponseEnd() {
      hop.phases.download = now() - since;
      settle(null);
    },
    onResponseError(_controller, error) {
      settle(error);
    },
  };
}
