import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Behaviour = 'fine' | 'refused' | 'failing' | 'slow';

/** A private web service on loopback that can be broken on purpose. */
export interface Target {
  readonly url: string;
  behave(as: Behaviour): Promise<void>;
  close(): Promise<void>;
}

/** How long the slow target takes: beyond the limit at which the rehearsal's monitor calls it down. */
export const SLOW_MS = 700;

export async function startTarget(): Promise<Target> {
  let behaviour: Behaviour = 'fine';
  let server: Server | null = null;
  let port = 0;

  async function open(): Promise<void> {
    server = createServer((_request, response) => {
      const status = behaviour === 'failing' ? 503 : 200;
      const answer = () => {
        response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
        response.end(JSON.stringify(status === 200 ? { status: 'up' } : { error: 'no database connection' }));
      };
      if (behaviour === 'slow') setTimeout(answer, SLOW_MS);
      else answer();
    });
    const opened = server;
    await new Promise<void>((resolve, reject) => opened.once('error', reject).listen(port, '127.0.0.1', resolve));
    port = (opened.address() as AddressInfo).port;
  }

  async function shut(): Promise<void> {
    const closing = server;
    server = null;
    if (!closing) return;
    closing.closeAllConnections();
    await new Promise((resolve) => closing.close(resolve));
  }

  await open();
  return {
    url: `http://127.0.0.1:${port}/health`,
    async behave(as) {
      behaviour = as;
      if (as === 'refused') await shut();
      else if (!server) await open();
    },
    close: shut,
  };
}
