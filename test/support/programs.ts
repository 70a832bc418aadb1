import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The programs the tests run for real: Debian's package, and what overrides the search on PATH. */
const PROGRAMS = {
  'redis-server': { package: 'redis-server', names: ['redis-server'], override: 'REDIS_SERVER_BIN' },
  chromium: {
    package: 'chromium',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    override: 'CHROMIUM_BIN',
  },
  pdftotext: { package: 'poppler-utils', names: ['pdftotext'], override: 'PDFTOTEXT_BIN' },
} as const;
export type ProgramName = keyof typeof PROGRAMS;

/** Absolute path of a program, or null when it is not installed. */
function findProgram(name: ProgramName): string | null {
  const { names, override } = PROGRAMS[name];
  const given = process.env[override];
  if (given) return given;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = names.flatMap((file) => folders.map((folder) => join(folder, file)));
  return candidates.find(isExecutable) ?? null;
}

/** As `findProgram`. @throws Error that says how to install it. */
export function requireProgram(name: ProgramName): string {
  const path = findProgram(name);
  if (!path) throw new Error(`${name} is not installed. ${installLine([name])}`);
  return path;
}

/**
 * Installs what is missing, when that can be done without asking: as root on Debian. Prints to stderr only.
 * @throws Error with the line to type, when it cannot.
 */
export function ensurePrograms(): void {
  const missing = () => (Object.keys(PROGRAMS) as ProgramName[]).filter((name) => !findProgram(name));
  const wanted = missing();
  if (wanted.length === 0) return;
  const isDebianRoot = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (isDebianRoot) installQuietly(wanted.map((name) => PROGRAMS[name].package));
  const left = missing();
  if (left.length > 0) throw new Error(`the tests need ${left.join(' and ')}. ${installLine(left)}`);
}

function installLine(names: ProgramName[]): string {
  const packages = names.map((name) => PROGRAMS[name].package).join(' ');
  const overrides = names.map((name) => PROGRAMS[name].override).join(' and ');
  return `Install with: sudo apt-get install -y --no-install-recommends ${packages} (or set ${overrides} to its path)`;
}

const POLICY = '/usr/sbin/policy-rc.d';

/** The policy file keeps the package from starting a Redis of its own: the tests start theirs. */
function installQuietly(packages: string[]): void {
  process.stderr.write(`Installing ${packages.join(', ')} for the tests (once) …\n`);
  const ownsPolicy = !existsSync(POLICY);
  if (ownsPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    aptGet('update');
    aptGet('install', '-y', '--no-install-recommends', ...packages);
  } finally {
    if (ownsPolicy) rmSync(POLICY, { force: true });
  }
}

function aptGet(...args: string[]): void {
  spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
