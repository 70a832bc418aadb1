import type { EpochMs } from '#src/domain/clock.ts';
import type { Claims, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import type { Reader, Tx } from './database.ts';

export type PostmortemStatus = 'live' | 'draft' | 'in_review' | 'published';

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
}

/** Adds a revision; the text of one that is there never changes. */
export function putPostmortem(tx: Tx, postmortem: StoredPostmortem): void {
  tx.sql(
    `INSERT INTO postmortems (incident_id, revision, status, created_at, due_at, change_seq, snapshot, ledger, document, claims)
     VALUES (?,?,?,?,?,?,?,?,?,?)`,
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
  );
}

/** The incident changed, and the draft of it did not: the revision stands for the newer state too. */
export function markCurrent(tx: Tx, incidentId: string, revision: number, changeSeq: number): void {
  tx.sql('UPDATE postmortems SET change_seq = ? WHERE incident_id = ? AND revision = ?').run(
    changeSeq,
    incidentId,
    revision,
  );
}

/** The newest revision. */
export function readPostmortem(reader: Reader, incidentId: string): StoredPostmortem | null {
  const row = reader
    .sql<Row>('SELECT * FROM postmortems WHERE incident_id = ? ORDER BY revision DESC LIMIT 1')
    .get(incidentId);
  if (!row) return null;
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
  };
}

/** Incidents that changed after their newest revision was drawn, or have none; the oldest change first. */
export function readStaleDrafts(reader: Reader, limit: number): string[] {
  return reader
    .sql<{ id: string }>(
      `SELECT id FROM incidents AS i WHERE change_seq > coalesce(
         (SELECT change_seq FROM postmortems WHERE incident_id = i.id ORDER BY revision DESC LIMIT 1), -1)
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
