import { CHART_PHASES, type Chart, type ChartPhase, type ChartPoint, type Moment } from '../chart.ts';

const WIDTH = 760;
const LEFT = 58;
const RIGHT = 744;
const PLOT = 170;
const LABEL = 15;
const LANE = 16;
/** Width of a character of the labels, at most. */
const CHARACTER = 6.4;
/** Beyond this ratio between the slowest and the usual step, a linear scale would flatten all the others. */
const LOG_FROM = 15;

/** Apart in lightness too, for print without colour. */
const COLOURS: Record<ChartPhase, string> = {
  dns: '#12355b',
  connect: '#2f6f9f',
  tls: '#6aa5c8',
  firstByte: '#e0a63a',
  download: '#f3dfa2',
};
const PHASE_NAMES: Record<ChartPhase, string> = {
  dns: 'DNS',
  connect: 'connect',
  tls: 'TLS',
  firstByte: 'first byte',
  download: 'download',
};
const BAD = '#b3261e';
const INK = '#3b434d';
const SOFT = '#9aa2ad';

const MOMENT_NAMES: Record<Moment, string> = {
  started: 'started',
  detected: 'detected',
  alerted: 'alerted',
  acknowledged: 'acknowledged',
  cause: 'cause',
  fix: 'fix',
  restored: 'restored',
};

interface Scales {
  x(at: string | number): number;
  y(ms: number): number;
  top: number;
  bottom: number;
  log: boolean;
  most: number;
  /** Until when anything is known. */
  end: string;
}

/** Names stand where the text asserts them; a title that held one would claim what a team calls its monitor. */
export const CHART_TITLE = 'Response time by phase, of the monitor that failed first';

/** What the picture shows, in words, without a figure that the text beside it does not have. */
export function chartDescription({ marks, others, unobserved }: Chart): string {
  const moments = marks.map(({ moment }) => MOMENT_NAMES[moment]).join(', ');
  const more = others.length > 0 ? ` Below it: when other monitors failed.` : '';
  const blind = unobserved.length > 0 ? ' Hatched: nobody looked.' : '';
  return `Medians of the checks that passed, in milliseconds over time in UTC; shaded: downtime; red bars: failed checks.${blind} Marked: ${moments}.${more}`;
}

/** The chart as SVG: the same bytes for the same chart. Words of axes are of class `tick`. */
export function chartSvg(chart: Chart, escaped: (text: string) => string): string {
  const labels = placed(chart);
  const rows = Math.max(1, ...labels.map(({ row }) => row + 1));
  const top = rows * LABEL + 8;
  const bottom = top + PLOT;
  const scales = scalesOf(chart, top, bottom);
  const lanes = bottom + 42;
  const height = lanes + chart.others.length * LANE + 24;
  const parts = [
    `<title>${CHART_TITLE}</title><desc>${escaped(chartDescription(chart))}</desc>`,
    ...chart.windows.map((one) => band(one, scales, `fill="${BAD}" fill-opacity="0.13"`)),
    ...axes(chart, scales),
    ...(scales.log ? lines(chart, scales) : areas(chart, scales)),
    ...failures(chart, scales),
    ...chart.unobserved.map(({ from, to }) => hatched(scales.x(from), scales.x(to ?? chart.to), top, bottom)),
    ...labels.map(({ moment, x, row, anchor }) => mark(MOMENT_NAMES[moment], x, row, anchor, bottom)),
    ...chart.others.flatMap((other, i) => lane(other, lanes + i * LANE, scales, escaped)),
    ...legend(chart, height - 8),
  ];
  return `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="Roboto, system-ui, sans-serif" font-size="11">\n${parts.join('\n')}\n</svg>`;
}

const n = (value: number) => String(Math.round(value * 10) / 10);

function scalesOf(chart: Chart, top: number, bottom: number): Scales {
  const from = Date.parse(chart.from);
  // A little room behind the end, for the label of what happened last.
  const to = from + Math.max(1, Date.parse(chart.to) - from) * 1.11;
  const tops = chart.points.map(heightOf).filter((ms) => ms > 0);
  const largest = Math.max(1, ...tops);
  const usual = tops.toSorted((a, b) => a - b)[Math.floor(tops.length / 4)] ?? 1;
  const log = largest / Math.max(usual, 0.1) > LOG_FROM;
  const most = niceAbove(largest);
  const share = (ms: number) =>
    log ? Math.max(0, Math.log10(Math.max(ms, 1)) / Math.log10(Math.max(most, 10))) : ms / most;
  const x = (at: string | number) => {
    const time = typeof at === 'number' ? at : Date.parse(at);
    return LEFT + Math.min(Math.max((time - from) / (to - from), 0), 1) * (RIGHT - LEFT);
  };
  return { x, y: (ms) => bottom - share(ms) * PLOT, top, bottom, log, most, end: chart.to };
}

const sum = ({ phases }: ChartPoint) => CHART_PHASES.reduce((total, phase) => total + (phases[phase] ?? 0), 0);
/** What no phase accounts for: medians do not add up to the last tenth, so less than that is no rest. */
const restOf = (point: ChartPoint) => {
  const rest = (point.ms ?? 0) - sum(point);
  return sum(point) > 0 && rest > sum(point) / 10 ? rest : 0;
};
const heightOf = (point: ChartPoint) => Math.max(sum(point), point.ms ?? 0);

