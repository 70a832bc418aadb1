import type { OutageRow } from './outages.ts';

export interface Failing {
  from: number;
  to: number;
  failure?: string;
  status?: number;
}

/** Checks of one place, each `every` seconds, all times in seconds from `start`; always the same. */
export function madeRows(
  start: number,
  span: { from: number; to: number; every: number; location?: string },
  failing: readonly Failing[],
): OutageRow[] {
  const { from, to, every, location = 'default' } = span;
  const rows: OutageRow[] = [];
  for (let t = from; t < to; t += every) {
    const down = failing.find((one) => t >= one.from && t < one.to);
    const failure = down ? (down.failure ?? 'status') : undefined;
    const answered = failure === undefined || failure === 'status';
    const latencyMs = answered ? 80 + (Math.abs(Math.round(t)) % 13) : 900;
    rows.push({
      at: new Date(start + t * 1000).toISOString(),
      verdict: down ? 'down' : 'up',
      ...(answered && { status: down ? (down.status ?? 503) : 200 }),
      ...(failure !== undefined && { failure }),
      latencyMs,
      phases: answered ? { dns: 2, connect: 8, tls: 20, firstByte: latencyMs - 32, download: 2 } : { dns: 3 },
      location,
    });
  }
  return rows;
}
