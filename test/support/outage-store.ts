import { createBlindWatch } from '#src/detect/blind.ts';
import { createDetector } from '#src/detect/detector.ts';
import { importedResult } from '#src/domain/imported.ts';
import type { MonitorConfig } from '#src/domain/monitor.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import { createRecorder } from '#src/record/recorder.ts';
import type { Tx } from '#src/store/database.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { touchIncident } from '#src/store/incidents.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { derivedId } from '#src/store/new-id.ts';
import { monitorConfig } from './fixtures.ts';
import type { Told, ToldChange } from './outage-stories.ts';
import type { OutageRow } from './outages.ts';
import { type HandClock, handClock, type TempStore, tempStore } from './temp-store.ts';

/** An outage as rows: what checks saw, what people did, what changed. Ids are made from it, so that a draft is always the same. */
export interface Case {
  /** Times of people and changes are seconds from here. */
  start: number;
  monitors: { config: Partial<MonitorConfig>; rows: readonly OutageRow[] }[];
  /** When an alert to a person was delivered, counted from the start; never before detection. */
  alertAt?: number | undefined;
  told: readonly Told[];
  changes: readonly ToldChange[];
  /** Time that was not watched, in seconds from the start; of the monitor of that number from 1, or of all. */
  unobserved?: readonly { monitor: number | null; from: number; to: number | null; reason: string }[];
  /** Seconds from the start; a week when absent. An outage that lasts is drawn as of then. */
  now?: number;
}

export interface CaseStore extends Disposable {
  store: TempStore;
  clock: HandClock;
  incidentIds(): string[];
  drafts(): ReturnType<typeof draftOf>[];
}

const WEEK_MS = 7 * 86_400_000;
/** Detection to delivery, where the story has it earlier than checks could see. */
const SOONEST_MS = 2_000;

/**
 * A store with the checks of an outage, imported through the recorder and the detector, and what people added to the
 * longest of its incidents.
 */
export function caseStore(given: Case): CaseStore {
  const { start, monitors, alertAt, told, changes, unobserved = [], now } = given;
  const clock = handClock(now === undefined ? start + WEEK_MS : start + now * 1000);
  const store = tempStore(clock);
  const detector = createDetector({ store, publicUrl: () => 'http://hindcast.test' });
  const recorder = createRecorder({ store, detector, blind: createBlindWatch({ publicUrl: () => '' }) });
  const places = [...new Set(monitors.flatMap(({ rows }) => rows.map(({ location }) => location)))].sort();
  const channels = alertAt === undefined ? [] : ['on-call'];
  const configs = monitors.map(({ config }) => monitorConfig({ channels, ...config }));
  store.transact((tx) => {
    for (const place of places) tx.sql('INSERT INTO locations (name) VALUES (?)').run(place);
    tx.sql(
      "INSERT INTO channels (id, key, type, config, human, created_at, updated_at) VALUES ('chn_1', 'on-call', 'webhook', '{}', 1, 0, 0)",
    ).run();
    for (const config of configs) insertMonitor(tx, derivedId('mon', start - WEEK_MS, config.key), config);
  });
  for (const [i, { rows }] of monitors.entries()) {
    const { expect } = configs[i] as MonitorConfig;
    const results = rows.map((row) => ({
      location: row.location,
      result: importedResult({ ...row, at: Date.parse(row.at) } as Parameters<typeof importedResult>[0], expect),
    }));
    recorder.importRows(i + 1, results);
  }
  const incidentIds = () =>
    store.reader
      .sql<{ id: string }>('SELECT id FROM incidents ORDER BY started_at, id')
      .all()
      .map(({ id }) => id);
  store.transact((tx) => {
    for (const change of changes) insertChange(tx, start, change);
    for (const { monitor, from, to, reason } of unobserved)
      tx.sql('INSERT INTO unobserved (monitor_no, from_at, to_at, reason) VALUES (?,?,?,?)').run(
        monitor,
        start + from * 1000,
        to === null ? null : start + to * 1000,
        reason,
      );
    const longest = tx
      .sql<{ id: string }>(
        `SELECT id FROM incidents WHERE kind = 'outage' ORDER BY coalesce(ended_at, ${start + WEEK_MS}) - started_at DESC, id LIMIT 1`,
      )
      .get()?.id;
    if (longest === undefined) return;
    if (alertAt !== undefined) insertAlert(tx, longest, start + alertAt * 1000);
    for (const entry of told) insertEntry(tx, longest, start, entry);
    touchIncident(tx, longest);
  });
  return {
    store,
    clock,
    incidentIds,
    drafts: () => incidentIds().map((id) => draftOf(store, clock, id)),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

/** The draft of an incident as the drafter draws it, and as the checker takes it. */
function draftOf(store: TempStore, clock: HandClock, incidentId: string) {
  const rows = readDraftRows(store.reader, incidentId, clock.now());
  if (!rows) throw new Error(`no rows of ${incidentId}`);
  return { incidentId, ...drawPostmortem(rows) };
}

function insertEntry(tx: Tx, incidentId: string, start: number, entry: Told): void {
  const { at, kind, text, recordedAt = at + 5, source = 'person' } = entry;
  const when = start + at * 1000;
  tx.sql(
    'INSERT INTO timeline_entries (id, incident_id, at, recorded_at, kind, source, by, text) VALUES (?,?,?,?,?,?,?,?)',
  ).run(
    derivedId('evt', when, incidentId, kind, text, recordedAt),
    incidentId,
    when,
    start + recordedAt * 1000,
    kind,
    source,
    source === 'person' ? 'Ada Example' : null,
    text,
  );
  if (kind === 'acknowledged')
    tx.sql('UPDATE incidents SET acknowledged_at = min(coalesce(acknowledged_at, ?), ?) WHERE id = ?').run(
      when,
      when,
      incidentId,
    );
}

function insertChange(tx: Tx, start: number, { at, kind, title, service = undefined }: ToldChange): void {
  const when = start + at * 1000;
  tx.sql('INSERT INTO changes (id, at, recorded_at, kind, service, title) VALUES (?,?,?,?,?,?)').run(
    derivedId('chg', when, kind, title),
    when,
    when,
    kind,
    service ?? null,
    title,
  );
}

function insertAlert(tx: Tx, incidentId: string, told: number): void {
  const incident = tx.sql<{ at: number }>('SELECT detected_at AS at FROM incidents WHERE id = ?').get(incidentId);
  const detected = incident?.at ?? told;
  const delivered = Math.max(told, detected + SOONEST_MS);
  const id = derivedId('msg', detected, incidentId, 'incident.opened');
  tx.sql(
    `INSERT INTO alerts (id, incident_id, sequence, channel_no, event, payload, state, attempts, next_at, created_at, delivered_at)
     VALUES (?,?,1,1,'incident.opened','{}','delivered',1,?,?,?)`,
  ).run(id, incidentId, detected, detected, delivered);
  tx.sql(
    "INSERT INTO alert_attempts (alert_id, attempt, started_at, ended_at, outcome, status_code) VALUES (?,1,?,?,'sent',200)",
  ).run(id, delivered - 400, delivered);
}
