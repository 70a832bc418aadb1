import { describeFailure, type Failure } from '#src/domain/check.ts';
import { type Affected, type Case, median, type Ref, type Window } from './case.ts';
import type { Expectation } from './expected.ts';
import { expectCertificate, expectLeadUp } from './recompute-lead-up.ts';

const HOUR_MS = 3_600_000;
const NEAR_MS = 300_000;

interface Row {
  at: number;
  started: number;
  duration_us: number;
  verdict: number;
}

const tenths = (value: number) => Math.round(value * 10) / 10;

/** What the checks showed in the hour before, and right after. */
export function expectBefore(of: Case, facts: Expectation): void {
  for (const monitor of of.monitors) {
    expectBaseline(of, monitor, facts);
    expectCertificate(of, monitor, facts);
    expectLeadUp(of, monitor, facts);
    expectSlowAfter(of, monitor, facts);
  }
  expectNearMisses(of, facts);
  expectPattern(of, facts);
}

function expectBaseline(of: Case, { no, id, windows }: Affected, facts: Expectation): void {
  const firstBad = (windows[0] as Window).firstBad;
  const hour = of.reader
    .sql<Row>(
      `SELECT at, at + late_ms AS started, duration_us, verdict FROM checks
       WHERE monitor_no = ? AND at >= ? AND at < ? AND (duration_us >= 0 OR verdict = 2) ORDER BY at, location_no`,
    )
    .all(no, of.start.value - HOUR_MS, firstBad.at);
  const ups = hour.filter((row) => row.verdict === 0);
  if (ups.length < 5) return;
  const usual = tenths(median(ups.map((row) => row.duration_us / 1000)) as number);
  facts.number('baselineMs', usual, id);
  facts.number('baselineChecks', ups.length, id);
}

function expectSlowAfter(of: Case, { no, id, windows }: Affected, facts: Expectation): void {
  const last = windows.at(-1) as Window;
  if (!last.firstGood) return;
  const after = of.reader
    .sql<Row>(
      `SELECT at, at + late_ms AS started, duration_us, verdict FROM checks
       WHERE monitor_no = ? AND (at, location_no) >= (?, ?) AND at <= ? AND verdict <> 3
         AND location_no IN (SELECT value FROM json_each(?)) ORDER BY at, location_no`,
    )
    .all(no, last.firstGood.at, last.firstGood.locationNo, of.until, JSON.stringify(last.locations));
  const end = after.findIndex((row) => row.verdict !== 1);
  const length = end < 0 ? after.length : end;
  if (length === 0) return;
  facts.number('slowAfterChecks', length, id);
  facts.time('slowAfterUntil', after[length]?.started ?? null, id);
}

function expectNearMisses(of: Case, facts: Expectation): void {
  let count = 0;
  for (const { no, id } of of.monitors) {
    const misses = of.reader
      .sql<{ failure: string; refs: string }>('SELECT failure, refs FROM near_misses WHERE monitor_no = ?')
      .all(no)
      .map((row) => ({ failure: row.failure, ...(JSON.parse(row.refs) as { firstBad: Ref; failed: number }) }))
      .filter(({ firstBad }) => firstBad.startedAt >= of.start.value - HOUR_MS && firstBad.startedAt < of.start.value)
      .sort((a, b) => a.firstBad.startedAt - b.firstBad.startedAt);
    count += misses.length;
    for (const [i, miss] of misses.entries()) {
      const about = `${id}/n${i + 1}`;
      facts.time('nearMissAt', miss.firstBad.startedAt, about);
      facts.number('nearMissFailed', miss.failed, about);
      facts.number('nearMissSeconds', (of.start.value - miss.firstBad.startedAt) / 1000, about);
      const { at, locationNo } = miss.firstBad;
      const status = of.reader
        .sql<{ status: number | null }>('SELECT status FROM checks WHERE monitor_no = ? AND location_no = ? AND at = ?')
        .get(no, locationNo, at)?.status;
      facts.text('nearMissLabel', describeFailure(miss.failure as Failure, status ?? null), about);
    }
  }
  facts.number('nearMissCount', count);
}

function expectPattern({ reader, row }: Case, facts: Expectation): void {
  const about = reader
    .sql<{ monitor_no: number; failure: string }>('SELECT monitor_no, failure FROM patterns WHERE incident_id = ?')
    .get(row.id);
  if (!about) return;
  const config = reader
    .sql<{ config: string }>(
      `SELECT config FROM monitor_revisions WHERE monitor_no = ?
       ORDER BY from_at <= ? DESC, CASE WHEN from_at <= ? THEN -from_at ELSE from_at END LIMIT 1`,
    )
    .get(about.monitor_no, row.started_at, row.started_at);
  facts.words('patternMonitor', config ? (JSON.parse(config.config) as { name: string }).name : null);
  facts.text('patternFailure', describeFailure(about.failure as Failure, null));
  const windows = reader
    .sql<{ started_at: number; resolved_at: number | null }>(
      'SELECT started_at, resolved_at FROM windows WHERE monitor_no = ?',
    )
    .all(about.monitor_no)
    .map(
      ({ started_at: from, resolved_at: to }) => [from - NEAR_MS, (to ?? Number.MAX_SAFE_INTEGER) + NEAR_MS] as const,
    );
  const misses = reader
    .sql<{ refs: string }>('SELECT refs FROM near_misses WHERE monitor_no = ? AND failure = ?')
    .all(about.monitor_no, about.failure)
    .map(({ refs }) => JSON.parse(refs) as { firstBad: Ref; firstGood: Ref; failed: number })
    .filter(({ firstBad }) => firstBad.startedAt >= row.started_at && firstBad.startedAt <= (row.ended_at ?? 0))
    .filter(({ firstBad: { startedAt } }) => !windows.some(([from, to]) => startedAt >= from && startedAt <= to))
    .sort((a, b) => a.firstBad.startedAt - b.firstBad.startedAt || a.firstBad.locationNo - b.firstBad.locationNo);
  facts.number('patternCount', misses.length);
  facts.number(
    'patternFailed',
    misses.reduce((sum, { failed }) => sum + failed, 0),
  );
  for (const [index, { firstBad, firstGood, failed }] of misses.entries()) {
    facts.time('patternMissAt', firstBad.startedAt, `p${index + 1}`);
    facts.number('patternMissFailed', failed, `p${index + 1}`);
    facts.number('patternMissSeconds', (firstGood.startedAt - firstBad.startedAt) / 1000, `p${index + 1}`);
  }
}
