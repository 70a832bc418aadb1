import type { ActionState } from './action.ts';
import type { Closing } from './closing.ts';

/**
 * The document: sections of blocks, blocks of spans, spans over facts. All renderings print this and nothing else,
 * but for the line "N of N claims verified", which comes from the checker.
 *
 * How facts are written in the text of spans (the checker reads them back):
 * - a time of day as HH:MM:SS, cut to the second; a date as YYYY-MM-DD; always UTC
 * - a length as `2 h 5 min 3 s`: rounded to whole seconds, parts that are 0 left out; below 60 s with at most one
 *   decimal place; `0 s` for zero; whole days as `34 days`
 * - constants of the template: `Why 1` to `Why 5`, 24 h and 365 days (how far back is looked), 10 min (base rate, late
 *   entries), `policy: 0 s`
 * - counts in digits without separators; `34 of 36`; milliseconds as `120 ms`, rounded to whole ms
 */

import type { Chart } from './chart.ts';

/**
 * observed: a row says so. derived: computed from rows. reported: a person or an integration said so.
 * question: unknown, put to the people who can know. Nothing else exists; headings and labels are `derived` without facts.
 */
export type SpanKind = 'observed' | 'derived' | 'reported' | 'question';

export interface Span {
  kind: SpanKind;
  text: string;
  /** Ids of the facts it states. Not empty when an observed or derived span has a digit. */
  facts: string[];
}

export type TimelineSource = 'check' | 'detector' | 'alert' | 'person' | 'integration';

export type TimelineKind =
  | 'baseline'
  | 'last_good'
  | 'near_miss'
  | 'latency'
  | 'change'
  | 'started'
  | 'joined'
  | 'symptom'
  | 'degraded'
  | 'detected'
  | 'alerted'
  | 'alert_failed'
  | 'escalated'
  | 'acknowledged'
  | 'diagnostic'
  | 'cause_identified'
  | 'fix_applied'
  | 'note'
  | 'status_update'
  | 'unobserved'
  | 'conflict'
  | 'recovered'
  | 'restored'
  | 'resolved'
  | 'folded';

/** How a block is set; its words are in its spans. */
export type Layout =
  | { as: 'heading' }
  | { as: 'paragraph' }
  | { as: 'item' }
  /** A row of the timeline. `at` null: the moment is not known, and the spans ask for it. */
  | { as: 'timeline'; at: string | null; to: string | null; kind: TimelineKind; source: TimelineSource | null }
  /** A row of the table of gaps: spans in cell order, each with the column it belongs to. */
  | { as: 'table'; header: boolean };

export interface Block {
  /** Semantic and stable: survives regeneration (`summary.what`, `timeline.detected`, `timeline.evt_…`, `gaps.detect`). */
  id: string;
  origin: 'machine' | 'human' | 'edited';
  /** A fact under an edited block has changed since. */
  stale: boolean;
  layout: Layout;
  /** Joined by one space. In a table row each span is a cell. */
  spans: Span[];
  /** Who wrote it, and when; only on blocks that a person wrote or edited. */
  written?: Written;
  /** Why it is stale; only on stale blocks. */
  since?: Change;
}

export interface Written {
  by: string;
  /** RFC 3339. */
  at: string;
}

/** A fact that is not what it was when a person wrote about it. Null: it was, or is, not stated. */
export interface FactChange {
  name: string;
  about?: string;
  before: number | string | null;
  now: number | string | null;
}

export interface Change {
  facts: FactChange[];
  /** The drafter has no such block any more. */
  vanished: boolean;
}

/** A block of the drafter's that a person took out; its facts stay in the ledger. */
export interface RemovedBlock extends Written {
  id: string;
  sectionId: SectionId;
  text: string;
}

export type SectionId = 'summary' | 'timeline' | 'root-cause' | 'what-went-well' | 'action-items';

export interface Section {
  id: SectionId;
  title: string;
  blocks: Block[];
}

export interface ActionItem {
  /** `act_…`, stable for the incident: made from what it is about. */
  id: string;
  title: string;
  /** Why it is proposed: the measured gap, in words. */
  reason: string;
  doneWhen: string;
  owner: string | null;
  dueOn: string | null;
  /** Where it lives in the team's tracker: its address, or its name there. */
  tracker: string | null;
  state: ActionState;
  /** Ids of the facts it follows from, the gap first. Also behind every figure in its texts that is the drafter's. */
  cites: string[];
  /** human: a person's own, or one whose gap is not measured any more; its texts are people's words. */
  origin?: 'machine' | 'human';
  /** Texts that a person put in their own words. */
  reworded?: ('title' | 'doneWhen')[];
  /** Its end, where rows can show it. */
  closing?: Closing;
  /** Why it was dropped, or how its end was seen. */
  note?: string;
}

export interface Header {
  incidentId: string;
  number: number;
  title: string;
  /** The rows of the header: label and words. */
  rows: { label: string; spans: Span[] }[];
}

export interface PostmortemDocument {
  header: Header;
  sections: Section[];
  actions: ActionItem[];
  /** Absent where nothing was measured. */
  chart?: Chart;
  /** Absent when there are none. */
  removed?: RemovedBlock[];
}

/** What the checker found; stands on every rendering. */
export interface Claims {
  total: number;
  verified: number;
  failed: { blockId: string; text: string; reason: string }[];
  /** Figures in people's own words that no fact states (rule `unresolved-figure`); absent when there are none. */
  unresolved?: { blockId: string; text: string; reason: string }[];
}
