import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { Claims, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import type { Store } from '#src/store/database.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import {
  markCurrent,
  putPostmortem,
  readChangeSeq,
  readPostmortem,
  readStaleDrafts,
  type StoredPostmortem,
} from '#src/store/postmortems.ts';

/** What the checker gets: the ledger and the document, as they are about to be stored. */
export interface ToVerify {
  incidentId: string;
  ledger: Fact[];
  document: PostmortemDocument;
}

export interface DrafterOptions {
  store: Store;
  clock: Clock;
  /** Recomputes every claim by its own queries. */
  verify(postmortem: ToVerify): Claims;
  logger: Pick<Logger, 'info' | 'error'>;
}

export interface Drafter {
  /** Draws every incident that changed since its newest revision. Nudged by the store's topic `incidents`. */
  pass(): Promise<{ wakeAt: EpochMs | null }>;
  /** The postmortem as of now; null when there is no such incident. While the incident is open it is drawn for each read. */
  current(incidentId: string): StoredPostmortem | null;
  /** Draws again from the rows, whatever is stored; a revision is added when something changed. */
  regenerate(incidentId: string): StoredPostmortem | null;
}

/** Drafts of one pass; probes and requests have their turn between any two. */
const AT_ONCE = 200;

export function createDrafter({ store, clock, verify, logger }: DrafterOptions): Drafter {
  function draw(incidentId: string): StoredPostmortem | null {
    const changeSeq = readChangeSeq(store.reader, incidentId);
    const now = clock.now();
    const rows = readDraftRows(store.reader, incidentId, now);
    if (!rows || changeSeq === null) return null;
    const { ledger, document } = drawPostmortem(rows);
    const due = ledger.find(({ name }) => name === 'dueAt')?.value ?? null;
    return {
      incidentId,
      revision: (readPostmortem(store.reader, incidentId)?.revision ?? 0) + 1,
      status: rows.record.resolvedAt === null ? 'live' : 'draft',
      createdAt: now,
      dueAt: due === null ? null : Date.parse(String(due)),
      changeSeq,
      snapshot: snapshotOf(ledger, document),
      ledger,
      document,
      claims: verify({ incidentId, ledger, document }),
    };
  }

  function regenerate(incidentId: string): StoredPostmortem | null {
    const drawn = draw(incidentId);
    if (!drawn) return null;
    const before = readPostmortem(store.reader, incidentId);
    if (before?.snapshot === drawn.snapshot) {
      store.transact((tx) => markCurrent(tx, incidentId, before.revision, drawn.changeSeq));
      return { ...before, changeSeq: drawn.changeSeq };
    }
    store.transact((tx) => putPostmortem(tx, drawn));
    const { revision, status, claims } = drawn;
    const event = {
      event: 'draft.stored',
      incidentId,
      revision,
      status,
      claims: claims.total,
      verified: claims.verified,
    };
    if (claims.failed.length === 0) logger.info(event);
    else logger.error({ ...event, failed: claims.failed.slice(0, 5) });
    return drawn;
  }

  return {
    async pass() {
      let failure: unknown = null;
      for (const incidentId of readStaleDrafts(store.reader, AT_ONCE)) {
        try {
          regenerate(incidentId);
        } catch (error) {
          logger.error({ event: 'draft.failed', incidentId, err: error });
          failure ??= error;
        }
        await nextTurn();
      }
      if (failure) throw failure;
      return { wakeAt: readStaleDrafts(store.reader, 1).length > 0 ? clock.now() : null };
    },
    current(incidentId) {
      const stored = readPostmortem(store.reader, incidentId);
      const changeSeq = readChangeSeq(store.reader, incidentId);
      if (changeSeq === null) return null;
      if (!stored || stored.changeSeq < changeSeq) return regenerate(incidentId);
      if (stored.status !== 'live') return stored;
      const drawn = draw(incidentId);
      return drawn && { ...drawn, revision: stored.revision };
    },
    regenerate,
  };
}

/** Same rows, same bytes: key order is the order in which the drafter writes. */
function snapshotOf(ledger: Fact[], document: PostmortemDocument): string {
  return `sha256:${createHash('sha256').update(JSON.stringify({ ledger, document })).digest('hex')}`;
}
