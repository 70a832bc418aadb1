import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { parseConfig } from '#config/config.ts';
import { compose, type Service } from '#src/compose.ts';
import type { Clock } from '#src/domain/clock.ts';
import { systemTestClock } from './temp-store.ts';

export const ADMIN_KEY = 'hc_test_0123456789abcdefghijklmnopqrstuvwxyz';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors: { path: string; message: string }[];
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** The whole server in this process, in a folder of its own, on a free port. */
export class TestApi implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'hindcast-api-'));
  readonly logs: string[] = [];
  #service: Service | null = null;

  readonly #clock: Clock;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async start(env: Record<string, string> = {}, clock: Clock = systemTestClock): Promise<TestApi> {
    const api = new TestApi(clock);
    await api.start(env);
    return api;
  }

  async start(env: Record<string, string> = {}): Promise<void> {
    const config = parseConfig({ PORT: '0', HINDCAST_DATA_DIR: this.dir, HINDCAST_ADMIN_KEY: ADMIN_KEY, ...env }, null);
    const logger = pino({ level: 'info' }, { write: (line: string) => void this.logs.push(line) });
    this.#service = await compose({ config, clock: this.#clock, logger });
  }

  get url(): string {
    return this.#service?.url ?? '';
  }

  /** A request that is turned away for its rate is made again when it may be, unless `once`. */
  async call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    options: { key?: string | null; headers?: Record<string, string>; raw?: string; once?: boolean } = {},
  ): Promise<Answer<T>> {
    const { key = ADMIN_KEY, raw } = options;
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const headers = {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(text !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    };
    const target =
      path.startsWith('/api/') || /^\/(?:healthz|readyz|metrics|queues|openapi|docs)/.test(path)
        ? path
        : `/api/v1${path}`;
    const response = await fetch(`${this.url}${target}`, {
      method,
      headers,
      ...(text !== undefined && { body: text }),
    });
    const answer = await response.text();
    if (response.status === 429 && !options.once) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get('retry-after'))));
      return this.call(method, path, body, { ...options, once: true });
    }
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && answer !== '';
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(answer) : answer) as T };
  }

  async stop(): Promise<void> {
    await this.#service?.stop();
    this.#service = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
