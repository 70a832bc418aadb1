import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CHECKS, checkArchitecture } from '#test/support/architecture.ts';
import { findDeadCode } from '#test/support/dead-code.ts';

const ROOT = join(import.meta.dirname, '..');
const folders: string[] = [];

/** A small sound project, with the given files on top. */
function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'hindcast-tree-'));
  folders.push(root);
  const sound = {
    'package.json': '{"scripts": {"start": "node src/main.ts", "worker:probe": "node workers/probe.ts"}}',
    'README.md': 'Starts in `src/main.ts`.\n```\n`src/gone.ts`\n```\n',
    'src/main.ts': "import { compose } from './compose.ts';\ncompose(process.env);\n",
    'src/compose.ts':
      "import { probe } from '#src/probe/probe.ts';\nimport { record } from './record/record.ts';\n" +
      'export const compose = (env: unknown) => [probe, record, env];\n',
    'src/domain/check.ts': 'export interface Check { at: number }\nexport const iso = (at: number) => new Date(at);\n',
    'src/probe/probe.ts':
      "import { connect } from 'node:net';\nimport { iso } from '#src/domain/check.ts';\nexport const probe = [connect, iso];\n",
    'src/record/record.ts':
      "import type { Check } from '#src/domain/check.ts';\nimport { detect } from '#src/detect/detect.ts';\n" +
      'export const record = (check: Check) => detect(check);\n',
    'src/detect/detect.ts': 'export const detect = (x: unknown) => x;\n',
    'workers/probe.ts': "import { probe } from '#src/probe/probe.ts';\nconsole.log(probe, process.env.REDIS_URL);\n",
  };
  for (const [path, text] of Object.entries({ ...sound, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe('the project', () => {
  const found = checkArchitecture(ROOT);
  it.each(Object.keys(CHECKS))('%s', (rule) => {
    expect(found[rule]).toEqual([]);
  });
});

describe('the rules', () => {
  const broken = (files: Record<string, string>) => {
    const problems = Object.entries(checkArchitecture(tree(files))).filter(([, lines]) => lines.length > 0);
    return Object.fromEntries(problems);
  };

  it('find nothing in a sound tree', () => {
    expect(broken({})).toEqual({});
    expect(findDeadCode(tree({}))).toEqual([]);
  });

  const LAYERS = 'layers import only what is theirs to know';
  it.each([
    [LAYERS, 'src/domain/a.ts', "import { x } from '../record/record.ts';"],
    [LAYERS, 'src/domain/a.ts', "import { createHash } from 'node:crypto';"],
    [LAYERS, 'src/domain/a.ts', "import type { Sealer } from '#src/seal.ts';"],
    [LAYERS, 'src/probe/a.ts', "import { x } from '#src/store/database.ts';"],
    [LAYERS, 'src/queue/a.ts', "import { x } from '#src/store/database.ts';"],
    [LAYERS, 'src/store/a.ts', "export { x } from '#src/queue/port.ts';"],
    [LAYERS, 'src/detect/a.ts', "import { x } from '../alert/send.ts';"],
    [LAYERS, 'src/detect/a.ts', "import { x } from '../record/record.ts';"],
    [LAYERS, 'src/draft/a.ts', "const x = await import('../verify/verify.ts');"],
    [LAYERS, 'src/schedule/a.ts', "new Worker(new URL('../probe/probe.ts', import.meta.url));"],
    [LAYERS, 'src/verify/a.ts', "import { compute } from '#src/domain/postmortem/facts.ts';"],
    [LAYERS, 'src/verify/a.ts', "import type { R } from '#src/domain/postmortem/render/html.ts';"],
    [LAYERS, 'src/verify/a.ts', "import { draft } from '#src/draft/draft.ts';"],
    [LAYERS, 'src/api/a.ts', "import { x } from '#src/detect/detect.ts';"],
    [LAYERS, 'src/web/a.ts', "import * as compose from '../compose.ts';"],
    [LAYERS, 'src/cli/a.ts', "import { x } from '#src/probe/probe.ts';"],
    [LAYERS, 'config/a.ts', "import { x } from '#src/domain/check.ts';"],
    ['the domain takes time, chance and environment as arguments', 'src/domain/a.ts', 'export const a = Date.now();'],
    ['the domain takes time, chance and environment as arguments', 'src/domain/a.ts', 'export const a = new Date();'],
    ['the domain takes time, chance and environment as arguments', 'src/domain/a.ts', 'export const a = Math.random;'],
    ['the domain takes time, chance and environment as arguments', 'src/domain/a.ts', 'const { env } = process;'],
    ['the domain takes time, chance and environment as arguments', 'src/domain/a.ts', 'performance.now();'],
    ['only entries read the environment', 'src/api/a.ts', 'export const a = process.env.PORT;'],
    ['everything is wired in compose.ts only', 'workers/a.ts', "import '../src/compose.ts';"],
    ['everything is wired in compose.ts only', 'workers/a.ts', "import '#src/probe/a.ts';\nimport '#src/draft/a.ts';"],
    ['the product never imports its tests', 'src/b.ts', "import { x } from '#test/support/redis.ts';"],
    ['names say what a thing is', 'src/api/helpers/a.ts', 'export {};'],
    ['names say what a thing is', 'src/api/index.ts', 'export {};'],
    ['the top level holds the map and nothing else', 'notes.md', ''],
    ['every path the README names exists', 'README.md', 'See `src/gone.ts`.'],
    ['every path the README names exists', 'README.md', 'See `config/gone/` and `compose.yaml`.'],
  ])('%s: fails for %s with %s', (rule, path, text) => {
    expect(Object.keys(broken({ [path]: text }))).toContain(rule);
  });

  it('follow a worker to the database over any number of steps', () => {
    const files = {
      'src/probe/probe.ts':
        "import { a } from '../a.ts';\nimport type { B } from '#src/store/types.ts';\nexport const probe = a as B;",
      'src/a.ts': "export { default as a } from 'better-sqlite3';",
    };
    expect(broken(files)['a worker never loads the database']).toEqual([
      'workers/probe.ts → src/probe/probe.ts → src/a.ts → better-sqlite3: a worker holds no rows',
    ]);
  });

  it('let verify know the types of a document, and words in strings and comments be', () => {
    const files = {
      'src/verify/a.ts': "import type { Fact } from '#src/domain/postmortem/facts.ts';\nexport type A = Fact;",
      'src/domain/a.ts': "// Date.now() and import '../draft/x.ts'\nexport const a = 'process.env.HOME Math.random()';",
    };
    expect(broken(files)).toEqual({});
  });
});

describe('dead code', () => {
  it('is an export that nobody imports or uses, and a file that nobody imports', () => {
    const root = tree({
      'src/domain/check.ts':
        'export const iso = 1;\nexport const lost = 2;\nconst used = iso;\nexport { used as gone };\n',
      'src/alert/alone.ts': 'export {};\n',
      'test/alone.test.ts': "import '#src/alert/alone.ts';\n",
    });
    expect(findDeadCode(root)).toEqual([
      'src/alert/alone.ts: nothing of the product imports it',
      'src/domain/check.ts: nothing imports the export gone',
      'src/domain/check.ts: nothing imports the export lost',
    ]);
  });
});
