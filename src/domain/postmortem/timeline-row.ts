import type { EpochMs } from '../clock.ts';
import type { Block, Span, TimelineKind, TimelineSource } from './document.ts';
import { block } from './draft.ts';
import type { Fact } from './facts.ts';
import { derived, join, observed, type Said, time, words } from './say.ts';

/** Rows of one kind that may be folded into one when there are too many of them. */
export type FoldKind =
  | 'changes'
  | 'near-misses'
  | 'joins'
  | 'symptoms'
  | 'comebacks'
  | 'recoveries'
  | 'alerts'
  | 'entries'
  | 'conflicts'
  | 'unobserved';

export interface Row {
  id: string;
  kind: TimelineKind;
  source: TimelineSource;
  at: Fact;
  /** The end of what lasted. */
  to: Fact | null;
  spans: Span[];
  /** Absent: never folded. */
  fold?: FoldKind;
}

const RANK: TimelineKind[] = [
  'last_good',
  'near_miss',
  'latency',
  'change',
  'unobserved',
  'started',
  'joined',
  'symptom',
];

const rank = (kind: TimelineKind): number => {
  if (kind === 'degraded' || kind === 'conflict') return RANK.length + 1;
  const index = RANK.indexOf(kind);
  return index < 0 ? RANK.length : index;
};

export const atMs = (fact: Fact): EpochMs => Date.parse(String(fact.value));

export function inOrder(a: Row, b: Row): number {
  return atMs(a.at) - atMs(b.at) || rank(a.kind) - rank(b.kind) || (a.id < b.id ? -1 : 1);
}

function clock({ at, to }: Pick<Row, 'at' | 'to'>): Said {
  if (!to) return time(at);
  // Both ends within one second are written once; the row still rests on both.
  return time(to).text === time(at).text
    ? { text: time(at).text, facts: [at.id, to.id] }
    : words`${time(at)} to ${time(to)}`;
}

export function toBlock(row: Row): Block {
  const layout = {
    as: 'timeline',
    at: String(row.at.value),
    to: row.to ? String(row.to.value) : null,
    kind: row.kind,
    source: row.source,
  } as const;
  return block(row.id, layout, observed`${clock(row)}`, ...row.spans, derived`(${row.source})`);
}

const FOLD_WORDS: Record<FoldKind, string> = {
  changes: 'changes',
  'near-misses': 'near-misses',
  joins: 'monitors that joined',
  symptoms: 'changes of symptom',
  comebacks: 'windows of downtime',
  recoveries: 'recoveries',
  alerts: 'alert deliveries',
  entries: 'entries, kept in the appendix',
  conflicts: 'disagreements between sources',
  unobserved: 'stretches without observation',
};
/** A folded row lists this many times, fewer where words are short; the others are in the ledger. */
const LISTED = 24;
const LISTED_WHEN_SHORT = 6;

/** Of these, fewer say as much. */
const KEPT: Partial<Record<FoldKind, number>> = { alerts: 4, changes: 5, 'near-misses': 3 };

/** Keeps the first rows and the last of a kind, and folds those between them into one that gives their number and times. */
export function fold(rows: readonly Row[], kind: FoldKind, most: number): Row[] {
  const keep = Math.min(most, KEPT[kind] ?? most);
  const own = rows.filter((row) => row.fold === kind).sort(inOrder);
  // Of changes the ones nearest to the start are kept, of all else the ones with which it began.
  const folded = kind === 'changes' ? own.slice(1, -Math.max(1, keep - 1)) : own.slice(Math.max(1, keep - 1), -1);
  const [first] = folded;
  if (own.length <= keep + 1 || !first) return [...rows];
  const limit = most > 2 ? LISTED : LISTED_WHEN_SHORT;
  const listed = join(folded.slice(0, limit).map(clock));
  const rest = folded.length > limit ? ' and later ones' : '';
  const count = { text: String(folded.length), facts: [...new Set(folded.map(({ at }) => at.id))] };
  const row: Row = {
    id: `timeline.folded.${kind}`,
    kind: 'folded',
    source: first.source,
    at: first.at,
    to: null,
    spans: [derived`${count} more ${FOLD_WORDS[kind]}, folded: ${listed}${rest}.`],
  };
  return [...rows.filter((candidate) => !folded.includes(candidate)), row];
}
