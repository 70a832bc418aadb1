import { execFile } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs, promisify } from 'node:util';
import type { Line, Sizes } from './scenarios.ts';
import { SCENARIOS } from './scenarios.ts';

/** All scenarios, or those asked for, each in a fresh process that ends by itself; one table. */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
    monitors: { type: 'string', default: '10000' },
    interval: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '30' },
    many: { type: 'string', default: '50000' },
    checks: { type: 'string', default: '100000' },
  },
});
const PATIENCE_MS = 15 * 60_000;

const number = (name: 'monitors' | 'interval' | 'seconds' | 'many' | 'checks') => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  return refuse(`--${name}: ${values[name]} is not a whole number above 0`);
};

function refuse(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

const sizes: Sizes = {
  monitors: number('monitors'),
  intervalSeconds: number('interval'),
  seconds: number('seconds'),
  many: number('many'),
  checks: number('checks'),
};
const names = values.only.split(',').map((name) => name.trim());
const unknown = names.find((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown !== undefined) refuse(`--only: no scenario ${unknown}; there are ${Object.keys(SCENARIOS).join(', ')}`);

const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
process.stdout.write(
  `${machine}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}\n` +
    `rates: ${sizes.monitors} monitors each ${sizes.intervalSeconds} s, ${sizes.seconds} s; the bare undici loop makes the same requests in the same run and starts what falls due within 20 ms at once\n`,
);
const script = new URL('scenario-run.ts', import.meta.url).pathname;
for (const name of names) {
  const args = [script, name, JSON.stringify(sizes)];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: PATIENCE_MS });
    for (const line of JSON.parse(stdout) as Line[]) print(name, line);
  } catch (error) {
    process.exitCode = 1;
    print(name, { what: 'failed', measured: (error as Error).message, aim: '', met: false });
  }
}
process.stdout.write('reads over 90 days beside 30 million rows: npm run bench:reads\n');

function print(name: string, { what, measured, aim, met }: Line): void {
  const verdict = met === null ? '' : met ? 'met' : 'MISSED';
  process.stdout.write(`${name.padEnd(11)}${what.padEnd(40)}${measured.padEnd(34)}${aim.padEnd(20)}${verdict}\n`);
}
