import type { SectionId } from '../document.ts';
import { CLAIMS } from './claims.ts';
import { type Finding, masked } from './finding.ts';
import { LEAKS, MARKUP, PHRASES, SOURCED, USER_COUNT, WORDING } from './phrases.ts';
import { vagueAction } from './vague.ts';

/** A finding in a text, with where it stands. */
export interface TextFinding extends Finding {
  /** In characters (UTF-16 units) from the beginning of the text. */
  start: number;
  end: number;
}

export interface TextOptions {
  /** Where the text would stand; action items are held to more. */
  section?: SectionId | undefined;
  /** Names of monitors, services and the like: what is in them is not the writer's wording. */
  names?: readonly string[];
  /** Every monitor and every location failed: “all” and “global” are then measured. */
  everything?: boolean;
  blockId?: string;
}

/** How far to both sides of a phrase its exceptions are looked for. */
const BESIDE = 40;

/** Every finding in a text, in the order in which they stand there. It is never changed. */
export function lintText(
  text: string,
  { section, names = [], everything = false, blockId = 'text' }: TextOptions = {},
): TextFinding[] {
  const shown = masked(text, names);
  const quotations = [...shown.matchAll(QUOTATION)].map(({ 0: all, index }) => [index + 1, index + all.length - 1]);
  const found: TextFinding[] = [];
  /** Characters that a finding of a rule stands on already: a wider match says it. */
  const covered = new Map<string, Uint8Array>();
  const add = (rule: string, at: number, length: number, suggestion?: string) => {
    const wording = WORDING[rule] ?? CLAIMS[rule];
    if (!wording || length === 0) return;
    const marks = covered.get(rule) ?? new Uint8Array(text.length);
    covered.set(rule, marks);
    const end = at + length;
    if (marks.subarray(at, end).includes(1)) return;
    marks.fill(1, at, end);
    const { message, fix } = wording;
    // What is quoted was said elsewhere: nobody can be asked to take it back. Marks around these words alone are no quotation.
    const around = quotations.find(([from = 0, to = 0]) => from <= at && end <= to);
    const isQuoted = around && length * 2 < (around[1] ?? 0) - (around[0] ?? 0) && rule !== 'leak' && rule !== 'markup';
    const level = isQuoted ? 'warning' : wording.level;
    const excerpt = text.slice(at, end);
    found.push({ rule, level, message, fix, blockId, excerpt, ...(suggestion && { suggestion }), start: at, end });
  };
  for (const { rule, pattern, offer, unless } of PHRASES)
    for (const { 0: match, index } of shown.matchAll(everywhere(pattern)))
      if (
        !unless?.test(shown.slice(Math.max(0, index - BESIDE), index + match.length + BESIDE)) &&
        !(rule === 'unknown' && isAsked(shown, index + match.length))
      )
        add(rule, index, match.length, offer(text.slice(index, index + match.length)));
  for (const { 0: match, index } of shown.matchAll(everywhere(USER_COUNT)))
    if (!SOURCED.test(sentenceAround(shown, index))) add('user-count', index, match.length);
  for (const [rule, { pattern, holds, says, measured }] of Object.entries(CLAIMS))
    for (const { 0: match, index } of shown.matchAll(everywhere(pattern)))
      if (!(everything && measured) && isClaimed(sentenceAround(shown, index), says, holds))
        add(rule, index, match.length);
  for (const pattern of LEAKS)
    for (const { 0: match, index } of text.matchAll(everywhere(pattern))) add('leak', index, match.length);
  for (const { 0: match, index } of shown.matchAll(everywhere(MARKUP))) add('markup', index, match.length);
  if (section === 'action-items') found.push(...vagueFindings(shown, blockId));
  return found.sort((a, b) => a.start - b.start || (a.rule < b.rule ? -1 : 1));
}

const isClaimed = (sentence: string, says: RegExp | undefined, holds: RegExp | undefined): boolean =>
  (says?.test(sentence) ?? true) && !holds?.test(sentence);

/** What is not known may stand in a question. */
function isAsked(text: string, from: number): boolean {
  return /^[^.!?\n]{0,300}\?/.test(text.slice(from, from + 301));
}

const QUOTATION = /“[^“”]{1,2000}”|"[^"\n]{1,2000}"/gu;

function vagueFindings(text: string, blockId: string): TextFinding[] {
  const vague = vagueAction(text);
  if (!vague) return [];
  const start = text.indexOf(vague.excerpt);
  const words = { level: 'blocking', message: vague.message, fix: vague.fix } as const;
  return [{ rule: 'action-vague', ...words, blockId, ...vague, start, end: start + vague.excerpt.length }];
}

/** Compiled once: blocks are many and short. */
const GLOBAL = new Map<RegExp, RegExp>();

function everywhere(pattern: RegExp): RegExp {
  const known = GLOBAL.get(pattern) ?? new RegExp(pattern.source, `${pattern.flags}g`);
  GLOBAL.set(pattern, known);
  return known;
}

function sentenceAround(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - 400), at);
  const from = at - before.length + Math.max(before.lastIndexOf('. '), before.lastIndexOf('\n'), 0);
  const near = text.slice(at, at + 400);
  const end = near.indexOf('. ');
  return text.slice(from, at + (end < 0 ? near.length : end));
}