/** 1, 2 or 5 times a power of ten, at or above the value. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= value) ?? value;
}

const TIME_STEPS = [10, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800, 2_592_000];

function axes(chart: Chart, { x, y, bottom, log, most }: Scales): string[] {
  const values = log
    ? [...Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, i) => 10 ** i), most]
    : [0, 0.25, 0.5, 0.75, 1].map((part) => part * most);
  const grid = values.map(
    (ms) =>
      `<path d="M${LEFT} ${n(y(ms))}H${RIGHT}" stroke="${SOFT}" stroke-width="0.5" stroke-opacity="0.6"/><text class="tick" x="${LEFT - 6}" y="${n(y(ms) + 4)}" text-anchor="end" fill="${INK}">${n(ms)} ms</text>`,
  );
  const [from, to] = [Date.parse(chart.from), Date.parse(chart.to)];
  const step = (TIME_STEPS.find((seconds) => (to - from) / 1000 / seconds <= 8) ?? 7_776_000) * 1000;
  const times: string[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const iso = new Date(at).toISOString();
    const text = step >= 86_400_000 ? iso.slice(0, 10) : step < 60_000 ? iso.slice(11, 19) : iso.slice(11, 16);
    times.push(
      `<path d="M${n(x(at))} ${bottom}v5" stroke="${INK}"/><text class="tick" x="${n(x(at))}" y="${bottom + 28}" text-anchor="middle" fill="${INK}">${text}</text>`,
    );
  }
  return [...grid, `<path d="M${LEFT} ${bottom}H${RIGHT}" stroke="${INK}"/>`, ...times];
}

function band(
  { from, to }: { from: string; to: string | null },
  { x, top, bottom, end }: Scales,
  paint: string,
): string {
  const [left, right] = [x(from), to === null ? x(end) : x(to)];
  return `<rect x="${n(left)}" y="${top}" width="${n(Math.max(right - left, 1))}" height="${bottom - top}" ${paint}/>`;
}

/** Lines across a box, drawn one by one: a pattern would be a reference, and the page has none. */
function hatched(left: number, right: number, top: number, bottom: number): string {
  const high = bottom - top;
  const lines: string[] = [];
  for (let x = left - high + 3; x < right; x += 6) {
    const [from, to] = [Math.max(x, left), Math.min(x + high, right)];
    lines.push(`M${n(from)} ${n(bottom - (from - x))}L${n(to)} ${n(bottom - (to - x))}`);
  }
  return `<path class="hatch" d="${lines.join('')}" stroke="${SOFT}" stroke-width="1"/>`;
}

/** Points that follow each other without one in between that only failed. */
function runs(points: readonly ChartPoint[]): ChartPoint[][] {
  const result: ChartPoint[][] = [[]];
  for (const point of points) {
    if (point.passed === 0) result.push([]);
    else if (heightOf(point) > 0) result.at(-1)?.push(point);
  }
  return result.filter((run) => run.length > 0);
}

function areas({ points, stepSeconds }: Chart, { x, y }: Scales): string[] {
  const half = (stepSeconds * 1000) / 2;
  const middleOf = ({ at }: ChartPoint) => Date.parse(at) + half;
  return runs(points).flatMap((run) => {
    const first = run[0] as ChartPoint;
    // One point alone is as wide as its step.
    const ends = run.length > 1 ? run.map(middleOf) : [Date.parse(first.at), Date.parse(first.at) + 2 * half];
    const shown = run.length > 1 ? run : [first, first];
    const base = shown.map(() => 0);
    const area = (values: number[], colour: string) => {
      const upper = values.map((ms, i) => `${n(x(ends[i] ?? 0))} ${n(y((base[i] ?? 0) + ms))}`);
      const lower = base.map((ms, i) => `${n(x(ends[i] ?? 0))} ${n(y(ms))}`).reverse();
      for (const [i, ms] of values.entries()) base[i] = (base[i] ?? 0) + ms;
      return `<path d="M${[...upper, ...lower].join('L')}Z" fill="${colour}" stroke="${colour}" stroke-width="0.6"/>`;
    };
    const phased = shown.some((point) => sum(point) > 0);
    if (!phased)
      return [
        area(
          shown.map(({ ms }) => ms ?? 0),
          COLOURS.firstByte,
        ),
      ];
    const stack = CHART_PHASES.filter((phase) => shown.some(({ phases }) => (phases[phase] ?? 0) > 0)).map((phase) =>
      area(
        shown.map(({ phases }) => phases[phase] ?? 0),
        COLOURS[phase],
      ),
    );
    return shown.some((point) => restOf(point) > 0) ? [...stack, area(shown.map(restOf), SOFT)] : stack;
  });
}

