import { FAILURES, VERDICTS } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { CountedWindow, Incident } from '#src/domain/incident.ts';
import type { Delivery, SymptomRun, TimelineParts } from '#src/domain/incident-timeline.ts';
import type { Silence } from '#src/domain/silence.ts';
import type { CheckRef } from '#src/domain/window.ts';
import type { Reader } from './database.ts';
import { readChanges, readEntries } from './people.ts';

const LOOKBACK_MS = 24 * 3_600_000;
const DOWN = VERDICTS.indexOf('down');
const MOST_CHANGES = 1000;

/** Every row that the timeline of an incident is made of. */
export function readStory(reader: Reader, incident: Incident, now: EpochMs): TimelineParts {
  const from = incident.start.best;
  const to = incident.resolvedAt ?? now;
  const monitors = incident.affected.map(({ no }) => no);
  return {
    incident,
    symptoms: incident.affected.flatMap(({ windows }) => windows.flatMap((window) => readSymptoms(reader, window))),
    deliveries: readDeliveries(reader, incident.id),
    told: readEntries(reader, incident.id),
    changes: readChanges(reader, { from: from - LOOKBACK_MS, to: to + 1, before: null, limit: MOST_CHANGES }),
    unobserved: reader
      .sql<{ from_at: number; to_at: number | null; reason: string }>(
        `SELECT DISTINCT from_at, to_at, reason FROM unobserved WHERE (monitor_no IS NULL OR monitor_no IN (SELECT value FROM json_each(?)))
         AND from_at < ? AND (to_at IS NULL OR to_at > ?) ORDER BY from_at`,
      )
      .all(JSON.stringify(monitors), to, from)
      .map((row) => ({ from: row.from_at, to: row.to_at, reason: row.reason })),
  };
}

interface RunRow {
  failure: number | null;
  status: number | null;
  failed: number;
  first_at: number;
  last_at: number;
}

/** Runs of bad checks with the same symptom, grouped in SQL: an outage may have a hundred thousand checks. */
function readSymptoms(reader: Reader, window: CountedWindow): SymptomRun[] {
  const rows = reader
    .sql<RunRow>(
      `WITH bad AS (
         SELECT at, location_no, failure, CASE WHEN failure = ${FAILURES.indexOf('status')} THEN status END AS status FROM checks
         WHERE monitor_no = ? AND at BETWEEN ? AND ? AND verdict = ${DOWN} AND location_no IN (SELECT value FROM json_each(?))
       ), numbered AS (
         SELECT *, row_number() OVER (ORDER BY at, location_no)
           - row_number() OVER (PARTITION BY failure, status ORDER BY at, location_no) AS run FROM bad
       )
       SELECT failure, status, count(*) AS failed, min(at) AS first_at, max(at) AS last_at
       FROM numbered GROUP BY failure, status, run ORDER BY first_at`,
    )
    .all(window.monitorNo, window.firstBad.at, window.lastBad.at, JSON.stringify(window.locations));
  return rows.map((row) => ({
    monitorNo: window.monitorNo,
    from: refAt(reader, window, row.first_at),
    to: refAt(reader, window, row.last_at),
    failure: FAILURES[row.failure ?? -1] ?? 'http-malformed',
    status: row.status,
    failed: row.failed,
  }));
}

function refAt(reader: Reader, window: CountedWindow, at: EpochMs): CheckRef {
  const row = reader
    .sql<{ location_no: number; late_ms: number; duration_us: number }>(
      `SELECT location_no, late_ms, duration_us FROM checks WHERE monitor_no = ? AND at = ? AND verdict = ${DOWN} ORDER BY location_no LIMIT 1`,
    )
    .get(window.monitorNo, at);
  const startedAt = at + (row?.late_ms ?? 0);
  return {
    at,
    locationNo: row?.location_no ?? 0,
    startedAt,
    endedAt: startedAt + Math.round((row?.duration_us ?? 0) / 1000),
  };
}

function silenceOf(definition: string | null, until: EpochMs | null): Delivery['silence'] {
  if (definition === null || until === null) return null;
  const { reason, by } = JSON.parse(definition) as Silence;
  return { reason, by, until };
}

function readDeliveries(reader: Reader, incidentId: string): Delivery[] {
  const attempts = reader.sql<{ ended_at: number; status_code: number | null; detail: string | null }>(
    "SELECT ended_at, status_code, detail FROM alert_attempts WHERE alert_id = ? AND outcome IS NOT NULL AND outcome <> 'sent' ORDER BY attempt",
  );
  return reader
    .sql<{
      id: string;
      key: string;
      event: string;
      reason: string | null;
      created_at: number;
      delivered_at: number | null;
      silence: string | null;
      silenced_until: number | null;
    }>(
      `SELECT alerts.id, channels.key, event, reason, alerts.created_at, delivered_at, silences.definition AS silence,
         silences.ends_at AS silenced_until FROM alerts
       JOIN channels ON channels.no = alerts.channel_no LEFT JOIN silences ON silences.id = silence_id WHERE incident_id = ? ORDER BY alerts.created_at, sequence`,
    )
    .all(incidentId)
    .map((row) => ({
      id: row.id,
      channelKey: row.key,
      event: row.event,
      createdAt: row.created_at,
      deliveredAt: row.delivered_at,
      reason: row.reason,
      silence: silenceOf(row.silence, row.silenced_until),
      failures: attempts.all(row.id).map((a) => ({ at: a.ended_at, detail: a.detail ?? `HTTP ${a.status_code}` })),
    }));
}
