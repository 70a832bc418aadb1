import { type CheckResult, type CheckRow, FAILURES, type Phases, VERDICTS, type Verdict } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { CheckKey } from '#src/domain/ids.ts';
import type { Reader, Tx } from './database.ts';

interface Row {
  monitor_no: number;
  at: number;
  location_no: number;
  late_ms: number;
  duration_us: number;
  verdict: number;
  failure: number | null;
  status: number | null;
  dns_us: number | null;
  connect_us: number | null;
  tls_us: number | null;
  first_byte_us: number | null;
  download_us: number | null;
}

export const CHECK_COLUMNS =
  'monitor_no, at, location_no, late_ms, duration_us, verdict, failure, status, dns_us, connect_us, tls_us, first_byte_us, download_us';

export type CheckOrigin = 'scheduled' | 'demand' | 'import';
const ORIGINS: CheckOrigin[] = ['scheduled', 'demand', 'import'];

const fromUs = (us: number | null): number | null => (us === null ? null : us / 1000);
const toUs = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 1000));

export function toCheckRow(row: Row): CheckRow {
  const startedAt = row.at + row.late_ms;
  return {
    monitorNo: row.monitor_no,
    at: row.at,
    locationNo: row.location_no,
    startedAt,
    endedAt: startedAt + Math.round(Math.max(0, row.duration_us) / 1000),
    verdict: VERDICTS[row.verdict] ?? 'unknown',
    failure: row.failure === null ? null : (FAILURES[row.failure] ?? null),
    status: row.status,
    latencyMs: row.verdict === UNKNOWN || row.duration_us < 0 ? null : row.duration_us / 1000,
    phases: {
      dns: fromUs(row.dns_us),
      connect: fromUs(row.connect_us),
      tls: fromUs(row.tls_us),
      firstByte: fromUs(row.first_byte_us),
      download: fromUs(row.download_us),
    },
  };
}

const UNKNOWN = VERDICTS.indexOf('unknown');

/** Microseconds; −1 for a check that counts but whose duration nobody knows. */
function durationUsOf({ verdict, latencyMs, startedAt, endedAt }: CheckResult): number {
  if (latencyMs !== null) return Math.round(latencyMs * 1000);
  return verdict === 'unknown' ? Math.round((endedAt - startedAt) * 1000) : -1;
}

/** The row of a result. `endedAt` follows from start and duration, as it will when the row is read back. */
export function rowOf(key: CheckKey, result: CheckResult): CheckRow {
  const durationUs = durationUsOf(result);
  return {
    ...key,
    startedAt: result.startedAt,
    endedAt: result.startedAt + Math.round(Math.max(0, durationUs) / 1000),
    verdict: result.verdict,
    failure: result.failure,
    status: result.status,
    latencyMs: result.verdict === 'unknown' || durationUs < 0 ? null : durationUs / 1000,
    phases: result.phases,
  };
}

/**
 * Writes a check; false when its (monitor, at, location) is there already, and then nothing is changed. The whole
 * result is kept beside it unless the check was plainly up.
 */
export function insertCheck(tx: Tx, row: CheckRow, result: CheckResult, origin: CheckOrigin): boolean {
  const durationUs = durationUsOf(result);
  const phases: Phases = row.phases;
  const { changes } = tx
    .sql(`INSERT INTO checks (${CHECK_COLUMNS}, origin) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`)
    .run(
      row.monitorNo,
      row.at,
      row.locationNo,
      row.startedAt - row.at,
      durationUs,
      VERDICTS.indexOf(row.verdict),
      row.failure === null ? null : FAILURES.indexOf(row.failure),
      row.status,
      toUs(phases.dns),
      toUs(phases.connect),
      toUs(phases.tls),
      toUs(phases.firstByte),
      toUs(phases.download),
      ORIGINS.indexOf(origin),
    );
  if (changes === 0) return false;
  if (row.verdict !== 'up') {
    tx.sql(
      'INSERT INTO check_evidence (monitor_no, at, location_no, result) VALUES (?,?,?,?) ON CONFLICT DO NOTHING',
    ).run(row.monitorNo, row.at, row.locationNo, JSON.stringify(result));
  }
  return true;
}

