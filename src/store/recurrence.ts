import { FAILURES, PHASES, type Phase, VERDICTS } from '#src/domain/check.ts';
import { wordsOfAction } from '#src/domain/postmortem/action.ts';
import { type EarlierIncident, LOOK_BACK_MS, type OpenAction, type Recurrence } from '#src/domain/recurrence.ts';
import { compareSignatures, type Signature, type SignatureRow, signatureOf } from '#src/domain/signature.ts';
import type { DowntimeWindow } from '#src/domain/window.ts';
import { countTakenOn, readActionsOf } from './actions.ts';
import type { Reader } from './database.ts';
import { readWindowsOfIncident } from './windows.ts';

/** A signature is how an incident failed in its first hour: as good as all of it, and never more than an hour of rows. */
const SHOWN_MS = 3_600_000;
/** Of so many earlier incidents the signature is looked at, the newest first. */
const COMPARED = 50;
const DOWN = VERDICTS.indexOf('down');

/**
 * Earlier incidents of the same signature: of the same service, or of a monitor that this one affects, within a year.
 * Computed from the rows each time, so that a late row changes it. Null when nothing failed in the incident.
 */
export function readRecurrence(reader: Reader, incidentId: string): Recurrence | null {
  const windows = windowsOf(reader, incidentId);
  const signature = readSignature(reader, windows);
  const [first] = windows;
  if (!signature || !first) return null;
  const startedAt = first.firstBad.startedAt;
  const earlier = readEarlier(reader, incidentId, windows, startedAt);
  const same = earlier.slice(0, COMPARED).flatMap((row): EarlierIncident[] => {
    const other = readSignature(reader, windowsOf(reader, row.id));
    const likeness = other && compareSignatures(signature, other);
    if (!likeness?.same) return [];
    return [{ ...row, likeness, ...readAftermath(reader, row.id) }];
  });
  return { signature, startedAt, earlierIds: earlier.map(({ id }) => id), same };
}

function windowsOf(reader: Reader, incidentId: string): DowntimeWindow[] {
  return readWindowsOfIncident(reader, incidentId).map(({ window }) => window);
}

/** How the monitor failed that failed first. */
function readSignature(reader: Reader, windows: readonly DowntimeWindow[]): Signature | null {
  const [first] = windows;
  if (!first) return null;
  const { monitorNo, firstBad } = first;
  const lastBad = Math.max(...windows.filter((w) => w.monitorNo === monitorNo).map((w) => w.lastBad.at));
  const rows = reader
    .sql<Row>(
      `SELECT failure, CASE WHEN failure = ${FAILURES.indexOf('status')} THEN status END AS status, l.name AS location,
         CASE WHEN download_us IS NOT NULL THEN 4 WHEN first_byte_us IS NOT NULL THEN 3 WHEN tls_us IS NOT NULL THEN 2
           WHEN connect_us IS NOT NULL THEN 1 WHEN dns_us IS NOT NULL THEN 0 END AS reached,
         count(*) AS count, min(at) AS firstAt, total(dns_us) AS dns, total(connect_us) AS connect, total(tls_us) AS tls,
         total(first_byte_us) AS firstByte, total(download_us) AS download
       FROM checks JOIN locations AS l ON l.no = location_no
       WHERE monitor_no = ? AND at BETWEEN ? AND ? AND verdict = ${DOWN} GROUP BY 1, 2, 3, 4`,
    )
    .all(monitorNo, firstBad.at, Math.min(firstBad.at + SHOWN_MS, lastBad));
  return signatureOf(rows.map(toSignatureRow), firstBad.startedAt);
}

interface Row extends Record<Phase, number> {
  failure: number | null;
  status: number | null;
  location: string;
  reached: number | null;
  count: number;
  firstAt: number;
}

function toSignatureRow({ failure, reached, ...row }: Row): SignatureRow {
  return {
    failure: FAILURES[failure ?? -1] ?? 'http-malformed',
    status: row.status,
    location: row.location,
    count: row.count,
    firstAt: row.firstAt,
    reached: PHASES[reached ?? -1] ?? null,
    phases: row,
  };
}

type EarlierRow = Pick<EarlierIncident, 'id' | 'number' | 'startedAt'>;

function readEarlier(reader: Reader, incidentId: string, windows: DowntimeWindow[], startedAt: number): EarlierRow[] {
  return reader
    .sql<EarlierRow>(
      `SELECT i.id, i.number, i.started_at AS startedAt FROM incidents AS i JOIN incidents AS own ON own.id = ?
       WHERE i.kind = 'outage' AND i.id <> own.id AND i.started_at >= ? AND i.started_at < ?
         AND EXISTS (SELECT 1 FROM windows WHERE incident_id = i.id
           AND (i.service = own.service OR monitor_no IN (SELECT value FROM json_each(?))))
       ORDER BY i.started_at DESC, i.number DESC`,
    )
    .all(
      incidentId,
      startedAt - LOOK_BACK_MS,
      startedAt,
      JSON.stringify([...new Set(windows.map(({ monitorNo }) => monitorNo))]),
    );
}

type Aftermath = Pick<EarlierIncident, 'postmortem' | 'cause' | 'openActions' | 'actionCount'>;

/** What became of an incident: its postmortem, the cause that was reported, what was taken on. */
function readAftermath(reader: Reader, incidentId: string): Aftermath {
  const postmortem = reader
    .sql<{ status: string }>('SELECT status FROM postmortems WHERE incident_id = ? ORDER BY revision DESC LIMIT 1')
    .get(incidentId);
  const cause = reader
    .sql<{ text: string }>(
      "SELECT text FROM timeline_entries WHERE incident_id = ? AND kind = 'cause_identified' AND text <> '' ORDER BY at DESC, id DESC LIMIT 1",
    )
    .get(incidentId);
  const status = postmortem?.status;
  return {
    postmortem: status === 'published' || status === 'in_review' ? status : status ? 'draft' : 'none',
    cause: cause?.text ?? null,
    openActions: readOpenActions(reader, incidentId),
    actionCount: countTakenOn(reader, incidentId),
  };
}

function readOpenActions(reader: Reader, incidentId: string): OpenAction[] {
  return readActionsOf(reader, incidentId)
    .filter(({ state }) => state === 'open')
    .map((action) => ({
      id: action.id,
      title: wordsOfAction(action).title,
      createdAt: action.openedAt ?? action.createdAt,
      dueOn: action.dueOn,
    }));
}
