import { type EpochMs, toRfc3339 } from '../clock.ts';
import type { Block, PostmortemDocument, Section, SectionId, Span, Written } from './document.ts';
import type { Fact } from './facts.ts';
import { dateOf, lengthOf, timeOfDay } from './format.ts';

/** A fact as it was under a sentence: by its name and subject, which outlive a revision. */
export type FactThen = Pick<Fact, 'name' | 'about' | 'unit' | 'value' | 'min' | 'max'>;

/** The drafter's block when a person changed it, with the facts that it cited. */
export interface Base {
  block: Block;
  facts: FactThen[];
}

/** What a person did to a block. Kept apart from the draft, and laid over each new one. */
export interface Edit {
  sectionId: SectionId;
  blockId: string;
  /** Grows with each write: where two blocks claim one place, the later one is nearer to what it follows. */
  seq: number;
  /** reword: the person's words stand for the drafter's. add: a block of their own. remove: the block is left out. */
  kind: 'reword' | 'add' | 'remove';
  /** Empty when removed. */
  text: string;
  /** Null for a block of their own. */
  base: Base | null;
  /** Blocks before it in its section, the nearest first: it follows the first of them that is still there. */
  after: string[];
  /** A person has seen that the drafter's block is gone, and keeps their words. */
  goneSeen?: boolean;
  by: string;
  at: EpochMs;
}

export const writtenBy = ({ by, at }: Pick<Edit, 'by' | 'at'>): Written => ({ by, at: toRfc3339(at) });

export function baseOf(block: Block, ledger: readonly Fact[]): Base {
  const cited = new Set(block.spans.flatMap(({ facts }) => facts));
  const facts = ledger.filter(({ id }) => cited.has(id)).map(identity);
  return { block, facts };
}

function identity({ name, about, unit, value, min, max }: Fact): FactThen {
  return {
    name,
    unit,
    value,
    ...(about !== undefined && { about }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}

export function blocksBefore(section: Section, blockId: string): string[] {
  const ids = section.blocks.map(({ id }) => id);
  const index = ids.indexOf(blockId);
  return (index < 0 ? ids : ids.slice(0, index)).toReversed();
}

/** The words of a block that a person may replace: of a row of the timeline without its time and its source. */
export function ownSpans({ layout, spans }: Block): { before: Span[]; words: Span[]; behind: Span[] } {
  if (layout.as !== 'timeline' || layout.at === null) return { before: [], words: spans, behind: [] };
  return { before: spans.slice(0, 1), words: spans.slice(1, -1), behind: spans.slice(-1) };
}

export const textOf = (spans: readonly Span[]): string => spans.map(({ text }) => text).join(' ');
export const wordsOf = (block: Block): string => textOf(ownSpans(block).words);
export const same = (a: string, b: string): boolean => squeezed(a) === squeezed(b);
const squeezed = (text: string) => text.trim().replaceAll(/\s+/g, ' ');

/** A row of the timeline that is sent back whole: its time and its source are the drafter's, and are not doubled. */
export function withoutFrame(text: string, block: Block): string {
  const { before, behind } = ownSpans(block);
  const [front, back] = [textOf(before), textOf(behind)];
  const cut = front && text.startsWith(`${front} `) ? text.slice(front.length + 1) : text;
  return (back && cut.endsWith(` ${back}`) ? cut.slice(0, -back.length - 1) : cut).trim();
}

/** Why a person may not do this to a block, or null. What was captured stays where it is; its words may be changed. */
export function refusal(block: Block, kind: 'reword' | 'remove'): string | null {
  if (block.id.startsWith('action-items.act_')) return 'is an action: change it with PATCH …/postmortem/actions';
  switch (block.layout.as) {
    case 'heading':
      return 'is a heading of the draft; write a block of your own after it';
    case 'table':
      return 'is a row of measured figures; write a block of your own after it';
    case 'timeline':
      return kind === 'remove'
        ? 'is a row of the timeline, and nothing captured is left out: send text to put it in your words'
        : null;
    default:
      return null;
  }
}

/** Facts of a block that a text still states, in the forms in which drafts print them. */
export function statedIn(text: string, facts: readonly Fact[]): string[] {
  return facts.filter((fact) => isStated(text, fact)).map(({ id }) => id);
}

export function isStated(text: string, fact: FactThen): boolean {
  const isBare = fact.unit === 'count' || fact.unit === 'code';
  return formsOf(fact).some((form) => holds(text, form, isBare));
}

function formsOf({ unit, value, min, max }: FactThen): string[] {
  const values = [value, min, max].filter((one) => one !== null && one !== undefined);
  switch (unit) {
    case 'time':
      return values.flatMap((at) => [timeOfDay(String(at)), timeOfDay(String(at)).slice(0, 5), dateOf(String(at))]);
    case 's':
      return values.map((seconds) => lengthOf(Number(seconds)));
    case 'ms':
      return values.map((ms) => `${Math.round(Number(ms))} ms`);
    default:
      return values.map(String).filter((form) => form !== '');
  }
}

/** A count is not stated by a length or a share: 4 stands for no 4 min, and for no part of 4.5 or 14:26. */
const MEASURE = /^\s?(?:%|(?:s|ms|min|h|d|seconds?|minutes?|hours?|days?|weeks?)\b)/i;

function holds(text: string, form: string, isBare: boolean): boolean {
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
    const [before, behind] = [text.slice(0, at), text.slice(at + form.length)];
    const isPart = /[\p{L}\p{N}]$|\p{N}[.,:]$/u.test(before) || /^[\p{L}\p{N}]|^[.,:]\p{N}/u.test(behind);
    if (!isPart && !(isBare && MEASURE.test(behind))) return true;
  }
  return false;
}

/** What begins an id of the drafter's, so that a mistyped one is not taken for a block of a person's own. */
export function isDraftersName(id: string, document: PostmortemDocument): boolean {
  const prefix = id.split('.', 1)[0] as string;
  const own = document.sections.flatMap(({ id: section, blocks }) => [
    section,
    ...blocks.filter(({ origin }) => origin !== 'human').map((block) => block.id.split('.', 1)[0]),
  ]);
  return own.includes(prefix);
}
