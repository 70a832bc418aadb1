import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '#config/settings.ts';
import { launchChromium } from '#test/support/chromium.ts';
import { startRedis } from '#test/support/redis.ts';
import { countReport } from '#test/support/report.ts';

/** What a fresh clone, an image and a compose file run: read, and as far as possible run, without an engine. */
const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const absent = (paths: Iterable<string>) => [...paths].filter((path) => !existsSync(join(ROOT, path)));
const run = promisify(execFile);

interface Lock {
  packages: Record<string, { optionalDependencies?: Record<string, string>; gypfile?: boolean }>;
}

describe('the lock file', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock;

  it('has an entry for every optional dependency, or npm ci refuses it', () => {
    const known = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
    const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('keeps npm 10 from compiling better-sqlite3: npm drops this line whenever it writes the file', () => {
    expect(packages['node_modules/better-sqlite3']?.gypfile).toBe(false);
  });

  it('names no registry, so that every mirror will do', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });
});

describe('the scripts of package.json', () => {
  it('start files that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const files = Object.values(scripts).flatMap((line) => [...line.matchAll(/[\w./-]+\.ts\b/g)].map(String));
    expect(files).toContain('src/main.ts');
    expect(absent(files)).toEqual([]);
  });
});

describe('.ci/run', () => {
  it('is executable, and asks nothing', () => {
    accessSync(join(ROOT, '.ci/run'), constants.X_OK);
    expect(read('.ci/run')).toMatch(/<\/dev\/null[\s\S]*npm ci[\s\S]*check[\s\S]*test/);
  });
});

describe('the count at the end of npm test', () => {
  const test = (status: string) => ({ status });
  const file = (status: string, ...assertionResults: { status: string }[]) => ({ status, assertionResults });
  it.each([
    ['all passed', [file('passed', test('passed'), test('passed'))], 0, { passed: 2, failed: 0 }],
    ['one failed', [file('failed', test('passed'), test('failed'))], 1, { passed: 1, failed: 1 }],
    ['a file did not load', [file('passed', test('passed')), file('failed')], 1, { passed: 1, failed: 1 }],
    ['an error outside any test', [file('passed', test('passed'))], 1, { passed: 1, failed: 1 }],
    ['a signal ended it', [file('passed', test('passed'))], null, { passed: 1, failed: 1 }],
    ['nothing ran', [], 0, { passed: 0, failed: 1 }],
    ['all were skipped', [file('passed', test('skipped'))], 0, { passed: 0, failed: 1 }],
  ])('%s', (_case, testResults, exitCode, count) => {
    const folder = mkdtempSync(join(tmpdir(), 'hindcast-report-'));
    const path = join(folder, 'report.json');
    const tests = testResults.flatMap((result) => result.assertionResults);
    const number = (status: string) => tests.filter((result) => result.status === status).length;
    writeFileSync(
      path,
      JSON.stringify({ numPassedTests: number('passed'), numFailedTests: number('failed'), testResults }),
    );
    expect(countReport(path, exitCode)).toEqual(count);
    rmSync(folder, { recursive: true });
    expect(countReport(path, exitCode)).toEqual({ passed: 0, failed: 1 });
  });
});

describe('the Docker image', () => {
  const steps = read('Dockerfile')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));
  const argsOf = (name: string) =>
    steps.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const copied = argsOf('COPY').flatMap((line) => line.split(' ').slice(0, -1));

  it('copies what exists, and what it copies is let through by .dockerignore', () => {
    expect(absent(copied)).toEqual([]);
    const letThrough = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    expect(letThrough.map((line) => line.slice(1)).sort()).toEqual([...copied].sort());
  });

  it('runs files that it copied, as a user without rights, with data on a volume', () => {
    const command = JSON.parse(argsOf('CMD')[0] ?? '[]') as string[];
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
    expect(command.join(' ')).toBe(scripts.start);
    expect(absent(['src/main.ts', 'workers/probe.ts'])).toEqual([]);
    expect(argsOf('USER')).toEqual(['node']);
    expect(argsOf('VOLUME')).toEqual(['/data']);
    expect(argsOf('ENV')[0]).toContain('HINDCAST_DATA_DIR=/data');
    expect(argsOf('RUN')[0]).toContain('npm ci --omit=dev --ignore-scripts');
  });

  it('holds every top-level folder that the code it runs imports from', () => {
    const { imports } = JSON.parse(read('package.json')) as { imports: Record<string, string> };
    const folders = Object.values(imports).map((path) => path.split('/')[1] ?? '');
    expect(folders.filter((folder) => folder !== 'test' && !copied.includes(folder))).toEqual([]);
  });

  it('is healthy while /healthz answers, and unhealthy when it does not', async () => {
    const health = argsOf('HEALTHCHECK')[0] ?? '';
    const [, ...args] = JSON.parse(health.slice(health.indexOf('['))) as string[];
    let status = 200;
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = { ...process.env, PORT: String((server.address() as AddressInfo).port) };
    const check = () =>
      run(process.execPath, args, { env }).then(
        () => 0,
        (error: { code: number }) => error.code,
      );
    expect(await check()).toBe(0);
    status = 503;
    expect(await check()).toBe(1);
    server.close();
    server.closeAllConnections();
    expect(await check()).toBe(1);
    expect(asked).toEqual(['/healthz', '/healthz']);
  });
});

describe('compose.yaml', () => {
  interface Service {
    command?: string[];
    environment?: Record<string, string>;
    image: string;
  }
  const { services } = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Service> };
  const own = Object.values(services).filter((service) => service.image === 'hindcast');

  it('runs a server and two probe workers at different locations, with files that exist', () => {
    const workers = own.filter((service) => service.command?.[1] === 'workers/probe.ts');
    expect(own).toHaveLength(3);
    expect(new Set(workers.map((worker) => worker.environment?.HINDCAST_LOCATION))).toEqual(
      new Set(['default', 'second']),
    );
    expect(absent(['workers/probe.ts'])).toEqual([]);
  });

  it('gives every process the same queue and key, and only settings that exist', () => {
    const known = SETTINGS.map((row) => row.name);
    for (const { environment = {} } of own) {
      expect(environment.REDIS_URL).toBe('redis://redis:6379');
      expect(environment.HINDCAST_SECRET_KEY).toContain('HINDCAST_SECRET_KEY:?');
      expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
    }
  });

  it('starts Redis so that it never evicts a job', () => {
    expect(services.redis?.command?.join(' ')).toContain('--maxmemory-policy noeviction');
  });
});

describe('the Redis of a test', () => {
  it('answers, dies, comes back empty on the same port, and is gone at the end', async () => {
    const { Redis } = await import('ioredis');
    const options = { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 };
    let url: string;
    {
      await using redis = await startRedis();
      url = redis.url;
      const first = new Redis(url, options);
      first.on('error', () => {});
      expect(await first.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
      await first.set('a', '1');
      await redis.kill();
      first.disconnect();
      await redis.restart();
      const second = new Redis(url, options);
      expect(await second.get('a')).toBeNull();
      second.disconnect();
    }
    const late = new Redis(url, options);
    late.on('error', () => {});
    await expect(late.connect()).rejects.toThrow();
  });
});

describe('the Chromium of a test', () => {
  it('renders a page', async () => {
    await using browser = await launchChromium();
    const page = await browser.newPage();
    await page.setContent('<h1>Hindcast</h1>');
    expect(await page.locator('h1').innerText()).toBe('Hindcast');
  });
});
