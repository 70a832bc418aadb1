/**
 * Outages that happened, as an outside monitor would have met them: phases in seconds from the published start of the
 * impact. Where no figure was published for a phase (`assumed`), it is a stand-in. Phase timings of checks are made up.
 */
export interface Phase {
  from: number;
  to: number;
  /** Percent of checks that fail, at random; or the failing part of each period, in turns. */
  failing: number;
  periodSeconds?: number;
  failure?: 'status' | 'dns-error' | 'dns-not-found' | 'connect-timeout';
  status?: number;
  latencyMs?: number;
  assumed?: true;
}

export interface Outage {
  name: string;
  start: string;
  source: string;
  places: string[];
  phases: Phase[];
  /** Seconds in which nearly everything failed. */
  solid: [number, number];
  /** First to last sign of trouble. */
  trouble: [number, number];
}

export const OUTAGES: Outage[] = [
  {
    name: 'cdn-rule-2019-07-02',
    start: '2019-07-02T13:42:00Z',
    source: 'https://blog.cloudflare.com/details-of-the-cloudflare-outage-on-july-2-2019/',
    places: ['us', 'eu', 'apac'],
    phases: [
      { from: 0, to: 60, failing: 50, failure: 'status', status: 502, assumed: true },
      { from: 60, to: 1500, failing: 82, failure: 'status', status: 502, latencyMs: 4000, assumed: true },
      { from: 1500, to: 1620, failing: 40, failure: 'status', status: 502, assumed: true },
    ],
    solid: [60, 1500],
    trouble: [0, 1620],
  },
  {
    name: 'backbone-2021-10-04',
    start: '2021-10-04T15:39:00Z',
    source: 'https://engineering.fb.com/2021/10/05/networking-traffic/outage-details/',
    places: ['us', 'eu', 'apac'],
    phases: [
      { from: 0, to: 660, failing: 60, failure: 'connect-timeout', assumed: true },
      { from: 660, to: 20_460, failing: 100, failure: 'dns-error' },
      { from: 20_460, to: 20_940, failing: 50, failure: 'connect-timeout', assumed: true },
      { from: 20_940, to: 25_860, failing: 15, failure: 'status', status: 503, latencyMs: 4000, assumed: true },
    ],
    solid: [660, 20_460],
    trouble: [0, 25_860],
  },
  {
    name: 'cdn-configuration-2021-06-08',
    start: '2021-06-08T09:47:00Z',
    source: 'https://www.fastly.com/blog/summary-of-june-8-outage',
    places: ['us', 'eu', 'apac'],
    phases: [
      { from: 0, to: 2940, failing: 85, failure: 'status', status: 503 },
      { from: 2940, to: 4380, failing: 25, failure: 'status', status: 503, latencyMs: 1500, assumed: true },
      { from: 4380, to: 10_080, failing: 3, failure: 'status', status: 503, latencyMs: 800, assumed: true },
    ],
    solid: [0, 2940],
    trouble: [0, 10_080],
  },
  {
    name: 'crash-loop-2022-11-18',
    start: '2022-11-18T15:40:00Z',
    source: 'https://incident.io/blog/intermittent-downtime',
    places: ['eu', 'us'],
    phases: [
      { from: 0, to: 120, failing: 100, failure: 'status', status: 503 },
      { from: 420, to: 1920, failing: 44, periodSeconds: 180, failure: 'status', status: 503, assumed: true },
    ],
    solid: [0, 120],
    trouble: [0, 1920],
  },
  {
    name: 'missing-record-2023-01-25',
    start: '2023-01-25T09:15:00Z',
    source: 'https://blog.rust-lang.org/inside-rust/2023/02/08/dns-outage-portmortem/',
    places: ['us', 'eu'],
    phases: [
      { from: 0, to: 900, failing: 100, failure: 'dns-not-found', assumed: true },
      { from: 900, to: 1500, failing: 30, failure: 'dns-not-found', assumed: true },
    ],
    solid: [0, 900],
    trouble: [0, 1500],
  },
  {
    name: 'home-page-2016-07-20',
    start: '2016-07-20T14:44:00Z',
    source: 'https://stackstatus.tumblr.com/post/147710624694/outage-postmortem-july-20-2016',
    places: ['us', 'eu'],
    phases: [
      { from: -60, to: 30, failing: 0, latencyMs: 8000, assumed: true },
      { from: 30, to: 2040, failing: 100, failure: 'status', status: 503 },
    ],
    solid: [30, 2040],
    trouble: [-60, 2040],
  },
];

export interface OutageRow {
  at: string;
  verdict: 'up' | 'down';
  status?: number;
  failure?: string;
  latencyMs: number;
  phases: Record<string, number | null>;
  location: string;
}

/** The checks of half an hour before to half an hour after, each place at its own offset. Always the same. */
export function rowsOf(outage: Outage, intervalSeconds: number): OutageRow[] {
  const random = generator(outage.name.length * 7919 + intervalSeconds);
  const start = Date.parse(outage.start);
  const end = outage.trouble[1] + Math.max(1800, 6 * intervalSeconds);
  const rows: OutageRow[] = [];
  for (const [index, location] of outage.places.entries()) {
    const offset = (index * intervalSeconds) / outage.places.length;
    for (let t = -Math.max(1800, 6 * intervalSeconds) + offset; t < end; t += intervalSeconds) {
      const phase = outage.phases.find(({ from, to }) => t >= from && t < to);
      const luck = random() * 100;
      const turn = phase?.periodSeconds ? (((t - phase.from) % phase.periodSeconds) / phase.periodSeconds) * 100 : luck;
      const isDown = phase !== undefined && turn < phase.failing;
      const answered = !isDown || phase.failure === 'status';
      const latencyMs = isDown && !answered ? 10_000 : (phase?.latencyMs ?? 120) + Math.round(random() * 40);
      rows.push({
        at: new Date(start + Math.round(t * 1000)).toISOString(),
        verdict: isDown ? 'down' : 'up',
        ...(answered && { status: isDown ? (phase.status ?? 503) : 200 }),
        ...(isDown && { failure: phase.failure as string }),
        latencyMs,
        phases: answered
          ? { dns: 4, connect: 20, tls: 25, firstByte: latencyMs - 55, download: 6 }
          : { dns: phase?.failure?.startsWith('dns') ? latencyMs : 4 },
        location,
      });
    }
  }
  return rows.sort((a, b) => a.at.localeCompare(b.at) || a.location.localeCompare(b.location));
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
