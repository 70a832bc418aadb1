import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  id: string;
  at: number;
  headers: Record<string, string>;
  body: string;
  type: string;
}

/** What a receiver does with a request, after it has read it. */
export type Reaction = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

export const accept: Reaction = (_request, response) => void response.writeHead(204).end();
export const answer =
  (status: number, headers: Record<string, string> = {}): Reaction =>
  (_request, response) =>
    void response.writeHead(status, headers).end();
export const hang: Reaction = () => {};
export const reset: Reaction = (request) => void request.socket.resetAndDestroy();

/** A real receiver of webhooks on loopback. `react` may be changed at any time. */
export class AlertReceiver implements AsyncDisposable {
  readonly received: Received[] = [];
  react: Reaction = accept;
  url = '';
  readonly #server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const { type } = JSON.parse(body) as { type: string };
    this.received.push({ id: headers['webhook-id'] ?? '', at: Date.now(), headers, body, type });
    this.react(request, response, this.received.length);
  });

  static async start(react: Reaction = accept): Promise<AlertReceiver> {
    const receiver = new AlertReceiver();
    receiver.react = react;
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    receiver.url = `http://127.0.0.1:${(receiver.#server.address() as AddressInfo).port}/hook`;
    return receiver;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
