import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

/** A Hindcast of its own, as `npm start` runs it, on a free port and a private folder. */
export interface OwnServer {
  readonly url: string;
  /** Calls the REST API; throws with the problem's own words when it refuses. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  text(path: string): Promise<string>;
  stop(): Promise<void>;
}

const MAIN = new URL('../../main.ts', import.meta.url).pathname;
const START_MS = 15_000;
const STOP_MS = 10_000;

export async function startOwnServer(dataDir: string, environment: NodeJS.ProcessEnv): Promise<OwnServer> {
  const adminKey = `hc_${randomBytes(32).toString('base64url')}`;
  const inherited = Object.entries(environment).filter(
    ([name]) => !/^(HINDCAST_|REDIS_URL$|HOST$|PORT$|LOG_LEVEL$)/.test(name),
  );
  const child = spawn(process.execPath, [MAIN], {
    cwd: dataDir,
    env: {
      ...Object.fromEntries(inherited),
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'info',
      HINDCAST_DATA_DIR: dataDir,
      HINDCAST_ADMIN_KEY: adminKey,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await listening(child);
  const request = async (method: string, path: string, headers: Record<string, string>, body?: unknown) => {
    const init: RequestInit = { method, headers: { authorization: `Bearer ${adminKey}`, ...headers } };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(`${url}/api/v1${path}`, init);
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return answer;
  };
  return {
    url,
    async call<T>(method: string, path: string, body?: unknown) {
      const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await request(method, path, headers, body);
      return (answer === '' ? null : JSON.parse(answer)) as T;
    },
    text: (path) => request('GET', path, {}),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(late);
    },
  };
}

/** The server logs one line with its address when it listens. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the server did not listen within ${START_MS / 1000} s`));
    }, START_MS);
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      if (seen === 'done') return;
      seen += chunk.toString();
      const url = /"url":"(http:[^"]+)"/.exec(seen)?.[1];
      if (!url) return;
      seen = 'done';
      clearTimeout(late);
      resolve(url);
    });
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`the server ended with exit code ${code} before it listened`));
    });
  });
}
