import { type EpochMs, toRfc3339 } from '../../clock.ts';
import type { Chart } from '../chart.ts';
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
import type { FollowUp } from '../follow-up.ts';
import { type Life, NO_LIFE } from '../life.ts';
import type { Finding } from '../lint/finding.ts';
import { lintPostmortem } from '../lint/rules.ts';
import type { Printed } from './printed.ts';

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
  chart: Chart | null;
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
  followUp: { dueAt: string; status: 'scheduled' | 'done' } | null;
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
    /** As they are now, where the document stands still. */
    actions?: ActionItem[];
    newer?: FactChange[];
    followUp?: { dueAt: EpochMs; review: FollowUp | null } | null;
  },
): PostmortemJson {
  const { document, claims, status, revision, createdAt, dueAt, snapshot } = postmortem;
  const { reason = 'drawn', by = null, life = NO_LIFE, newer = [], followUp = null } = postmortem;
  const { header, sections, actions } = document;
  const findings = lintPostmortem({ ...postmortem, today: toRfc3339(createdAt).slice(0, 10) });
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
    blocking: findings.filter(({ level }) => level === 'blocking'),
    warnings: findings.filter(({ level }) => level === 'warning'),
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
    actions: postmortem.actions ?? actions,
    chart: document.chart ?? null,
    removed: document.removed ?? [],
    reason,
    by,
    submitted: deed(life.submitted),
    published: deed(life.published),
    override: deed(life.override),
    amendments: life.amendments.map((amendment) => deed(amendment)),
    newerRows: newer.length > 0,
    newer,
    followUp: followUp && { dueAt: toRfc3339(followUp.dueAt), status: followUp.review ? 'done' : 'scheduled' },
  };
}
