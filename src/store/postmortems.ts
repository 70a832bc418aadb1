import type { EpochMs } from '#src/domain/clock.ts';
import type { Claims, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import type { PostmortemStatus } from '#src/domain/postmortem/life.ts';
import type { Reader, Tx } from './database.ts';
import { touchLater } from './incidents.ts';

export interface StoredPostmortem {
  incidentId: string;
  /** From 1. */
  revision: number;
  status: PostmortemStatus;
  createdAt: EpochMs;
  dueAt: EpochMs | null;
  /** The incident's change number that it was drawn from. */
  changeSeq: number;
  /** `sha256:…` over the ledger. */
  snapshot: string;
  ledger: Fact[];
  document: PostmortemDocument;
  claims: Claims;
  /** Why this revision was stored: rows changed, or a person edited, submitted or published. */
  reason: 'drawn' | 'edited' | 'submitted' | 'published';
  /** Who did it; null: nobody. */
  by: string | null;
}

interface Row {
  incident_id: string;
  revision: number;
  status: PostmortemStatus;
  created_at: number;
  due_at: number | null;
  change_seq: number;
  snapshot: string;
  ledger: string;
  document: string;
  claims: string;
  reason: StoredPostmortem['reason'];
  by: string | null;
}

/** Adds a revision; the text of one that is there never changes. Later incidents like this one tell that it is there. */
export function putPostmortem(tx: Tx, postmortem: StoredPostmortem): void {
  const before = tx
    .sql<{ status: string }>('SELECT status FROM postmortems WHERE incident_id = ? ORDER BY revision DESC LIMIT 1')
    .get(postmortem.incidentId);
  if (before?.status !== postmortem.status) touchLater(tx, postmortem.incidentId);
  tx.sql(
    `INSERT INTO postmortems (incident_id, revision, status, created_at, due_at, change_seq, snapshot, ledger, document, claims, reason, by)
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`,
  ).run(
    postmortem.incidentId,
    postmortem.revision,
    postmortem.status,
    postmortem.createdAt,
    postmortem.dueAt,
    postmortem.changeSeq,
    postmortem.snapshot,
    JSON.stringify(postmortem.ledger),
    JSON.stringify(postmortem.document),
    JSON.stringify(postmortem.claims),
    postmortem.reason,
    postmortem.by,
  );
  tx.touch('postmortems');
}

/** The incident changed, and the draft of it did not: the revision stands for the newer state too. */
export function markCurrent(tx: Tx, incidentId: string, revision: number, changeSeq: number): void {
  tx.sql('UPDATE postmortems SET change_seq = ? WHERE incident_id = ? AND revision = ?').run(
    changeSeq,
    incidentId,
    revision,
  );
}

/** The newest revision, or the one with this number. */
export function readPostmortem(reader: Reader, incidentId: string, revision?: number): StoredPostmortem | null {
  const row = reader
    .sql<Row>('SELECT * FROM postmortems WHERE incident_id = ? AND revision <= ? ORDER BY revision DESC LIMIT 1')
    .get(incidentId, revision ?? Number.MAX_SAFE_INTEGER);
  return row && (revision === undefined || row.revision === revision) ? toPostmortem(row) : null;
}

function toPostmortem(row: Row): StoredPostmortem {
  return {
    incidentId: row.incident_id,
    revision: row.revision,
    status: row.status,
    createdAt: row.created_at,
    dueAt: row.due_at,
    changeSeq: row.change_seq,
    snapshot: row.snapshot,
    ledger: JSON.parse(row.ledger) as Fact[],
    document: JSON.parse(row.document) as PostmortemDocument,
    claims: JSON.parse(row.claims) as Claims,
    reason: row.reason,
    by: row.by,
  };
}

export interface RevisionRow {
  revision: number;
  status: PostmortemStatus;
  createdAt: EpochMs;
  reason: StoredPostmortem['reason'];
  by: string | null;
  snapshot: string;
  claims: Claims;
}

/** Without their texts; the newest first, before a revision. */
export function readRevisionRows(reader: Reader, incidentId: string, before: number, limit: number): RevisionRow[] {
  return reader
    .sql<Omit<RevisionRow, 'claims'> & { claims: string }>(
      `SELECT revision, status, created_at AS createdAt, reason, by, snapshot, claims FROM postmortems
       WHERE incident_id = ? AND revision < ? ORDER BY revision DESC LIMIT ?`,
    )
    .all(incidentId, before, limit)
    .map((row) => ({ ...row, claims: JSON.parse(row.claims) as Claims }));
}

/**
 * Incidents that changed after their newest revision was drawn, or have none; the oldest change first. What is
 * published is not drawn again.
 */
export function readStaleDrafts(reader: Reader, limit: number): string[] {
  return reader
    .sql<{ id: string }>(
      `SELECT id FROM incidents AS i WHERE change_seq > coalesce(
         (SELECT CASE status WHEN 'published' THEN 9e18 ELSE change_seq END FROM postmortems
          WHERE incident_id = i.id ORDER BY revision DESC LIMIT 1), -1)
       ORDER BY change_seq LIMIT ?`,
    )
    .all(limit)
    .map(({ id }) => id);
}

export function readChangeSeq(reader: Reader, incidentId: string): number | null {
  return (
    reader.sql<{ seq: number }>('SELECT change_seq AS seq FROM incidents WHERE id = ?').get(incidentId)?.seq ?? null
  );
}
