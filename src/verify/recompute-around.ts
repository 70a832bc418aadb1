import { inArrays } from '#src/store/database.ts';
import { type Case, configAt, unionSeconds } from './case.ts';
import type { Expectation } from './expected.ts';

const HOUR_MS = 3_600_000;
const BASE_MS = 600_000;

/** Changes nearby, and time that was not watched. */
export function expectAround(of: Case, facts: Expectation): void {
  expectChanges(of, facts);
  expectUnobserved(of, facts);
  expectStretches(of, facts);
}

function expectChanges(of: Case, facts: Expectation): void {
  const { reader, start, until } = of;
  const over = of.end?.value ?? until;
  const changes = reader
    .sql<{ id: string; at: number; kind: string; title: string; service: string | null }>(
      'SELECT id, at, kind, title, service FROM changes WHERE at BETWEEN ? AND ?',
    )
    .all(start.value - 24 * HOUR_MS, over);
  for (const change of changes) {
    facts.time('changeAt', change.at, change.id);
    facts.text('changeKind', change.kind, change.id);
    facts.words('changeTitle', change.title, change.id);
    facts.words('changeService', change.service, change.id);
    if (change.at > start.value && of.end && change.at <= of.end.value)
      facts.number('changeToEndSeconds', (of.end.value - change.at) / 1000, change.id);
    if (change.at > start.value) continue;
    facts.number('changeBeforeSeconds', (start.value - change.at) / 1000, change.id);
    if (change.service === null) continue;
    facts.number(
      'changeAffectedCount',
      of.monitors.filter((m) => m.config.service === change.service).length,
      change.id,
    );
    facts.number('changeSparedCount', sparedOf(of, change.service), change.id);
  }
  const before = changes.filter((change) => change.at <= start.value);
  facts.number('changesBeforeCount', before.length);
  facts.number('changesDuringCount', changes.length - before.length);
  const near = new Set(before.filter((change) => change.at >= start.value - BASE_MS).map((change) => change.kind));
  for (const kind of near) {
    const base = reader
      .sql<{ at: number }>('SELECT at FROM changes WHERE kind = ? AND at < ? ORDER BY at DESC, id DESC LIMIT 40')
      .all(kind, start.value - BASE_MS);
    if (base.length < 5) continue;
    const followed = base.filter(({ at }) =>
      reader.sql('SELECT 1 FROM windows WHERE started_at BETWEEN ? AND ? LIMIT 1').get(at, at + BASE_MS),
    );
    facts.number('changeBaseTotal', base.length, kind);
    facts.number('changeBaseFollowed', followed.length, kind);
  }
}

/** Monitors of a service that were checked in the span and had no window here. */
function sparedOf({ reader, row, start, until, monitors }: Case, service: string): number {
  const to = row.ended_at ?? until;
  return reader
    .sql<{ no: number }>(
      `SELECT no FROM monitors m WHERE (deleted_at IS NULL OR deleted_at > ?) AND EXISTS (
         SELECT 1 FROM checks WHERE monitor_no = m.no AND at >= ? AND at <= ? AND verdict <> 3)`,
    )
    .all(to, start.value, to)
    .filter(({ no }) => !monitors.some((m) => m.no === no))
    .filter(({ no }) => configAt(reader, no, start.value).service === service).length;
}

interface Unwatched {
  from_at: number;
  to_at: number | null;
  reason: string;
}

function unwatchedBy(of: Case, monitorNo: number | null): Unwatched[] {
  const over = of.end?.value ?? of.until;
  return of.reader
    .sql<Unwatched>(
      `SELECT from_at, to_at, reason FROM unobserved WHERE monitor_no IS ? AND from_at < ? AND (to_at IS NULL OR to_at > ?)
       ORDER BY from_at, coalesce(to_at, 9e15), id`,
    )
    .all(monitorNo, over, of.start.value - HOUR_MS);
}

function expectUnobserved(of: Case, facts: Expectation): void {
  const over = of.end?.value ?? of.until;
  const spans: [number, number][] = [];
  for (const { no, id } of [{ no: null, id: 'all' }, ...of.monitors]) {
    for (const [i, row] of unwatchedBy(of, no).entries()) {
      const about = `${id}/u${i + 1}`;
      facts.time('unobservedFrom', row.from_at, about);
      facts.time('unobservedTo', row.to_at, about);
      facts.text('unobservedReason', row.reason, about);
      spans.push([Math.max(row.from_at, of.start.value), Math.min(row.to_at ?? of.until, over)]);
    }
  }
  facts.number('unobservedSeconds', unionSeconds(spans));
  expectLostPlaces(of, over, facts);
}

/** Locations without a worker, of those that an affected monitor names. */
function expectLostPlaces(of: Case, over: number, facts: Expectation): void {
  const named = JSON.stringify(of.monitors.flatMap(({ config }) => config.locations));
  const rows = of.reader
    .sql<{ name: string; from_at: number; to_at: number | null }>(
      `SELECT name, from_at, to_at FROM location_outages JOIN locations ON no = location_no
       WHERE name IN (SELECT value FROM json_each(?)) AND from_at < ? AND coalesce(to_at, 9e15) > ? ORDER BY from_at, location_no`,
    )
    .all(named, over, of.start.value - HOUR_MS);
  for (const [i, row] of rows.entries()) {
    facts.time('placeLostFrom', row.from_at, `l${i + 1}`);
    facts.time('placeLostTo', row.to_at, `l${i + 1}`);
    facts.text('placeLostName', row.name, `l${i + 1}`);
  }
}

function expectStretches(of: Case, facts: Expectation): void {
  const all = unwatchedBy(of, null);
  for (const { no, id, config, windows } of of.monitors) {
    const known = [...all, ...unwatchedBy(of, no)];
    const stretches: [number, number][] = [];
    for (const window of windows) {
      const from = (window.lastGood ?? window.firstBad).at;
      const to = (window.firstGood ?? window.lastBad).at;
      stretches.push(...gapsBetween(of, no, window.locations, [from, to], 2000 * config.intervalSeconds));
    }
    const own = stretches
      .filter(([from, to]) => !known.some((row) => row.from_at < to && (row.to_at ?? Number.POSITIVE_INFINITY) > from))
      .sort((a, b) => a[0] - b[0]);
    for (const [i, [from, to]] of own.entries()) {
      const about = `${id}/g${i + 1}`;
      facts.number('checkGapSeconds', (to - from) / 1000, about);
      facts.time('checkGapFrom', from, about);
      facts.time('checkGapTo', to, about);
    }
  }
}

/** Neighbours among the checks that count, whose starts lie further apart than `longestMs`. */
function gapsBetween(
  of: Case,
  no: number,
  places: number[],
  [from, to]: [number, number],
  longestMs: number,
): [number, number][] {
  const rows = of.reader.sql(
    `SELECT at + late_ms FROM checks
     WHERE monitor_no = ? AND at BETWEEN ? AND ? AND verdict <> 3 AND location_no IN (SELECT value FROM json_each(?))
     ORDER BY at, location_no`,
  );
  const gaps: [number, number][] = [];
  let before = Number.POSITIVE_INFINITY;
  for (const [started] of inArrays<[number]>(rows, [no, from, to, JSON.stringify(places)])) {
    if (started - before > longestMs) gaps.push([before, started]);
    before = started;
  }
  return gaps;
}