export function readCheck(reader: Reader, key: CheckKey): CheckRow | null {
  const row = reader
    .sql<Row>(`SELECT ${CHECK_COLUMNS} FROM checks WHERE monitor_no = ? AND at = ? AND location_no = ?`)
    .get(key.monitorNo, key.at, key.locationNo);
  return row ? toCheckRow(row) : null;
}

/** The whole result of a check that was not plainly up, scrubbed; null for the others. */
export function readEvidence(reader: Reader, key: CheckKey): CheckResult | null {
  const row = reader
    .sql<{ result: string }>('SELECT result FROM check_evidence WHERE monitor_no = ? AND at = ? AND location_no = ?')
    .get(key.monitorNo, key.at, key.locationNo);
  return row ? (JSON.parse(row.result) as CheckResult) : null;
}

/** Checks of a monitor from a time on, in the order of `at`, then location, one by one. */
export function* iterateChecks(reader: Reader, monitorNo: number, from: EpochMs): Generator<CheckRow> {
  const rows = reader
    .sql<Row>(`SELECT ${CHECK_COLUMNS} FROM checks WHERE monitor_no = ? AND at >= ? ORDER BY at, location_no`)
    .iterate(monitorNo, from);
  for (const row of rows) yield toCheckRow(row);
}

/** Checks for slots in [from, to), in order. */
export function readChecksBetween(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): CheckRow[] {
  return readChecksForwards(reader, monitorNo, { from, to, after: null, limit: -1 });
}

/** A page of checks in [from, to), oldest first, after a position (exclusive). */
export function readChecksForwards(
  reader: Reader,
  monitorNo: number,
  range: { from: EpochMs; to: EpochMs; after: Pick<CheckKey, 'at' | 'locationNo'> | null; limit: number },
): CheckRow[] {
  const after = range.after ?? { at: range.from, locationNo: -1 };
  return reader
    .sql<Row>(
      `SELECT ${CHECK_COLUMNS} FROM checks WHERE monitor_no = ? AND (at, location_no) > (?, ?) AND at < ?
       ORDER BY at, location_no LIMIT ?`,
    )
    .all(monitorNo, after.at, after.locationNo, range.to, range.limit)
    .map(toCheckRow);
}

export function countChecks(reader: Reader, monitorNo: number, from: EpochMs, to: EpochMs): number {
  return (
    reader
      .sql<{ n: number }>('SELECT count(*) AS n FROM checks WHERE monitor_no = ? AND at >= ? AND at < ?')
      .get(monitorNo, from, to)?.n ?? 0
  );
}

/** A page of checks, newest first, before a position (exclusive). */
export function readChecksBackwards(
  reader: Reader,
  monitorNo: number,
  range: {
    from: EpochMs;
    to: EpochMs;
    verdict: Verdict | null;
    limit: number;
    before: { at: EpochMs; locationNo: number } | null;
  },
): CheckRow[] {
  const verdict = range.verdict === null ? '' : `AND verdict = ${VERDICTS.indexOf(range.verdict)}`;
  const before = range.before ?? { at: range.to, locationNo: -1 };
  return reader
    .sql<Row>(
      `SELECT ${CHECK_COLUMNS} FROM checks WHERE monitor_no = ? AND at >= ? AND at < ? AND (at, location_no) < (?, ?) ${verdict}
       ORDER BY at DESC, location_no DESC LIMIT ?`,
    )
    .all(monitorNo, range.from, range.to, before.at, before.locationNo, range.limit)
    .map(toCheckRow);
}

/** The newest check of a monitor, whatever its verdict. */
export function readLastCheck(reader: Reader, monitorNo: number): CheckRow | null {
  const row = reader
    .sql<Row>(`SELECT ${CHECK_COLUMNS} FROM checks WHERE monitor_no = ? ORDER BY at DESC, location_no DESC LIMIT 1`)
    .get(monitorNo);
  return row ? toCheckRow(row) : null;
}

/** The slot of the newest check of a monitor after `since` that was made: `unknown` is none. */
export function lastResultAt(reader: Reader, monitorNo: number, since: EpochMs): EpochMs | null {
  return (
    reader
      .sql<{ at: number }>(
        `SELECT at FROM checks WHERE monitor_no = ? AND at > ? AND verdict <> ${VERDICTS.indexOf('unknown')} ORDER BY at DESC LIMIT 1`,
      )
      .get(monitorNo, since)?.at ?? null
  );
}
