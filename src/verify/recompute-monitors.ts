import { describeFailure, FAILURES, type Failure } from '#src/domain/check.ts';
import { inArrays } from '#src/store/database.ts';
import { type Affected, type Case, downtime, type Window } from './case.ts';
import type { Expectation } from './expected.ts';

/** Bad checks of one window, counted by what failed and how far they had come; and all that counted. */
interface Tally {
  checks: number;
  bad: {
    failure: Failure | null;
    status: number | null;
    dns: boolean;
    connect: boolean;
    tls: boolean;
    count: number;
  }[];
}

const MOST_NAMED = 20;
const MOST_RUNS = 6;
const STATUS = FAILURES.indexOf('status');

/** SQL for the checks of a window: its monitor, at its locations, in its time, those that count. */
function checksOf(of: Case, window: Window): { where: string; parameters: (number | string)[] } {
  const openEnded = !window.firstGood && window.abandonedAt === null;
  return {
    where: `monitor_no = ? AND at BETWEEN ? AND ? AND verdict <> 3 AND location_no IN (SELECT value FROM json_each(?))`,
    parameters: [
      window.monitorNo,
      window.firstBad.at,
      openEnded ? of.until : window.lastBad.at,
      JSON.stringify(window.locations),
    ],
  };
}

interface Run {
  failure: number | null;
  status: number | null;
  failed: number;
  from: { n: number; at: number };
  to: { n: number; at: number };
}

/** What the checks of a window say, found in one reading. */
interface Reading {
  tally: Tally;
  /** Stretches of bad checks with one symptom; beyond the sixth they are only counted. */
  runs: Run[];
  runCount: number;
}

type Row = [
  started: number,
  verdict: number,
  failure: number | null,
  status: number | null,
  dns: number,
  connect: number,
  tls: number,
];

function readWindow(of: Case, window: Window): Reading {
  const { where, parameters } = checksOf(of, window);
  const rows = of.reader.sql(
    `SELECT at + late_ms, verdict, failure, CASE WHEN failure = ${STATUS} THEN status END,
       dns_us IS NOT NULL, connect_us IS NOT NULL, tls_us IS NOT NULL
     FROM checks WHERE ${where} ORDER BY at, location_no`,
  );
  const bad = new Map<string, Tally['bad'][number]>();
  const runs: Run[] = [];
  let [n, runCount] = [0, 0];
  let open: Run | null = null;
  for (const [at, verdict, failure, status, dns, connect, tls] of inArrays<Row>(rows, parameters)) {
    n += 1;
    if (verdict !== 2) continue;
    const kind = `${failure} ${status} ${dns} ${connect} ${tls}`;
    const alike = bad.get(kind) ?? {
      failure: failure === null ? null : (FAILURES[failure] as Failure),
      status,
      dns: dns === 1,
      connect: connect === 1,
      tls: tls === 1,
      count: 0,
    };
    alike.count += 1;
    bad.set(kind, alike);
    if (open === null || open.failure !== failure || open.status !== status) {
      open = { failure, status, failed: 0, from: { n, at }, to: { n, at } };
      runCount += 1;
      if (runCount <= MOST_RUNS) runs.push(open);
    }
    open.failed += 1;
    open.to = { n, at };
  }
  return { tally: { checks: n, bad: [...bad.values()] }, runs, runCount };
}

const total = (rows: { count: number }[]) => rows.reduce((sum, row) => sum + row.count, 0);
const symptomOf = (row: { failure: Failure | null; status: number | null }) =>
  row.failure === 'status' && row.status !== null ? `status:${row.status}` : (row.failure ?? 'http-malformed');

/** The affected monitors, what their checks say, and those that were watched and fine. */
export function expectMonitors(of: Case, facts: Expectation): void {
  for (const monitor of of.monitors) {
    const readings = monitor.windows.map((window) => readWindow(of, window));
    for (const [i, window] of monitor.windows.entries()) expectWindow(window, readings[i] as Reading, facts);
    const tallies = readings.map(({ tally }) => tally);
    expectMonitor(of, monitor, tallies, facts);
  }
  expectNotAffected(of, facts);
  const keys = new Set(of.monitors.flatMap((m) => m.config.channels ?? []));
  const people = of.reader.sql<{ key: string }>('SELECT DISTINCT key FROM channels WHERE human = 1').all();
  facts.number('channelCount', people.filter(({ key }) => keys.has(key)).length);
}

function bySymptom(bad: Tally['bad']): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of bad) counts.set(symptomOf(row), (counts.get(symptomOf(row)) ?? 0) + row.count);
  return counts;
}

function expectWindow(window: Window, { tally, runs, runCount }: Reading, facts: Expectation): void {
  facts.number('windowChecks', tally.checks, window.about);
  facts.number('windowFailed', total(tally.bad), window.about);
  for (const [symptom, count] of bySymptom(tally.bad))
    facts.number('windowFailureCount', count, `${window.about}/${symptom}`);
  facts.number('runCount', runCount, window.about);
  if (runCount <= MOST_RUNS) expectRuns(window, runs, facts);
}

function expectRuns(window: Window, runs: readonly Run[], facts: Expectation): void {
  for (const [i, run] of runs.entries()) {
    const about = `${window.about}/r${i + 1}`;
    const failure = run.failure === null ? 'http-malformed' : (FAILURES[run.failure] as Failure);
    facts.text('symptomLabel', describeFailure(failure, run.status), about);
    facts.time('symptomFrom', run.from.at, about);
    facts.time('symptomTo', run.to.at, about);
    facts.number('symptomFailed', run.failed, about);
    facts.number('symptomChecks', run.to.n - run.from.n + 1, about);
  }
}

