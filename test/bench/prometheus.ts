import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Embedded, measureServer } from './embedded.ts';
import { cpuMs, stop } from './processes.ts';
import { startTarget } from './rig.ts';

const PROMETHEUS = '/usr/bin/prometheus';
const BLACKBOX = '/usr/bin/prometheus-blackbox-exporter';
export const isInstalled = () => existsSync(PROMETHEUS) && existsSync(BLACKBOX);

/** Hindcast, then Prometheus with blackbox_exporter, on the same targets at the same interval: CPU per check in ms. */
export async function measureBeside(options: Embedded) {
  await using target = await startTarget();
  const ours = await measureServer(options, target.url, target.dir);
  const theirs = await measurePeer(options, target.url, target.dir);
  return { ours, theirs, ratio: ours.cpuPerCheckMs / theirs.cpuPerCheckMs };
}

async function measurePeer({ monitors, intervalSeconds, seconds }: Embedded, url: string, dir: string) {
  const [port, blackboxPort] = [await freePort(), await freePort()];
  const folder = join(dir, 'prometheus');
  mkdirSync(folder);
  const module = { prober: 'http', timeout: '5s', http: { preferred_ip_protocol: 'ip4' } };
  writeFileSync(join(folder, 'blackbox.yml'), JSON.stringify({ modules: { http: module } }));
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(scrapes(monitors, intervalSeconds, url, blackboxPort)));
  const children = [
    run(BLACKBOX, [`--config.file=${folder}/blackbox.yml`, `--web.listen-address=127.0.0.1:${blackboxPort}`]),
    run(PROMETHEUS, [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]),
  ];
  try {
    await sleep((intervalSeconds + 5) * 1000);
    const used = () => children.reduce((sum, { pid }) => sum + cpuMs(pid ?? 0), 0);
    const before = used();
    await sleep(seconds * 1000);
    const cpu = used() - before;
    const query = encodeURIComponent(`sum(sum_over_time(probe_success[${seconds}s]))`);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${query}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    const checks = Number(data.result[0]?.value[1] ?? 0);
    return { checks, cpuPerCheckMs: cpu / checks };
  } finally {
    await Promise.all(children.map(stop));
  }
}

function scrapes(count: number, intervalSeconds: number, url: string, blackboxPort: number) {
  const job = {
    job_name: 'bench',
    metrics_path: '/probe',
    params: { module: ['http'] },
    scrape_interval: `${intervalSeconds}s`,
    scrape_timeout: `${Math.min(5, intervalSeconds)}s`,
    static_configs: [{ targets: Array.from({ length: count }, (_, i) => `${url}?m=${i}`) }],
    relabel_configs: [
      { source_labels: ['__address__'], target_label: '__param_target' },
      { source_labels: ['__param_target'], target_label: 'instance' },
      { target_label: '__address__', replacement: `127.0.0.1:${blackboxPort}` },
    ],
  };
  return { scrape_configs: [job] };
}

function run(program: string, args: string[]): ChildProcess {
  return spawn(program, args, { stdio: 'ignore' });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (!address || typeof address === 'string') throw new Error('no port');
  return address.port;
}
