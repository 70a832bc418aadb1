import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startRedis, type TestRedis } from './redis.ts';
import { eventually, TestServer } from './server.ts';

const WORKER = new URL('../../workers/probe.ts', import.meta.url).pathname;

export interface CheckView {
  at: string;
  startedAt: string;
  endedAt: string;
  location: string;
  verdict: 'up' | 'degraded' | 'down' | 'unknown';
  failure: string | null;
}

export interface LocationView {
  name: string;
  healthy: boolean;
  workers: number;
}

/** A probe process of its own. */
export class TestWorker implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly output: string[] = [];

  constructor(env: Record<string, string>) {
    this.process = spawn(process.execPath, [WORKER], {
      env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.on('data', (chunk: Buffer) => this.output.push(chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => this.output.push(chunk.toString()));
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Ends it with a signal; resolves with its exit code (null when the signal ended it). */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exited = once(this.process, 'exit') as Promise<[number | null]>;
    this.process.kill(signal);
    return (await exited)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGCONT');
    await this.end('SIGKILL');
  }
}

/** The scaled-out shape as real processes: a Redis, a server, and the workers a test starts; and what they probe. */
export class Cluster implements AsyncDisposable {
  readonly redis: TestRedis;
  readonly server: TestServer;
  readonly env: Record<string, string>;
  /** When each request reached the target, by its path. */
  readonly hits = new Map<string, number[]>();
  readonly #target: Server;
  readonly #workers: TestWorker[] = [];
  /** The target answers after so long. */
  delayMs = 0;

  private constructor(redis: TestRedis, server: TestServer, env: Record<string, string>, target: Server) {
    this.redis = redis;
    this.server = server;
    this.env = env;
    this.#target = target;
    target.on('request', (request, response) => {
      const path = request.url ?? '/';
      this.hits.set(path, [...(this.hits.get(path) ?? []), Date.now()]);
      setTimeout(() => response.setHeader('connection', 'close').end('ok'), this.delayMs);
    });
  }

  /** `proxied`: the address at which the server and workers find Redis, if it is not Redis' own. */
  static async start(options: { proxied?: (redis: TestRedis) => Promise<string> } = {}): Promise<Cluster> {
    const redis = await startRedis();
    const redisUrl = (await options.proxied?.(redis)) ?? redis.url;
    const env = { REDIS_URL: redisUrl, HINDCAST_SECRET_KEY: randomBytes(32).toString('base64') };
    const target = createServer().listen(0, '127.0.0.1');
    const [server] = await Promise.all([TestServer.start(env), once(target, 'listening')]);
    return new Cluster(redis, server, env, target);
  }

  worker(location = 'default'): TestWorker {
    const worker = new TestWorker({ ...this.env, HINDCAST_LOCATION: location });
    this.#workers.push(worker);
    return worker;
  }

  urlOf(path: string): string {
    return `http://127.0.0.1:${(this.#target.address() as AddressInfo).port}${path}`;
  }

  /** Monitors `m1` to `mN` of the target, each on a path of its own. */
  async watch(count: number, more: Record<string, unknown> = {}): Promise<string[]> {
    const keys = Array.from({ length: count }, (_, i) => `m${i + 1}`);
    for (const key of keys) {
      await this.server.post('/monitors', {
        key,
        name: key,
        url: this.urlOf(`/${key}`),
        intervalSeconds: 1,
        timeoutSeconds: 1,
        confirm: { failures: 2, retrySeconds: 1 },
        ...more,
      });
    }
    return keys;
  }

  /** Every check of a monitor, oldest first. */
  async checks(key: string): Promise<CheckView[]> {
    const all: CheckView[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { data: CheckView[]; nextCursor: string | null } = await this.server.get(
        `/monitors/${key}/checks?limit=500${more}`,
      );
      all.push(...page.data);
      cursor = page.nextCursor;
    }
    return all.reverse();
  }

  async locations(): Promise<LocationView[]> {
    return (await this.server.get<{ data: LocationView[] }>('/locations')).data;
  }

  async incidents(): Promise<{ kind: string; title: string }[]> {
    return (await this.server.get<{ data: { kind: string; title: string }[] }>('/incidents')).data;
  }

  /** Waits for a check that started after `since`, as seen by the API. */
  freshCheck(key: string, since: number, patienceMs?: number): Promise<CheckView> {
    return eventually(
      `a fresh check of ${key}`,
      async () => {
        const { data } = await this.server.get<{ data: CheckView[] }>(`/monitors/${key}/checks?limit=20`);
        return data.find(({ startedAt, verdict }) => Date.parse(startedAt) > since && verdict === 'up');
      },
      patienceMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()));
    await this.server[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    this.#target.closeAllConnections();
    this.#target.close();
  }
}
