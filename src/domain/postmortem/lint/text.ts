import type { SectionId } from '../document.ts';
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
  blockId?: string;
}

/** Every finding in a text, in the order in which they stand there. It is never changed. */
export function lintText(text: string, { section, names = [], blockId = 'text' }: TextOptions = {}): TextFinding[] {
  const shown = masked(text, names);
  const found: TextFinding[] = [];
  /** Characters that a finding of a rule stands on already: a wider match says it. */
  const covered = new Map<string, Uint8Array>();
  const add = (rule: string, at: number, excerpt: string, suggestion?: string) => {
    const wording = WORDING[rule];
    if (!wording || excerpt === '') return;
    const marks = covered.get(rule) ?? new Uint8Array(text.length);
    covered.set(rule, marks);
    if (marks.subarray(at, at + excerpt.length).includes(1)) return;
    marks.fill(1, at, at + excerpt.length);
    found.push({
      rule,
      ...wording,
      blockId,
      excerpt,
      ...(suggestion && { suggestion }),
      start: at,
      end: at + excerpt.length,
    });
  };
  for (const { rule, pattern, offer } of PHRASES)
    for (const match of shown.matchAll(everywhere(pattern))) add(rule, match.index, match[0], offer(match[0]));
  for (const match of shown.matchAll(everywhere(USER_COUNT)))
    if (!SOURCED.test(sentenceAround(shown, match.index))) add('user-count', match.index, match[0]);
  for (const pattern of LEAKS)
    for (const match of text.matchAll(everywhere(pattern))) add('leak', match.index, match[0]);
  for (const match of shown.matchAll(everywhere(MARKUP))) add('markup', match.index, match[0]);
  if (section === 'action-items') found.push(...vagueFindings(shown, blockId));
  return found.sort((a, b) => a.start - b.start || (a.rule < b.rule ? -1 : 1));
}

function vagueFindings(text: string, blockId: string): TextFinding[] {
  const vague = vagueAction(text);
  if (!vague) return [];
  const start = text.indexOf(vague.excerpt);
  const words = { level: 'blocking', message: vague.message, fix: vague.fix } as const;
  return [{ rule: 'action-vague', ...words, blockId, ...vague, start, end: start + vague.excerpt.length }];
}

function everywhere(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`);
}

function sentenceAround(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - 400), at);
  const from = at - before.length + Math.max(before.lastIndexOf('. '), before.lastIndexOf('\n'), 0);
  const near = text.slice(at, at + 400);
  const end = near.indexOf('. ');
  return text.slice(from, at + (end < 0 ? near.length : end));
}
