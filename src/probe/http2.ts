import http2 from 'node:http2';
import type { Socket } from 'node:net';
import type { HopRequest } from './exchange.ts';
import type { Receiver, ResponseHead } from './hop.ts';

/**
 * Sends the request as the only stream of a new HTTP/2 session over the socket; returns what ends the session. By
 * node:http2 rather than by undici, whose client throws an assertion outside of any call (and so ends the process) when
 * it is destroyed while a stream is open, and silently sends the request again when the session is lost (8.12.4).
 */
export function sendOverHttp2(request: HopRequest, socket: Socket, receiver: Receiver): () => void {
  const { url, method, body } = request;
  const session = http2.connect(url.origin, { createConnection: () => socket, settings: { enablePush: false } });
  session.on('error', (error) => receiver.fail(error));
  session.on('close', () => receiver.fail(closed()));
  const { host, ...headers } = request.headers;
  const stream = session.request(
    {
      ...headers,
      ...(body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ':method': method,
      ':scheme': 'https',
      ':authority': host ?? url.host,
      ':path': url.pathname + url.search,
    },
    { endStream: body === null },
  );
  receiver.sent();
  stream.on('error', (error) => receiver.fail(error));
  stream.on('headers', () => receiver.informational());
  stream.on('response', ({ ':status': status = 0, ...fields }) => {
    receiver.head({ status, statusText: '', headers: fields as ResponseHead['headers'] });
  });
  let ended = false;
  stream.on('data', (chunk: Buffer) => receiver.data(chunk));
  stream.on('end', () => {
    ended = true;
  });
  // A stream that was reset without an error code ends as well; only its close tells.
  stream.on('close', () => {
    if (ended && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) receiver.end();
    else receiver.fail(closed());
  });
  if (body !== null) stream.end(body);
  return () => session.destroy();
}

function closed(): Error {
  return Object.assign(new Error('the HTTP/2 stream was closed'), { code: 'ECONNRESET' });
}
