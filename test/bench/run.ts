import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { measureEmbedded } from './embedded.ts';

const { values } = parseArgs({
  options: {
    monitors: { type: 'string', default: '2000' },
    interval: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
  },
});

const scenario = {
  monitors: Number(values.monitors),
  intervalSeconds: Number(values.interval),
  seconds: Number(values.seconds),
};
const rate = scenario.monitors / scenario.intervalSeconds;
process.stdout.write(
  `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n` +
    `embedded: ${scenario.monitors} monitors each ${scenario.intervalSeconds} s (${rate} checks/s) for ${scenario.seconds} s, then a bare undici loop at the same rate\n`,
);
const m = await measureEmbedded(scenario);
const rows: [string, string, string][] = [
  ['checks made', String(m.checks), `${m.expected} slots`],
  ['missed slots', String(m.missed), '0'],
  ['failed checks', String(m.failed), '0'],
  ['lateness p50 / p99', `${m.lateMsP50} / ${m.lateMsP99} ms`, 'p99 under 250 ms'],
  ['share of one core', `${m.corePercent.toFixed(1)} %`, 'under 40 %'],
  ['peak memory', `${m.rssMiB.toFixed(0)} MiB`, 'under 250 MB'],
  ['CPU per check', `${m.cpuPerCheckMs.toFixed(3)} ms`, ''],
  ['CPU per bare request', `${m.barePerRequestMs.toFixed(3)} ms`, ''],
  ['ratio', m.ratio.toFixed(2), 'at most 1.3 is the aim at 1,000/s'],
];
for (const [name, value, aim] of rows) process.stdout.write(`${name.padEnd(24)}${value.padEnd(20)}${aim}\n`);
