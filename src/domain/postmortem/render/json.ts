import { type EpochMs, toRfc3339 } from '../../clock.ts';
import type {
  ActionItem,
  Change,
  Claims,
  FactChange,
  Header,
  RemovedBlock,
  SectionId,
  Span,
  Written,
} from '../document.ts';
import { type Life, NO_LIFE } from '../life.ts';
import type { Printed } from './printed.ts';

export interface Finding {
  rule: string;
  message: string;
  blockId: string;
}

export interface PostmortemJson {
  incidentId: string;
  number: number;
  title: string;
  status: string;
  revision: number;
  createdAt: string;
  dueAt: string | null;
  snapshot: string;
  claims: Claims;
  blocking: Finding[];
  warnings: Finding[];
  header: Header['rows'];
  sections: {
    id: SectionId;
    title: string;
    blocks: {
      id: string;
      origin: 'machine' | 'human' | 'edited';
      stale: boolean;
      spans: Span[];
      written?: Written;
      since?: Change;
    }[];
  }[];
  actions: ActionItem[];
  removed: RemovedBlock[];
  /** Why this revision is there, and who made it. */
  reason: string;
  by: string | null;
  submitted: Deed | null;
  published: (Deed & { revision: number }) | null;
  override: (Deed & { reason: string; rules: string[] }) | null;
  amendments: (Deed & { text: string })[];
  newerRows: boolean;
  newer: FactChange[];
}

interface Deed {
  at: string;
  by: string;
}

/** With its time as RFC 3339. */
function deed<T extends { at: EpochMs }>(done: T): Omit<T, 'at'> & { at: string };
function deed<T extends { at: EpochMs }>(done: T | null): (Omit<T, 'at'> & { at: string }) | null;
function deed<T extends { at: EpochMs }>(done: T | null) {
  return done && { ...done, at: toRfc3339(done.at) };
}

/** A postmortem as the API answers it. */
export function postmortemJson(
  postmortem: Printed & {
    createdAt: EpochMs;
    dueAt: EpochMs | null;
    snapshot: string;
    reason?: string;
    by?: string | null;
    life?: Life;
    newer?: FactChange[];
  },
): PostmortemJson {
  const { document, claims, status, revision, createdAt, dueAt, snapshot } = postmortem;
  const { reason = 'drawn', by = null, life = NO_LIFE, newer = [] } = postmortem;
  const { header, sections, actions } = document;
  return {
    incidentId: header.incidentId,
    number: header.number,
    title: header.title,
    status,
    revision,
    createdAt: toRfc3339(createdAt),
    dueAt: dueAt === null ? null : toRfc3339(dueAt),
    snapshot,
    claims,
    blocking: blockingFindings(postmortem),
    warnings: warnings(postmortem),
    header: header.rows,
    sections: sections.map(({ id, title, blocks }) => ({
      id,
      title,
      blocks: blocks.map(({ id, origin, stale, spans, written, since }) => ({
        id,
        origin,
        stale,
        spans,
        ...(written && { written }),
        ...(since && { since }),
      })),
    })),
    actions,
    removed: document.removed ?? [],
    reason,
    by,
    submitted: deed(life.submitted),
    published: deed(life.published),
    override: deed(life.override),
    amendments: life.amendments.map((amendment) => deed(amendment)),
    newerRows: newer.length > 0,
    newer,
  };
}

/** What publishing is refused for: an action without owner or date, and a claim that does not recompute. */
export function blockingFindings({ document, claims }: Pick<Printed, 'document' | 'claims'>): Finding[] {
  const findings: Finding[] = [];
  const kept = document.actions.filter(({ state }) => state !== 'dropped');
  for (const { id, title, owner, dueOn } of kept) {
    const blockId = `action-items.${id}`;
    if (owner === null) findings.push({ rule: 'action-owner', message: `Name one owner: ${title}`, blockId });
    if (dueOn === null) findings.push({ rule: 'action-due', message: `Set a due date: ${title}`, blockId });
  }
  for (const { blockId, text, reason } of claims.failed) {
    findings.push({ rule: 'claims-verified', message: `${reason}: ${text}`, blockId });
  }
  for (const { blocks } of document.sections) {
    for (const { id, stale } of blocks) {
      if (stale)
        findings.push({
          rule: 'stale-block',
          message: 'A fact under this edited text has changed: read it again',
          blockId: id,
        });
    }
  }
  return findings;
}

function warnings({ document }: Printed): Finding[] {
  const open = document.sections
    .filter(({ id }) => id !== 'action-items')
    .flatMap(({ blocks }) => blocks)
    .flatMap(({ id, spans }) => spans.filter(({ kind }) => kind === 'question').map(({ text }) => ({ id, text })));
  const untracked = document.actions.filter(({ tracker, state }) => tracker === null && state !== 'dropped');
  return [
    ...open.map(({ id, text }) => ({ rule: 'open-question', message: text, blockId: id })),
    ...untracked.map(({ id, title }) => ({
      rule: 'action-tracker',
      message: `Not tracked yet: ${title}`,
      blockId: `action-items.${id}`,
    })),
  ];
}
