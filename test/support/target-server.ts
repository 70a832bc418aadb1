import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import type { Issued } from './certificates.ts';

export interface TargetServer {
  port: number;
  /** `http://127.0.0.1:<port>` or `https://…`. */
  url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Misbehaviour = (socket: net.Socket) => void;

export interface RawOptions {
  /** When the misbehaviour begins: on connection, or once the first bytes of the request came. */
  on?: 'connection' | 'request';
  /** With a certificate the socket speaks TLS before it misbehaves. */
  certificate?: Issued;
  /** PEM of the authority whose clients alone are let in. */
  clientCa?: string;
}

/** A server of raw sockets on 127.0.0.1 that does whatever the test wants; port 0. */
export async function startRawServer(misbehave: Misbehaviour, options: RawOptions = {}): Promise<TargetServer> {
  const { on = 'request', certificate, clientCa } = options;
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true };
  const accept = (socket: net.Socket) => {
    socket.on('error', () => {});
    if (on === 'connection') misbehave(socket);
    else socket.once('data', () => misbehave(socket));
  };
  const server = certificate ? tls.createServer({ ...certificate, ...clients }, accept) : net.createServer(accept);
  server.on('tlsClientError', () => {});
  return listening(server, certificate ? 'https' : 'http');
}

/** A well-behaved HTTP server on loopback; port 0. */
export async function startHttpServer(
  handle: http.RequestListener,
  options: { host?: string } = {},
): Promise<TargetServer> {
  return listening(http.createServer(handle), 'http', options.host);
}

/** The same, with a hand on the server before it listens. */
export async function createListeningHttp(
  handle: http.RequestListener,
  prepare: (server: http.Server) => void,
): Promise<TargetServer> {
  const server = http.createServer(handle);
  prepare(server);
  return listening(server, 'http');
}

async function listening(server: net.Server, scheme: string, host = '127.0.0.1'): Promise<TargetServer> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    port: address.port,
    url: `${scheme}://${shown}:${address.port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Writes `chunk` every `everyMs` until the socket is gone. */
export function drip(socket: net.Socket, chunk: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(chunk), everyMs);
  socket.once('close', () => clearInterval(timer));
}

/** Writes `chunk` as fast as the reader takes it, for ever. */
export function flood(socket: net.Socket, chunk: string | Buffer): void {
  const fill = () => {
    while (!socket.destroyed && socket.write(chunk)) {}
  };
  socket.on('drain', fill);
  fill();
}