function layer(failure: Failure | null): string {
  if (failure === null) return 'http';
  const prefix = failure.split('-', 1)[0] as string;
  if (['dns', 'connect', 'tls'].includes(prefix)) return prefix;
  if (['body', 'json', 'header'].includes(failure)) return 'content';
  if (failure === 'latency' || failure === 'certificate-days') return 'limit';
  return failure === 'target-refused' ? 'policy' : 'http';
}

function expectMonitor(of: Case, monitor: Affected, tallies: Tally[], facts: Expectation): void {
  const { id, config, windows } = monitor;
  const bad = tallies.flatMap((each) => each.bad);
  facts.words('monitorName', config.name, id);
  facts.number('intervalSeconds', config.intervalSeconds, id);
  facts.number('confirmFailures', config.confirm.failures, id);
  facts.number('retrySeconds', Math.min(config.confirm.retrySeconds, config.intervalSeconds), id);
  const down = downtime(of, windows);
  facts.bounded('monitorDownSeconds', down, id);
  facts.number(
    'monitorChecks',
    tallies.reduce((sum, each) => sum + each.checks, 0),
    id,
  );
  facts.number('monitorFailed', total(bad), id);
  for (const [symptom, count] of bySymptom(bad)) facts.number('failureCount', count, `${id}/${symptom}`);
  const layers = new Map<string, number>();
  for (const row of bad) layers.set(layer(row.failure), (layers.get(layer(row.failure)) ?? 0) + row.count);
  for (const [name, count] of layers) facts.number('layerFailed', count, `${id}/${name}`);
  const past = { dns: ['dns'], connect: ['dns', 'connect'], tls: ['dns', 'connect', 'tls'] } as const;
  for (const phase of ['dns', 'connect', 'tls'] as const) {
    const done = total(
      bad.filter((row) => row[phase] && !(past[phase] as readonly string[]).includes(layer(row.failure))),
    );
    if (done > 0) facts.number('phaseCompleted', done, `${id}/${phase}`);
  }
  expectImpact(monitor, down, facts);
  expectLocations(of, monitor, facts);
}

function expectImpact({ id, config }: Affected, down: ReturnType<typeof downtime>, facts: Expectation): void {
  const { impact } = config;
  if (impact?.summary) facts.words('impactSummary', impact.summary, id);
  if (impact?.usersPerMinute === null || impact?.usersPerMinute === undefined) return;
  const users = (seconds: number | null | undefined) =>
    Math.round(((impact.usersPerMinute ?? 0) * (seconds ?? 0)) / 60);
  facts.number('usersPerMinute', impact.usersPerMinute, id);
  facts.bounded('usersAffected', { value: users(down.value), min: users(down.min), max: users(down.max) }, id);
}

function expectLocations(of: Case, { no, id, windows }: Affected, facts: Expectation): void {
  const from = windows[0]?.firstBad.at ?? 0;
  const last = windows.at(-1) as Window;
  const openEnded = !last.firstGood && last.abandonedAt === null;
  const places = of.reader
    .sql<{ name: string; counted: number; bad: number; unknown: number }>(
      `SELECT name, counted, bad, unknown FROM (
         SELECT location_no, max(verdict <> 3 AND at <= ?) AS counted, max(verdict = 2 AND at <= ?) AS bad, sum(verdict = 3) AS unknown
         FROM checks WHERE monitor_no = ? AND at BETWEEN ? AND ? GROUP BY location_no
       ) JOIN locations ON no = location_no`,
    )
    .all(last.lastBad.at, last.lastBad.at, no, from, openEnded ? of.until : last.lastBad.at);
  const counted = places.filter((place) => place.counted === 1);
  const named = (bad: number) => {
    const names = counted.filter((place) => place.bad === bad).map((place) => place.name);
    return names.length > 0 ? names.sort().join(', ') : null;
  };
  facts.number('locationCount', counted.length, id);
  facts.number('locationFailedCount', counted.filter((place) => place.bad === 1).length, id);
  facts.text('locationsFailed', named(1), id);
  facts.text('locationsFine', named(0), id);
  const unknown = places.reduce((sum, place) => sum + place.unknown, 0);
  if (unknown > 0) facts.number('unknownChecks', unknown, id);
}

function expectNotAffected(of: Case, facts: Expectation): void {
  const { reader, row, start, until, monitors } = of;
  const to = row.ended_at ?? until;
  const fine = reader
    .sql<{ no: number; id: string }>(
      `SELECT no, id FROM monitors m WHERE (deleted_at IS NULL OR deleted_at > ?) AND no NOT IN (SELECT value FROM json_each(?))
       AND EXISTS (SELECT 1 FROM checks c WHERE c.monitor_no = m.no AND c.at BETWEEN ? AND ? AND c.verdict <> 3) ORDER BY no`,
    )
    .all(to, JSON.stringify(monitors.map((m) => m.no)), start.value, to);
  facts.number('notAffectedCount', fine.length);
  facts.number('watchedCount', fine.length + monitors.length);
  for (const { no, id } of fine.slice(0, MOST_NAMED)) {
    const revision = reader
      .sql<{ name: string }>(
        `SELECT config ->> '$.name' AS name FROM monitor_revisions WHERE monitor_no = ?
         ORDER BY from_at <= ? DESC, CASE WHEN from_at <= ? THEN -from_at ELSE from_at END LIMIT 1`,
      )
      .get(no, start.value, start.value);
    facts.words('monitorName', revision?.name ?? null, id);
  }
}
