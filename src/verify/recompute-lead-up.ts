import { type Affected, type Case, median, type Window } from './case.ts';
import type { Expectation } from './expected.ts';

const STRETCH_MS = 4 * 3_600_000;
const STRETCHES = 180;
const HOUR_MS = 3_600_000;

interface Row {
  at: number;
  started: number;
  duration_us: number;
  dns_us: number | null;
  connect_us: number | null;
  tls_us: number | null;
  first_byte_us: number | null;
  download_us: number | null;
}

const COLUMNS = [
  ['dns', 'dns_us'],
  ['connect', 'connect_us'],
  ['tls', 'tls_us'],
  ['firstByte', 'first_byte_us'],
  ['download', 'download_us'],
] as const;

const tenths = (value: number) => Math.round(value * 10) / 10;
const middle = (values: readonly number[]) => median(values) as number;

/** How many values at the end are the drift, and the median of the reference; null for none. */
function driftAt(values: readonly number[]): { length: number; usual: number } | null {
  const half = Math.ceil(values.length / 2);
  if (values.length < 20) return null;
  const usual = middle(values.slice(0, half));
  const part = Math.floor(half / 3);
  const climb = (middle(values.slice(half - part, half)) - middle(values.slice(0, part))) / (half - part);
  const flat = climb > 0 ? values.map((x, i) => x - climb * i) : values;
  const center = middle(flat.slice(0, half));
  const spread = 1.4826 * middle(flat.slice(0, half).map((x) => Math.abs(x - center)));
  const unit = Math.max(spread, usual * 0.05, 1);
  const z = flat.slice(half).map((x) => Math.min(4, Math.max(-4, (x - center) / unit)));
  const sums: number[] = [];
  for (const score of z) sums.push(Math.min(16, Math.max(0, (sums.at(-1) ?? 0) + score - 1)));
  const length = sums.length - 1 - sums.lastIndexOf(0);
  const isDrift = length > 0 && (sums.at(-1) as number) >= 8 && middle(z.slice(-Math.min(5, length))) > 1;
  return isDrift ? { length, usual } : null;
}

/** How long the certificate was still valid that a monitor was shown last. */
export function expectCertificate({ reader }: Case, { no, id, windows }: Affected, facts: Expectation): void {
  const { firstBad } = windows[0] as Window;
  const seen = reader
    .sql<{ valid_to: number; seen_at: number }>('SELECT valid_to, seen_at FROM certificates WHERE monitor_no = ?')
    .all(no)
    .filter((row) => row.seen_at <= firstBad.at)
    .sort((a, b) => b.seen_at - a.seen_at)[0];
  if (seen) facts.number('certificateDays', Math.floor((seen.valid_to - firstBad.startedAt) / 86_400_000), id);
}

/** Response times before the first failure of a monitor. */
export function expectLeadUp({ reader }: Case, { no, id, windows }: Affected, facts: Expectation): void {
  const { firstBad } = windows[0] as Window;
  const read = reader.sql<Row>(
    `SELECT at, at + late_ms AS started, duration_us, dns_us, connect_us, tls_us, first_byte_us, download_us FROM checks
     WHERE monitor_no = ? AND location_no = ? AND at >= ? AND at < ? AND verdict <= 1 AND duration_us >= 0 ORDER BY at`,
  );
  const rowsOf = (to: number) => read.all(no, firstBad.locationNo, to - STRETCH_MS, to);
  const rows = rowsOf(firstBad.at);
  const totals = rows.map((row) => row.duration_us / 1000);
  const drift = driftAt(totals);
  if (!drift) return;
  const from = (rows.at(-drift.length) as Row).started;
  facts.time('leadUpFrom', from, id);
  facts.number('leadUpChecks', drift.length, id);
  facts.number('leadUpSeconds', (firstBad.startedAt - from) / 1000, id);
  facts.number('leadUpMedianMs', tenths(middle(totals.slice(-drift.length))), id);
  facts.number('leadUpBaselineMs', tenths(drift.usual), id);

  const moved = COLUMNS.flatMap(([name, column]) => {
    const values = rows.flatMap((row) => (row[column] === null ? [] : row[column] / 1000));
    const own = driftAt(values);
    return own ? [{ name, ms: middle(values.slice(-own.length)), usual: own.usual }] : [];
  });
  const rise = Math.max(...moved.map(({ ms, usual }) => ms - usual));
  const most = moved.find(({ ms, usual }) => ms - usual === rise);
  if (most) {
    facts.text('leadUpPhase', most.name, id);
    facts.number('leadUpPhaseMs', tenths(most.ms), id);
    facts.number('leadUpPhaseBaselineMs', tenths(most.usual), id);
  }

  const failed = (from: number, to: number) =>
    reader
      .sql(
        `SELECT 1 FROM windows WHERE monitor_no = ? AND first_bad_at >= ? AND first_bad_at < ?
         UNION ALL SELECT 1 FROM near_misses WHERE monitor_no = ? AND first_bad_at >= ? AND first_bad_at < ? LIMIT 1`,
      )
      .get(no, from, to, no, from, to) !== undefined;
  const tried: boolean[] = [];
  for (let nth = 1; nth <= STRETCHES; nth++) {
    const end = firstBad.at - nth * STRETCH_MS;
    if (failed(end - STRETCH_MS, end + HOUR_MS)) continue;
    const stretch = rowsOf(end);
    if (stretch.length >= 20) tried.push(driftAt(stretch.map((row) => row.duration_us / 1000)) !== null);
  }
  facts.number('leadUpTried', tried.length, id);
  facts.number('leadUpSpoke', tried.filter(Boolean).length, id);
}
