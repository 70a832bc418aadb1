import { parseArgs } from 'node:util';
import { measureReads } from './reads.ts';

const { values } = parseArgs({ options: { millions: { type: 'string', default: '30' } } });
const m = await measureReads(Number(values.millions));
const rows: [string, string, string][] = [
  ['check rows', (m.rows / 1e6).toFixed(1), 'million'],
  ['file', `${m.fileGiB.toFixed(2)} GiB`, `${((m.fileGiB * 2 ** 30) / m.rows).toFixed(0)} bytes a row`],
  ['rolling up an hour', `${m.rollMsPerHour.toFixed(2)} ms`, '360 checks'],
  ['uptime, 90 days', `${m.uptimeMs.toFixed(1)} ms`, 'under 50 ms'],
  ['latency, 90 days by hour', `${m.latencyHourMs.toFixed(1)} ms`, 'under 50 ms'],
  ['latency, 90 days by day', `${m.latencyDayMs.toFixed(1)} ms`, 'under 50 ms'],
];
for (const [name, value, aim] of rows) process.stdout.write(`${name.padEnd(28)}${value.padEnd(16)}${aim}\n`);
