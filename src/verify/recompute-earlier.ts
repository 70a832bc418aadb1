import { describeFailure, FAILURES, type Failure } from '#src/domain/check.ts';
import type { Case } from './case.ts';
import type { Expectation } from './expected.ts';

const DAY_MS = 86_400_000;
const PHASES = ['dns', 'connect', 'tls', 'firstByte', 'download'] as const;
const COLUMNS = ['dns_us', 'connect_us', 'tls_us', 'first_byte_us', 'download_us'] as const;

/** How the incident failed, and the earlier ones that failed like it. */
export function expectEarlier(of: Case, facts: Expectation): void {
  const { reader, row, start } = of;
  const monitors = JSON.stringify(of.monitors.map((m) => m.no));
  const earlier = reader
    .sql<{ id: string; number: number; started_at: number }>(
      `SELECT id, number, started_at FROM incidents WHERE kind = 'outage' AND id <> ? AND started_at >= ? AND started_at < ?
       AND id IN (SELECT incident_id FROM windows) AND (service = ? OR id IN (
         SELECT incident_id FROM windows WHERE monitor_no IN (SELECT value FROM json_each(?))))
       ORDER BY started_at DESC, number DESC`,
    )
    .all(row.id, start.value - 365 * DAY_MS, start.value, row.service, monitors);
  const own = of.windows.length > 0 ? shapeOf(of, row.id) : null;
  facts.number('earlierCount', own ? earlier.length : 0);
  if (!own) return;
  facts.text('signatureFailure', inWords(own.mostly));
  facts.text('signaturePhase', own.phase);
  facts.text('signatureLong', own.long);
  facts.text('signatureLocations', own.places.join(', '));
  facts.number('signatureHour', own.hour);
  const same = earlier.slice(0, 50).flatMap((incident) => {
    const other = shapeOf(of, incident.id);
    const alike = other ? alikeIn(own, other) : [];
    const isSame =
      (alike.includes('failure') || alike.includes('beginning')) &&
      alike.includes('phase') &&
      alike.includes('locations');
    return isSame ? [{ ...incident, alike }] : [];
  });
  facts.number('earlierSameCount', same.length);
  for (const incident of same.slice(0, 5)) expectOne(of, incident, facts);
}

function expectOne(
  { reader, start }: Case,
  { id, number, started_at, alike }: { id: string; number: number; started_at: number; alike: string[] },
  facts: Expectation,
): void {
  const ago = start.value - started_at;
  facts.number('earlierNumber', number, id);
  facts.time('earlierStart', started_at, id);
  facts.number('earlierSeconds', ago / 1000, id);
  facts.number('earlierDays', Math.floor(ago / DAY_MS), id);
  facts.text('earlierAgrees', alike.join(', '), id);
  const status = reader
    .sql<{ status: string }>(
      'SELECT status FROM postmortems p WHERE incident_id = ? AND revision = (SELECT max(revision) FROM postmortems WHERE incident_id = p.incident_id)',
    )
    .get(id)?.status;
  const known = status === undefined ? 'none' : ['published', 'in_review'].includes(status) ? status : 'draft';
  facts.text('earlierPostmortem', known, id);
  const causes = reader
    .sql<{ text: string }>(
      "SELECT text FROM timeline_entries WHERE incident_id = ? AND kind = 'cause_identified' AND length(text) > 0 ORDER BY at, id",
    )
    .all(id);
  const cause = causes.at(-1);
  if (cause) facts.words('earlierCause', cause.text, id);
  expectOpenActions(reader, id, start.value, facts);
}

/** What was taken on after it and is not done. */
function expectOpenActions(reader: Case['reader'], id: string, start: number, facts: Expectation): void {
  const open = reader
    .sql<{ own: string; title: string; since: number; due: string | null }>(
      `SELECT id AS own, coalesce(action ->> '$.title', action ->> '$.drafted.title') AS title,
         coalesce(action ->> '$.openedAt', created_at) AS since, due_on AS due
       FROM actions WHERE incident_id = ? AND state = 'open' ORDER BY created_at, id`,
    )
    .all(id);
  if (open.length > 0) facts.number('earlierOpenCount', open.length, id);
  for (const { own, title, since, due } of open.slice(0, 3)) {
    const about = `${id}/${own}`;
    facts.words('earlierOpenTitle', title, about);
    facts.number('earlierOpenDays', Math.max(0, Math.floor((start - since) / DAY_MS)), about);
    const late = due === null ? 0 : Math.floor((start - Date.parse(`${due}T00:00:00.000Z`)) / DAY_MS);
    if (late >= 1) facts.number('earlierOpenLateDays', late, about);
  }
}