/** On a scale of powers a stack would lie: a line for each phase, and a bold one for the whole. */
function lines({ points, stepSeconds }: Chart, { x, y }: Scales): string[] {
  const half = (stepSeconds * 1000) / 2;
  return runs(points).flatMap((run) => {
    const line = (value: (point: ChartPoint) => number | null, colour: string, width: number) => {
      const known = run.filter((point) => (value(point) ?? 0) > 0);
      const at = known.map((point) => `${n(x(Date.parse(point.at) + half))} ${n(y(value(point) ?? 0))}`);
      if (at.length === 0) return '';
      return `<path d="M${at.join('L')}${at.length === 1 ? 'h3' : ''}" fill="none" stroke="${colour}" stroke-width="${width}"/>`;
    };
    return [
      ...CHART_PHASES.map((phase) => line(({ phases }) => phases[phase], COLOURS[phase], 1.2)),
      line((point) => point.ms ?? sum(point), INK, 2),
    ].filter(Boolean);
  });
}

/** A strip under the plot: red where checks failed, as high as the share of them. */
function failures({ points, stepSeconds }: Chart, { x, bottom }: Scales): string[] {
  return points
    .filter(({ failed }) => failed > 0)
    .map(({ at, failed, passed }) => {
      const [left, right] = [x(at), x(Date.parse(at) + stepSeconds * 1000)];
      const high = 10 * (failed / (failed + passed));
      return `<rect x="${n(left)}" y="${n(bottom + 16 - high)}" width="${n(Math.max(right - left, 1))}" height="${n(high)}" fill="${BAD}"/>`;
    });
}

interface Placed {
  moment: Moment;
  x: number;
  row: number;
  anchor: 'start' | 'end';
}

/** Each label beside its line, in the first row where it meets no other. */
function placed(chart: Chart): Placed[] {
  const { x } = scalesOf(chart, 0, PLOT);
  const taken: [number, number][][] = [];
  return chart.marks
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ moment, at }) => {
      const width = MOMENT_NAMES[moment].length * CHARACTER + 10;
      const anchor = x(at) + width > RIGHT ? 'end' : 'start';
      const span: [number, number] = anchor === 'start' ? [x(at) - 1, x(at) + width] : [x(at) - width, x(at) + 1];
      let row = taken.findIndex((others) => others.every(([from, to]) => span[1] < from || span[0] > to));
      if (row < 0) row = taken.push([]) - 1;
      taken[row]?.push(span);
      return { moment, x: x(at), row, anchor };
    });
}

function mark(text: string, x: number, row: number, anchor: Placed['anchor'], bottom: number): string {
  const y = row * LABEL + 11;
  const beside = anchor === 'start' ? x + 4 : x - 4;
  return `<path d="M${n(x)} ${y - 9}V${bottom}" stroke="${INK}" stroke-width="1" stroke-dasharray="3 2"/><text x="${n(beside)}" y="${y}" text-anchor="${anchor}" fill="${INK}">${text}</text>`;
}

/** When another monitor failed: its name at the left of the bar, over the chart's own time. */
function lane(
  other: Chart['others'][number],
  y: number,
  { x, end }: Scales,
  escaped: (text: string) => string,
): string[] {
  const bars = other.windows.map(({ from, to }) => {
    const [left, right] = [x(from), to === null ? x(end) : x(to)];
    return `<rect x="${n(left)}" y="${y}" width="${n(Math.max(right - left, 2))}" height="9" fill="${BAD}" fill-opacity="0.75"/>`;
  });
  const name = other.monitor.length > 40 ? `${other.monitor.slice(0, 39)}…` : other.monitor;
  return [...bars, `<text class="tick" x="${LEFT + 2}" y="${y + 8}" fill="${INK}">${escaped(name)}</text>`];
}

function legend(chart: Chart, y: number): string[] {
  const seen = CHART_PHASES.filter((phase) => chart.points.some(({ phases }) => (phases[phase] ?? 0) > 0));
  const entries: [string, string][] = [
    ...(seen.length > 0 ? seen : (['firstByte'] as const)).map((phase): [string, string] => [
      seen.length > 0 ? PHASE_NAMES[phase] : 'response time',
      `fill="${COLOURS[phase]}"`,
    ]),
    ...(chart.points.some((point) => restOf(point) > 0) ? [['rest', `fill="${SOFT}"`] as [string, string]] : []),
    ['downtime', `fill="${BAD}" fill-opacity="0.2"`],
    ['failed checks', `fill="${BAD}"`],
    ...(chart.unobserved.length > 0 ? [['unobserved', 'fill="none"'] as [string, string]] : []),
  ];
  let x = LEFT;
  const boxes = entries.map(([name, paint]) => {
    const at = x;
    x += 14 + name.length * CHARACTER + 12;
    return `<rect x="${n(at)}" y="${y - 9}" width="10" height="10" ${paint} stroke="${INK}" stroke-width="0.4"/><text x="${n(at + 14)}" y="${y}" fill="${INK}">${name}</text>`;
  });
  const at = LEFT + entries.slice(0, -1).reduce((width, [name]) => width + 14 + name.length * CHARACTER + 12, 0);
  return chart.unobserved.length > 0 ? [...boxes, hatched(at, at + 10, y - 9, y + 1)] : boxes;
}
