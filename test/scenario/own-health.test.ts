import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { eventually, TestServer } from '../support/server.ts';

const EVERY_SECONDS = 2;
const TWO_BEATS_MS = 2 * EVERY_SECONDS * 1000 + 1_000;

/** The place outside that expects to hear from us. */
class Outside implements AsyncDisposable {
  readonly beats: number[] = [];
  readonly #server: Server = createServer((_request, response) => {
    this.beats.push(Date.now());
    response.writeHead(200).end();
  });

  static async start(): Promise<Outside> {
    const outside = new Outside();
    await new Promise<void>((resolve) => outside.#server.listen(0, '127.0.0.1', resolve));
    return outside;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ping/token`;
  }

  /** The path of a configuration file that names it. */
  config(): string {
    const file = join(mkdtempSync(join(tmpdir(), 'hindcast-heartbeat-')), 'config.yaml');
    writeFileSync(file, `heartbeat: { url: "${this.url}", everySeconds: ${EVERY_SECONDS} }\n`);
    return file;
  }

  silentFor(ms: number): Promise<true> {
    return eventually('the beats stop', () => (Date.now() - (this.beats.at(-1) ?? 0) > ms ? true : null), 60_000);
  }

  next(): Promise<true> {
    const before = this.beats.length;
    return eventually('another beat', () => (this.beats.length > before ? true : null), 60_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('the heartbeat', { timeout: 120_000 }, () => {
  it('goes out while a check of our own comes through, and leaves no trace', async () => {
    await using outside = await Outside.start();
    await using server = await TestServer.start({ HINDCAST_CONFIG: outside.config() });
    await outside.next();
    await outside.next();
    await outside.next();
    for (const path of ['/monitors', '/incidents', '/near-misses'])
      expect((await server.get<{ data: unknown[] }>(path)).data).toEqual([]);
    const database = new Database(join(server.dir, 'hindcast.db'), { readonly: true });
    for (const table of ['checks', 'monitor_states', 'status_changes', 'unrolled_hours', 'rollups'])
      expect(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
    database.close();
    expect(server.output.join('')).not.toContain('/ping/token');
  });

  it('stops within two intervals when nothing can be written, and goes on afterwards', async () => {
    await using outside = await Outside.start();
    await using server = await TestServer.start({ HINDCAST_CONFIG: outside.config() });
    await outside.next();
    const other = new Database(join(server.dir, 'hindcast.db'));
    other.exec('BEGIN IMMEDIATE');
    await outside.silentFor(TWO_BEATS_MS);
    other.exec('ROLLBACK');
    other.close();
    await outside.next();
  });

  it('stops when the process hangs, and goes on when it turns again', async () => {
    await using outside = await Outside.start();
    await using server = await TestServer.start({ HINDCAST_CONFIG: outside.config() });
    await outside.next();
    process.kill(server.pid, 'SIGSTOP');
    await outside.silentFor(TWO_BEATS_MS);
    process.kill(server.pid, 'SIGCONT');
    await outside.next();
  });

  it('does not hold up the end: SIGTERM exits 0', async () => {
    await using outside = await Outside.start();
    await using server = await TestServer.start({ HINDCAST_CONFIG: outside.config() });
    await outside.next();
    expect(await server.end('SIGTERM')).toBe(0);
  });
});

describe('a database that cannot be written', { timeout: 120_000 }, () => {
  it('is told past the outbox, once and under one id, and written down when it is over', async () => {
    await using receiver = await AlertReceiver.start();
    await using server = await TestServer.start();
    await server.post('/channels', { key: 'on-call', type: 'webhook', url: receiver.url });
    await sleep(3_000);
    const other = new Database(join(server.dir, 'hindcast.db'));
    other.exec('BEGIN IMMEDIATE');
    await eventually('the alert', () => (receiver.received.length > 0 ? true : null), 60_000);
    await sleep(6_000);
    other.exec('ROLLBACK');
    other.close();
    await eventually('the end of it', () => receiver.received.find(({ type }) => type === 'incident.resolved'), 60_000);
    expect(receiver.received.map(({ type }) => type)).toEqual(['monitoring.blind', 'incident.resolved']);
    const body = JSON.parse(receiver.received[0]?.body ?? '{}') as { data: { summary: string } };
    expect(body.data.summary).toMatch(/^Monitoring cannot write its database \(another process holds it\): since /);
    const { data } = await server.get<{ data: { id: string; event: string; state: string }[] }>('/incidents/1/alerts');
    expect(data.map(({ event, state }) => `${event} ${state}`)).toEqual([
      'incident.resolved delivered',
      'monitoring.blind delivered',
    ]);
    expect(data[1]?.id).toBe(receiver.received[0]?.id);
    expect(await server.get('/incidents/1')).toMatchObject({ kind: 'blind', status: 'resolved' });
  });

  it('since its disk takes no writes is told as well, and /readyz says so', async () => {
    await using receiver = await AlertReceiver.start();
    await using server = await TestServer.start();
    await server.post('/channels', { key: 'on-call', type: 'webhook', url: receiver.url });
    await sleep(3_000);
    // No file may grow beyond its first byte: every write ends with an error of the disk.
    execFileSync('prlimit', ['--pid', String(server.pid), '--fsize=1:']);
    const [first] = await eventually(
      'the alert',
      () => (receiver.received.length > 0 ? receiver.received : null),
      60_000,
    );
    expect(first?.body).toContain('Monitoring cannot write its database (the disk answers with errors)');
    const ready = await fetch(`${server.url}/readyz`);
    await eventually('not ready', async () => ((await fetch(`${server.url}/readyz`)).status === 503 ? true : null));
    expect(Object.keys(((await ready.json()) as { checks: object }).checks)).toEqual(
      expect.arrayContaining(['schedule', 'database', 'alerts', 'heard', 'disk', 'lease']),
    );
    execFileSync('prlimit', ['--pid', String(server.pid), '--fsize=unlimited:']);
    await eventually('the end of it', () => receiver.received.find(({ type }) => type === 'incident.resolved'), 60_000);
    expect(receiver.received).toHaveLength(2);
  });
});
