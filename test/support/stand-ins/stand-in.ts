import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';

export interface ServiceRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface ServiceAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** How a service answers to a request that is as it documents. Throws `Misuse` for what it would refuse. */
export type Service = (request: ServiceRequest) => ServiceAnswer;

/** The request is not as the service documents it. */
export class Misuse extends Error {
  readonly answer: ServiceAnswer;
  constructor(message: string, answer: ServiceAnswer) {
    super(message);
    this.answer = answer;
  }
}

/** Holds a body against the documented schema. */
export function must<T>(schema: z.ZodType<T>, value: unknown, refuse: (why: string) => ServiceAnswer): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const why = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new Misuse(why, refuse(why));
}

/** A service on loopback that checks what it is sent as strictly as its documentation reads. */
export class StandIn implements AsyncDisposable {
  readonly requests: ServiceRequest[] = [];
  /** What was not as documented. */
  readonly misuses: string[] = [];
  /** Answers that come before the service's own, one each. */
  readonly next: ServiceAnswer[] = [];
  url = '';
  readonly #server;

  private constructor(service: Service) {
    this.#server = createServer(async (incoming, response) => {
      const url = new URL(incoming.url ?? '/', 'http://stand-in');
      const raw = await text(incoming);
      const request: ServiceRequest = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body: raw === '' ? {} : (JSON.parse(raw) as Record<string, unknown>),
      };
      this.requests.push(request);
      const { status, body, headers = {} } = this.next.shift() ?? this.#answer(service, request);
      const isText = typeof body === 'string';
      response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
      response.end(isText ? body : JSON.stringify(body));
    });
  }

  #answer(service: Service, request: ServiceRequest): ServiceAnswer {
    try {
      if (!/^application\/json/.test(request.headers['content-type'] ?? ''))
        throw new Error('the body is not sent as JSON');
      return service(request);
    } catch (error) {
      this.misuses.push(`${request.method} ${request.path}: ${(error as Error).message}`);
      return error instanceof Misuse ? error.answer : { status: 400, body: {} };
    }
  }

  static async start(service: Service): Promise<StandIn> {
    const standIn = new StandIn(service);
    await new Promise<void>((resolve) => standIn.#server.listen(0, '127.0.0.1', resolve));
    standIn.url = `http://127.0.0.1:${(standIn.#server.address() as AddressInfo).port}`;
    return standIn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
