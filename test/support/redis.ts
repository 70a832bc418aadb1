import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireProgram } from './programs.ts';

/** A real Redis of one test: empty, on a free port, gone with the test. `await using redis = await startRedis()`. */
export interface TestRedis extends AsyncDisposable {
  /** `redis://127.0.0.1:<port>`; stays the same over `restart`. */
  readonly url: string;
  readonly port: number;
  /** Ends the process at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty: nothing is kept on disk. Kills it first if it runs. */
  restart(): Promise<void>;
  /** Stops the process from answering, as a partition would, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

const READY_MS = 10_000;
const PORT_ATTEMPTS = 3;

/** @throws Error when redis-server is not installed, or does not answer within 10 s. */
export async function startRedis(): Promise<TestRedis> {
  const program = requireProgram('redis-server');
  const folder = await mkdtemp(join(tmpdir(), 'hindcast-redis-'));
  let { port, child } = await startOnFreePort(program, folder);
  const killAtExit = () => void child.kill('SIGKILL');
  process.once('exit', killAtExit);

  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    async restart() {
      await kill();
      child = await startOn(program, folder, port);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      process.off('exit', killAtExit);
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Another process may take the port between finding it and using it; then another one is tried. */
async function startOnFreePort(program: string, folder: string): Promise<{ port: number; child: ChildProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { port, child: await startOn(program, folder, port) };
    } catch (error) {
      if (attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function startOn(program: string, folder: string, port: number): Promise<ChildProcess> {
  const options = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program, args, { stdio: 'ignore' });
  let failure: Error | null = null;
  child.once('error', (error) => {
    failure = error;
  });
  const deadline = performance.now() + READY_MS;
  while (!(await answersPing(port))) {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode} on port ${port}`);
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`redis-server did not answer on port ${port} within ${READY_MS} ms`);
    }
    await sleep(20);
  }
  return child;
}

function answersPing(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
  socket.setTimeout(1000, () => socket.destroy());
  socket.once('data', (answer) => resolve(answer.toString().startsWith('+PONG')));
  socket.once('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
