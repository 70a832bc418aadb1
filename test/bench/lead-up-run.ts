import { findDrift } from '#src/domain/lead-up.ts';
import { generator } from '#test/support/outages.ts';
import { type SeriesShape, seriesOf } from '#test/support/series.ts';
import { targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer } from '#test/support/target-server.ts';

/** How well the lead-up is found: synthetic series of four hours, and recorded ones of real probes on loopback. */
const RUNS = 500;
const INTERVALS = [60, 30, 10];
type Row = [name: string, found: string, lead: string];

function synthetic(): Row[] {
  const quiet: [string, Partial<SeriesShape>][] = [
    ['noise', {}],
    ['day ±25 %, rising', { daily: 0.25, endsAtHour: 2 }],
    ['day ±50 %, rising', { daily: 0.5, endsAtHour: 2 }],
    ['2 % outliers', { outliers: 0.02 }],
    ['5 % outliers', { outliers: 0.05 }],
    ['day ±25 %, rising, 2 % outliers', { daily: 0.25, outliers: 0.02, endsAtHour: 2 }],
  ];
  const drifts: [string, NonNullable<SeriesShape['drift']>][] = [
    ['step to 1.5 ×, 15 min', { kind: 'step', last: 15, times: 1.5 }],
    ['step to 2 ×, 15 min', { kind: 'step', last: 15, times: 2 }],
    ['step to 3 ×, 5 min', { kind: 'step', last: 5, times: 3 }],
    ['ramp to 2 ×, 30 min', { kind: 'ramp', last: 30, times: 2 }],
    ['ramp to 4 ×, 60 min', { kind: 'ramp', last: 60, times: 4 }],
  ];
  const rows: Row[] = [];
  for (const everySeconds of INTERVALS) {
    const perMinute = 60 / everySeconds;
    const base = { length: 240 * perMinute, everySeconds, usualMs: 120, outliers: 0.01, daily: 0.2, endsAtHour: 2 };
    let falseAlarms = 0;
    for (const [name, shape] of quiet) {
      const spoke = count((seed) => findDrift(seriesOf({ ...base, outliers: 0, daily: 0, ...shape, seed })) !== null);
      falseAlarms += spoke;
      rows.push([`${everySeconds} s, ${name}`, percent(spoke), '']);
    }
    let right = 0;
    for (const [name, drift] of drifts) {
      const leads: number[] = [];
      for (let seed = 1; seed <= RUNS; seed++) {
        const found = findDrift(seriesOf({ ...base, drift: { ...drift, last: drift.last * perMinute }, seed }));
        if (found) leads.push((base.length - found.from) / perMinute);
      }
      right += leads.length;
      leads.sort((a, b) => a - b);
      rows.push([
        `${everySeconds} s, ${name}`,
        percent(leads.length),
        `${(leads[leads.length >> 1] ?? 0).toFixed(1)} min`,
      ]);
    }
    const precision = right / drifts.length / (right / drifts.length + falseAlarms / quiet.length);
    rows.push([`${everySeconds} s, precision with as many quiet as drifting`, `${(100 * precision).toFixed(1)} %`, '']);
  }
  return rows;
}

const count = (spoke: (seed: number) => boolean) =>
  Array.from({ length: RUNS }, (_, i) => spoke(i + 1)).filter(Boolean).length;
const percent = (n: number) => `${((100 * n) / RUNS).toFixed(1)} %`;

/** Real probes of a server whose answers take a random while, cut into series; then with a server that gets slow. */
async function recorded(): Promise<Row[]> {
  const random = generator(11);
  await using prober = testProber();
  await using server = await startHttpServer(
    (_request, response) => void setTimeout(() => response.end('ok'), 2 + 6 * random()),
  );
  const target = targetAt(server.url);
  const totals: number[] = [];
  for (let i = 0; i < 2400; i++) totals.push((await prober.probe(target)).latencyMs ?? 0);
  let [spoke, found, lead] = [0, 0, 0];
  const series = Array.from({ length: 40 }, (_, i) => totals.slice(i * 60, i * 60 + 60));
  for (const values of series) {
    if (findDrift(values)) spoke++;
    const drift = findDrift(values.map((value, i) => (i < 50 ? value : value * 3)));
    if (!drift) continue;
    found++;
    lead += (60 - drift.from) / series.length;
  }
  const share = (n: number) => `${((100 * n) / series.length).toFixed(0)} %`;
  return [
    ['recorded on loopback, as it was', share(spoke), ''],
    ['recorded, the last 10 of 60 times 3', share(found), `${lead.toFixed(1)} of 10 checks`],
  ];
}

for (const [name, found, lead] of [...synthetic(), ...(await recorded())])
  process.stdout.write(`${name.padEnd(56)}${found.padEnd(10)}${lead}\n`);
