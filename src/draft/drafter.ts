import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { actionsNow } from '#src/domain/postmortem/actions-now.ts';
import type { ActionItem, Claims, FactChange, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { type Life, statusOf } from '#src/domain/postmortem/life.ts';
import { changedFacts, type Drawn, mergeEdits } from '#src/domain/postmortem/merge.ts';
import { readActionsOf } from '#src/store/actions.ts';
import type { Reader, Store, Tx } from '#src/store/database.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { readFollowUp, type StoredFollowUp } from '#src/store/postmortem-due.ts';
import { readEdits, readLife } from '#src/store/postmortem-life.ts';
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
  /** Recomputes every claim by its own queries, with what the transaction has written where one is given. */
  verify(postmortem: ToVerify, reader?: Reader): Claims;
  logger: Pick<Logger, 'info' | 'error'>;
}

/** A revision with what is shown beside its text. */
export interface Current extends StoredPostmortem {
  life: Life;
  /** Facts that the rows give otherwise since it was published. */
  newer: FactChange[];
  /** The look back some weeks after publishing; null before it is published. */
  followUp: StoredFollowUp | null;
  /** As they are now, where the text stands still. */
  actions?: ActionItem[];
}

/** Why a revision is stored, and who did it. */
export type Why = Pick<StoredPostmortem, 'reason' | 'by'>;

export interface Drafter {
  /** Draws every incident that changed since its newest revision. Nudged by the store's topic `incidents`. */
  pass(): Promise<{ wakeAt: EpochMs | null }>;
  /**
   * The postmortem as of now; null when there is no such incident. While the incident is open it is drawn for each
   * read; what is published is as it was published.
   */
  current(incidentId: string): Current | null;
  /** What the drafter alone says now, without what people wrote. */
  drawn(reader: Reader, incidentId: string): Drawn | null;
  /** Draws again and lays people's edits over it, in the transaction that wrote them; a revision when anything changed. */
  revise(tx: Tx, incidentId: string, why: Why): Current | null;
}

/** Drafts of one pass; probes and requests have their turn between any two. */
const AT_ONCE = 200;
const DRAWN: Why = { reason: 'drawn', by: null };

export function createDrafter({ store, clock, verify, logger }: DrafterOptions): Drafter {
  function drawn(reader: Reader, incidentId: string): (Drawn & { ledger: Fact[]; isOpen: boolean }) | null {
    const rows = readDraftRows(reader, incidentId, clock.now());
    return rows && { ...drawPostmortem(rows), isOpen: rows.record.resolvedAt === null };
  }

  function compose(reader: Reader, incidentId: string, why: Why): Current | null {
    const changeSeq = readChangeSeq(reader, incidentId);
    const machine = drawn(reader, incidentId);
    if (!machine || changeSeq === null) return null;
    const { ledger, isOpen } = machine;
    const document = mergeEdits(machine, readEdits(reader, incidentId), !isOpen);
    const life = readLife(reader, incidentId);
    const due = ledger.find(({ name }) => name === 'dueAt')?.value ?? null;
    return {
      incidentId,
      revision: (readPostmortem(reader, incidentId)?.revision ?? 0) + 1,
      status: statusOf(life, isOpen),
      createdAt: clock.now(),
      dueAt: due === null ? null : Date.parse(String(due)),
      changeSeq,
      snapshot: snapshotOf(ledger, document),
      ledger,
      document,
      claims: verify({ incidentId, ledger, document }, reader),
      ...why,
      life,
      newer: [],
      followUp: readFollowUp(reader, incidentId),
    };
  }

  const known = new Map<string, { changeSeq: number; newer: FactChange[] }>();
  /** What the rows say otherwise than a published text; worked out once for each change of the incident. */
  function newerThan(stored: StoredPostmortem, changeSeq: number): FactChange[] {
    if (changeSeq <= stored.changeSeq) return [];
    const before = known.get(stored.incidentId);
    if (before?.changeSeq === changeSeq) return before.newer;
    const now = drawn(store.reader, stored.incidentId);
    const newer = now ? changedFacts(stored.ledger, now.ledger) : [];
    known.set(stored.incidentId, { changeSeq, newer });
    return newer;
  }

  function shown(stored: StoredPostmortem, changeSeq: number): Current {
    const newer = stored.status === 'published' ? newerThan(stored, changeSeq) : [];
    const actions = actionsNow(stored, readActionsOf(store.reader, stored.incidentId));
    return {
      ...stored,
      life: readLife(store.reader, stored.incidentId),
      newer,
      actions,
      followUp: readFollowUp(store.reader, stored.incidentId),
    };
  }

  function revise(tx: Tx, incidentId: string, why: Why): Current | null {
    const next = compose(tx, incidentId, why);
    if (!next) return null;
    const before = readPostmortem(tx, incidentId);
    if (before?.snapshot === next.snapshot && before.status === next.status) {
      markCurrent(tx, incidentId, before.revision, next.changeSeq);
      return { ...before, changeSeq: next.changeSeq, life: next.life, newer: [], followUp: next.followUp };
    }
    putPostmortem(tx, next);
    const { revision, status, claims, reason } = next;
    const { total, verified, failed } = claims;
    const event = { event: 'draft.stored', incidentId, revision, status, reason, claims: total, verified };
    if (failed.length === 0) logger.info(event);
    else logger.error({ ...event, failed: failed.slice(0, 5) });
    return next;
  }

  const regenerate = (incidentId: string) => store.transact((tx) => revise(tx, incidentId, DRAWN));

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
      if (stored?.status === 'published') return shown(stored, changeSeq);
      if (!stored || stored.changeSeq < changeSeq) return regenerate(incidentId);
      if (stored.status !== 'live') return shown(stored, changeSeq);
      const now = compose(store.reader, incidentId, DRAWN);
      return now && { ...now, revision: stored.revision };
    },
    drawn,
    revise,
  };
}

/** Same rows, same bytes: key order is the order in which the drafter writes. */
function snapshotOf(ledger: Fact[], document: PostmortemDocument): string {
  return `sha256:${createHash('sha256').update(JSON.stringify({ ledger, document })).digest('hex')}`;
}
