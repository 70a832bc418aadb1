import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { verifyWebhook } from '../receive.ts';

export interface ReceivedAlert {
  id: string;
  type: string;
  summary: string;
  /** The signature is the one that this body, id and time must have (Standard Webhooks 1.0). */
  signed: boolean;
}

/** A private alert receiver on loopback: what an on-call's webhook would see. */
export interface Receiver {
  readonly url: string;
  readonly secret: string;
  readonly received: readonly ReceivedAlert[];
  close(): Promise<void>;
}

export async function startReceiver(onAlert: (alert: ReceivedAlert) => void): Promise<Receiver> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const received: ReceivedAlert[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const id = String(request.headers['webhook-id'] ?? '');
    const payload = JSON.parse(body) as { type: string; data: { summary: string } };
    response.writeHead(204, { connection: 'close' }).end();
    if (received.some((alert) => alert.id === id)) return;
    const signed = verifyWebhook(secret, request.headers, body, Date.now()).ok;
    const alert = { id, type: payload.type, summary: payload.data.summary, signed };
    received.push(alert);
    onAlert(alert);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    secret,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
