import type { EpochMs } from '#src/domain/clock.ts';
import { INITIAL_STATE, type MonitorState, type MonitorStatus } from '#src/domain/status.ts';
import { toCheckRow } from './checks.ts';
import type { Reader, Tx } from './database.ts';

interface StateRow {
  monitor_no: number;
  status: MonitorStatus;
  since: number;
  state: string;
  change_seq: number;
}

/** The state as of the last check that changed more than the last good one; null before the first. */
export function readState(reader: Reader, monitorNo: number): MonitorState | null {
  const row = reader.sql<StateRow>('SELECT * FROM monitor_states WHERE monitor_no = ?').get(monitorNo);
  return row ? (JSON.parse(row.state) as MonitorState) : null;
}

/**
 * The state as of the newest check row. While a monitor is steadily up its state is not written for each check, so
 * `lastGood` of each location is taken from the rows.
 */
export function readCurrentState(reader: Reader, monitorNo: number): MonitorState {
  const state = readState(reader, monitorNo);
  if (!state) return INITIAL_STATE;
  const locations = { ...state.locations };
  for (const [key, location] of Object.entries(locations)) {
    if (location.run) continue;
    const row = reader
      .sql<Parameters<typeof toCheckRow>[0]>(
        'SELECT * FROM checks WHERE monitor_no = ? AND location_no = ? AND verdict <= 1 ORDER BY at DESC LIMIT 1',
      )
      .get(monitorNo, Number(key));
    if (!row) continue;
    const { at, locationNo, startedAt, endedAt } = toCheckRow(row);
    locations[Number(key)] = { ...location, lastGood: { at, locationNo, startedAt, endedAt } };
  }
  return { ...state, locations };
}

export interface StatusRow {
  monitorNo: number;
  status: MonitorStatus;
  since: number;
  changeSeq: number;
}

/** Status of monitors whose status changed after `sinceSeq`, in the order of their changes. */
export function readStatusChanges(reader: Reader, sinceSeq: number): StatusRow[] {
  return reader
    .sql<Omit<StateRow, 'state'>>(
      'SELECT monitor_no, status, since, change_seq FROM monitor_states WHERE change_seq > ? ORDER BY change_seq',
    )
    .all(sinceSeq)
    .map((row) => ({ monitorNo: row.monitor_no, status: row.status, since: row.since, changeSeq: row.change_seq }));
}

export function readStatus(reader: Reader, monitorNo: number): { status: MonitorStatus; since: number } | null {
  const row = reader
    .sql<Pick<StateRow, 'status' | 'since'>>('SELECT status, since FROM monitor_states WHERE monitor_no = ?')
    .get(monitorNo);
  return row ?? null;
}

/** Writes the state; the scheduler is told only when the status is another one. */
export function putState(tx: Tx, monitorNo: number, state: MonitorState, statusChanged: boolean): void {
  tx.sql(
    `INSERT INTO monitor_states (monitor_no, status, since, state, change_seq) VALUES (?,?,?,?,?)
     ON CONFLICT (monitor_no) DO UPDATE SET status = excluded.status, since = excluded.since, state = excluded.state, change_seq = max(change_seq, excluded.change_seq)`,
  ).run(monitorNo, state.status, state.since, JSON.stringify(state), statusChanged ? tx.nextChange() : 0);
  if (statusChanged) tx.touch('status');
}

export interface StatusChange {
  /** Key of the check that made it. */
  checkAt: EpochMs;
  locationNo: number;
  at: EpochMs;
  from: MonitorStatus;
  to: MonitorStatus;
  reason: string;
}

export function addStatusChange(tx: Tx, monitorNo: number, change: StatusChange): void {
  tx.sql(
    'INSERT INTO status_changes (monitor_no, check_at, location_no, at, from_status, to_status, reason) VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING',
  ).run(monitorNo, change.checkAt, change.locationNo, change.at, change.from, change.to, change.reason);
}

/** Forgets the changes made by checks from `from` up to and with `to`. */
export function deleteStatusChanges(tx: Tx, monitorNo: number, from: EpochMs, to: EpochMs): void {
  tx.sql('DELETE FROM status_changes WHERE monitor_no = ? AND check_at BETWEEN ? AND ?').run(monitorNo, from, to);
}

const CHANGE =
  'SELECT check_at AS checkAt, location_no AS locationNo, at, from_status AS "from", to_status AS "to", reason FROM status_changes';

/** The changes made by checks before a time, newest first, one by one. */
export function* statusChangesBefore(reader: Reader, monitorNo: number, at: EpochMs): Generator<StatusChange> {
  yield* reader
    .sql<StatusChange>(`${CHANGE} WHERE monitor_no = ? AND check_at < ? ORDER BY check_at DESC, location_no DESC`)
    .iterate(monitorNo, at);
}

/** The newest change made by a check at or before a time. */
export function readStatusChangeAt(reader: Reader, monitorNo: number, at: EpochMs): StatusChange | null {
  return (
    reader
      .sql<StatusChange>(
        `${CHANGE} WHERE monitor_no = ? AND check_at <= ? ORDER BY check_at DESC, location_no DESC LIMIT 1`,
      )
      .get(monitorNo, at) ?? null
  );
}

export function hasStatusChangeAfter(reader: Reader, monitorNo: number, at: EpochMs): boolean {
  return (
    reader.sql('SELECT 1 FROM status_changes WHERE monitor_no = ? AND check_at > ? LIMIT 1').get(monitorNo, at) !==
    undefined
  );
}

/** The state before a time at which nothing was wrong: each location with its last good check. */
export function readQuietState(reader: Reader, monitorNo: number, at: EpochMs, last: StatusChange): MonitorState {
  const locations: MonitorState['locations'] = {};
  const seen = reader.sql<{ no: number }>('SELECT no FROM locations ORDER BY no').all();
  for (const { no } of seen) {
    const row = reader
      .sql<Parameters<typeof toCheckRow>[0]>(
        'SELECT * FROM checks WHERE monitor_no = ? AND location_no = ? AND verdict <= 1 AND at < ? ORDER BY at DESC LIMIT 1',
      )
      .get(monitorNo, no, at);
    if (!row) continue;
    const { at: checkAt, locationNo, startedAt, endedAt, verdict } = toCheckRow(row);
    const status = verdict === 'degraded' ? 'degraded' : 'up';
    locations[no] = { status, lastGood: { at: checkAt, locationNo, startedAt, endedAt }, run: null };
  }
  return { status: last.to, since: last.at, locations, window: null };
}

export interface DegradedSpan {
  from: EpochMs;
  /** Null while it lasts. */
  to: EpochMs | null;
  /** What it went on to be: `up`, or `suspect` when a check failed. */
  next: MonitorStatus | null;
}

/** Stretches in which a monitor was degraded and had begun before `before`, newest first. */
export function readDegraded(reader: Reader, monitorNo: number, before: EpochMs, limit: number): DegradedSpan[] {
  return reader
    .sql<DegradedSpan>(
      `SELECT * FROM (
         SELECT at AS "from", lead(at) OVER w AS "to", lead(to_status) OVER w AS next, to_status AS status
         FROM status_changes WHERE monitor_no = ? WINDOW w AS (ORDER BY check_at, location_no)
       ) WHERE status = 'degraded' AND "from" < ? ORDER BY "from" DESC LIMIT ?`,
    )
    .all(monitorNo, before, limit);
}
