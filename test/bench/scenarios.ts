import { measureEmbedded, measureHighest } from './embedded.ts';

export interface Sizes {
  monitors: number;
  intervalSeconds: number;
  seconds: number;
  many: number;
  checks: number;
}

/** One line of the table; `met` is null where there is no aim. */
export interface Line {
  what: string;
  measured: string;
  aim: string;
  met: boolean | null;
}

const line = (what: string, measured: string, aim = '', met: boolean | null = null): Line => ({
  what,
  measured,
  aim,
  met,
});
const ms = (value: number) => `${value.toFixed(3)} ms`;

/** Each runs in a process of its own; what is heavy to load is loaded by those that need it. */
export const SCENARIOS: Record<string, (sizes: Sizes) => Promise<Line[]>> = {
  async embedded(sizes) {
    const m = await measureEmbedded(sizes);
    return [
      line('checks made', `${m.checks} of ${m.expected} slots`),
      line('missed slots, failed checks', `${m.missed}, ${m.failed}`, '0, 0', m.missed + m.failed === 0),
      line('lateness p50 / p99', `${m.lateMsP50} / ${m.lateMsP99} ms`, 'p99 < 250 ms', m.lateMsP99 < 250),
      line('one core, peak memory', `${m.corePercent.toFixed(0)} %, ${m.rssMiB.toFixed(0)} MiB`),
      line('CPU per check / bare request', `${ms(m.cpuPerCheckMs)} / ${ms(m.barePerRequestMs)}`),
      line('ratio to the bare loop', m.ratio.toFixed(2), '<= 1.3 at 1,000/s', m.ratio <= 1.3),
    ];
  },
  async highest({ seconds }) {
    const { highest, tried } = await measureHighest(Math.min(seconds, 10));
    const last = tried.at(-1);
    return [
      line('highest rate held', `${highest} checks/s`, '>= 1,000/s', highest >= 1000),
      line('last rate tried', `${last?.rate}/s: p99 ${last?.lateMsP99} ms, ${last?.missed} missed`),
    ];
  },
  async scaled(sizes) {
    const { measureScaled } = await import('./scaled.ts');
    const m = await measureScaled(sizes);
    const [server, redis] = [m.serverMs / m.bare, m.redisMs / m.bare];
    return [
      line('checks made, missed, p99 lateness', `${m.checks}, ${m.missed}, ${m.lateMsP99} ms`),
      line('CPU per bare request', ms(m.bare)),
      line('server per check / bare', `${ms(m.serverMs)}, ${server.toFixed(2)}`, '<= 0.25', server <= 0.25),
      line('Redis per check / bare', `${ms(m.redisMs)}, ${redis.toFixed(2)}`, '<= 0.1', redis <= 0.1),
      line('worker per check / bare', `${ms(m.workerMs)}, ${(m.workerMs / m.bare).toFixed(2)}`),
    ];
  },
  async memory({ many }) {
    const { measureMemory } = await import('./memory.ts');
    const m = await measureMemory(many);
    return [
      line(
        `heap per monitor at ${many}`,
        `${m.bytesPerMonitor.toFixed(0)} bytes`,
        '<= 2,048',
        m.bytesPerMonitor <= 2048,
      ),
      line('resident memory', `${m.rssMiB.toFixed(0)} MiB`),
      line(
        `start to listening (empty: ${m.emptyStartMs.toFixed(0)} ms)`,
        `${m.startMs.toFixed(0)} ms`,
        '< 3,000 ms',
        m.startMs < 3000,
      ),
    ];
  },
  async recorder({ seconds }) {
    const { measureRecorder } = await import('./recorder.ts');
    const m = await measureRecorder(Math.min(seconds, 20));
    return [
      line('results recorded', `${m.perSecond.toFixed(0)}/s (${m.results})`, '>= 20,000/s', m.perSecond >= 20_000),
      line('bytes per check row', m.bytesPerRow.toFixed(1), '<= 60', m.bytesPerRow <= 60),
    ];
  },
  async draft({ checks }) {
    const { measureDraft } = await import('./draft.ts');
    const { median, slowest } = measureDraft(checks);
    const total = median?.totalMs ?? Number.NaN;
    return [
      line('draw, verify (median)', `${median?.drawMs.toFixed(0)}, ${median?.verifyMs.toFixed(0)} ms`),
      line(`draft + verify, ${checks} checks`, `${total.toFixed(0)} ms`, '< 500 ms', total < 500),
      line('the slowest of five', `${slowest?.totalMs.toFixed(0)} ms`),
    ];
  },
  async prometheus({ seconds }) {
    const { isInstalled, measureBeside } = await import('./prometheus.ts');
    if (!isInstalled())
      return [line('not installed', 'apt-get install prometheus prometheus-blackbox-exporter', 'a third or less')];
    const m = await measureBeside({ monitors: 1_000, intervalSeconds: 10, seconds });
    return [
      line('checks: Hindcast, Prometheus', `${m.ours.checks}, ${m.theirs.checks}`),
      line('CPU-s per 1,000: Hindcast', m.ours.cpuPerCheckMs.toFixed(2)),
      line('CPU-s per 1,000: Prometheus + blackbox', m.theirs.cpuPerCheckMs.toFixed(2)),
      line('ratio', m.ratio.toFixed(2), '<= 0.33', m.ratio <= 1 / 3),
    ];
  },
};
