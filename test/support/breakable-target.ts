import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server on loopback that can be broken, and that remembers when. */
export class BreakableTarget implements AsyncDisposable {
  status = 200;
  delayMs = 0;
  hits = 0;
  port = 0;
  #server: Server | null = null;

  readonly host: string;

  private constructor(host: string) {
    this.host = host;
  }

  /** `host`: an address of the loopback range; monitors of one host are one incident. */
  static async start(host = '127.0.0.1'): Promise<BreakableTarget> {
    const target = new BreakableTarget(host);
    await target.listen();
    return target;
  }

  get url(): string {
    return `http://${this.host}:${this.port}/health`;
  }

  async listen(): Promise<void> {
    const server = createServer((_request, response) => {
      this.hits++;
      const { status } = this;
      const answer = () => response.writeHead(status, { connection: 'close' }).end(status === 200 ? 'ok' : 'broken');
      setTimeout(answer, this.delayMs);
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.port, this.host, resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  /** Connections are refused from now on. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
  }
}
