import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN_KEY, TestApi } from '#test/support/api.ts';
import { OUTAGES, rowsOf } from '#test/support/outages.ts';

const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const outage = OUTAGES.find(({ name }) => name === 'home-page-2016-07-20') as (typeof OUTAGES)[number];

let api: TestApi;
let folder: string;
beforeAll(async () => {
  api = await TestApi.start();
  folder = mkdtempSync(join(tmpdir(), 'hindcast-verify-'));
  await api.call('PUT', '/monitors/home', { name: 'Home page', url: 'https://home.example/', paused: true });
  await api.call('POST', '/monitors/home/checks/import', undefined, {
    raw: rowsOf(outage, 30)
      .map((row) => JSON.stringify(row))
      .join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const told = { kind: 'note', at: '2016-07-20T14:50:00Z', text: 'Looking at the database' };
  await api.call('POST', '/incidents/1/timeline', told);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'verify', ...args], { encoding: 'utf8' }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, output: `${out}${err}` });
    });
  });
}

const online = () => ['--url', api.url, '--key', ADMIN_KEY];

async function exported(suffix: string, change: (text: string) => string): Promise<string> {
  const { body } = await api.call<unknown>('GET', `/incidents/1/postmortem${suffix === 'json' ? '' : `.${suffix}`}`);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const changed = change(text);
  const file = join(folder, `copy.${suffix}`);
  writeFileSync(file, changed);
  return file;
}

it('prints how many claims hold, over REST and in the data folder beside a running server', async () => {
  const line = /^incident 1, draft, revision \d+: (\d+) of \1 claims verified$/m;
  expect(await run('1', ...online())).toMatchObject({ code: 0, output: expect.stringMatching(line) });
  expect(await run('1', '--data', api.dir)).toMatchObject({ code: 0, output: expect.stringMatching(line) });
});

it.each(['md', 'html', 'json'])('finds a true export as %s to be true', async (suffix) => {
  const file = await exported(suffix, (text) => text);
  for (const where of [online(), ['--data', api.dir]]) {
    const { code, output } = await run('1', ...where, '--file', file);
    expect(code, output).toBe(0);
    expect(output).toMatch(/copy\.\w+: (\d+) of \1 claims verified/);
  }
});

it.each(['md', 'html', 'json'])('names what was changed by hand in an export as %s, and exits 1', async (suffix) => {
  const changes: [string, (text: string) => string][] = [
    ['15:18:27', (text) => text.replace('15:18:15', '15:18:27')],
    ['1200', (text) => text.replace('Home page was down', '1200 users met this, Home page was down')],
    ['Looking at the', (text) => text.replace('Looking at the database', 'Looking at the network')],
  ];
  for (const [named, change] of changes) {
    const file = await exported(suffix, change);
    for (const where of [online(), ['--data', api.dir]]) {
      const { code, output } = await run('1', ...where, '--file', file);
      expect(code, output).toBe(1);
      expect(output).toContain('FAILED');
      expect(output).toContain(named);
    }
  }
});

it('exits 2 and says why when nothing can be checked', async () => {
  expect(await run('1', '--url', 'http://127.0.0.1:1', '--key', 'hc_x')).toMatchObject({
    code: 2,
    output: expect.stringContaining('was not reached'),
  });
  expect(await run('1', '--url', api.url, '--key', 'hc_wrong')).toMatchObject({
    code: 2,
    output: expect.stringContaining('refused (401)'),
  });
  expect(await run('99', ...online())).toMatchObject({ code: 2, output: expect.stringContaining('refused (404)') });
  expect(await run('99', '--data', api.dir)).toMatchObject({ code: 2, output: expect.stringContaining('no incident') });
  expect(await run('1', '--data', join(folder, 'nowhere'))).toMatchObject({
    code: 2,
    output: expect.stringContaining('no database'),
  });
  expect(await run('1', '--data', api.dir, '--file', join(folder, 'x.docx'))).toMatchObject({
    code: 2,
    output: expect.stringContaining('.json, .md or .html'),
  });
});

it('finds a row that was changed after the draft, without a server, and writes nothing', async () => {
  await api.stop();
  const file = join(api.dir, 'hindcast.db');
  const database = new Database(file);
  database
    .prepare(
      'UPDATE checks SET status = 500 WHERE status = 503 AND at = (SELECT max(at) FROM checks WHERE status = 503)',
    )
    .run();
  database.close();
  const { code, output } = await run('1', '--data', api.dir);
  expect(code, output).toBe(1);
  expect(output).toMatch(/FAILED ledger: .*by the rows/);
});