interface Shape {
  began: string;
  mostly: string;
  failure: Failure;
  all: Set<string>;
  phase: string | null;
  long: string | null;
  places: string[];
  hour: number;
}

type Row = { failure: number | null; status: number | null; place: string } & Record<
  (typeof COLUMNS)[number],
  number | null
>;

const failureOf = (row: Row): Failure => (row.failure === null ? 'http-malformed' : (FAILURES[row.failure] as Failure));
const symptomOf = (row: Row) =>
  failureOf(row) === 'status' && row.status !== null ? `status:${row.status}` : failureOf(row);

/** From every single check of its first hour. */
function shapeOf({ reader }: Case, incidentId: string): Shape | null {
  const windows = reader
    .sql<{ monitor_no: number; at: number; started: number; last: number }>(
      `SELECT monitor_no, first_bad_at AS at, json_extract(refs, '$.firstBad.startedAt') AS started, json_extract(refs, '$.lastBad.at') AS last
       FROM windows WHERE incident_id = ? ORDER BY started, monitor_no, id`,
    )
    .all(incidentId);
  const first = windows[0];
  if (!first) return null;
  const own = windows.filter((w) => w.monitor_no === first.monitor_no);
  const to = own.reduce((latest, w) => Math.max(latest, w.last), 0);
  const bad = reader
    .sql<Row>(
      `SELECT failure, status, name AS place, ${COLUMNS.join(', ')} FROM checks JOIN locations ON no = location_no
       WHERE monitor_no = ? AND verdict = 2 AND at >= ? AND at <= ? AND at <= ? ORDER BY at, name`,
    )
    .all(first.monitor_no, first.at, to, first.at + 3_600_000);
  const counts = tally(bad.map(symptomOf));
  const mostly = top(counts);
  if (mostly === null) return null;
  const alike = bad.filter((row) => symptomOf(row) === mostly);
  const ends = alike.map((row) => COLUMNS.findLastIndex((column) => row[column] !== null)).filter((i) => i >= 0);
  const end = top(tally(ends.sort((a, b) => a - b)));
  const sums = COLUMNS.map((column) => alike.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  const whole = sums.reduce((a, b) => a + b, 0);
  const long = sums.findIndex((sum) => sum > whole / 2);
  return {
    began: symptomOf(bad[0] as Row),
    mostly,
    failure: failureOf(alike[0] as Row),
    all: new Set(counts.keys()),
    phase: end === null ? null : (PHASES[end] ?? null),
    long: PHASES[long] ?? null,
    places: [...new Set(bad.map((row) => row.place))].sort(),
    hour: new Date(first.started).getUTCHours(),
  };
}

function tally<T>(values: T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, 1 + (counts.get(value) ?? 0));
  return counts;
}

/** The most frequent, of equals the one that came first. */
function top<T>(counts: Map<T, number>): T | null {
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0] ?? null;
}

function alikeIn(a: Shape, b: Shape): string[] {
  const covers = (one: Shape, other: Shape) => [...other.all].every((symptom) => one.all.has(symptom));
  const either = (x: string | null, y: string | null) => x === null || y === null || x === y;
  const failure = a.mostly === b.mostly;
  const limited = a.failure === 'latency' || a.failure === 'certificate-days';
  const apart = (24 + a.hour - b.hour) % 24;
  return [
    failure && 'failure',
    a.began === b.began && (covers(a, b) || covers(b, a)) && 'beginning',
    (!failure || (either(a.phase, b.phase) && (!limited || either(a.long, b.long)))) && 'phase',
    a.places.some((place) => b.places.includes(place)) && 'locations',
    (apart <= 1 || apart === 23) && 'hour',
  ].filter((trait) => trait !== false);
}

function inWords(symptom: string): string {
  const [failure, status] = symptom.split(':');
  return describeFailure(failure as Failure, status === undefined ? null : Number(status));
}
