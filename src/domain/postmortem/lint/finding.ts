import type { Block, Claims, PostmortemDocument, SectionId, Span } from '../document.ts';
import type { Fact, FactName } from '../facts.ts';

export type Level = 'blocking' | 'warning';
export type Area = 'facts' | 'summary' | 'timeline' | 'root-cause' | 'went-well' | 'actions' | 'language' | 'life';

/** A rule that a postmortem breaks, where, and what to do about it. */
export interface Finding {
  rule: string;
  level: Level;
  message: string;
  fix: string;
  /** `document` when it is about the whole, `header` for its rows. */
  blockId: string;
  /** The words that it is about. */
  excerpt?: string;
  /** A better phrasing, where one can be offered. Nothing is ever rewritten. */
  suggestion?: string;
}

/** What is judged: the document as it would be published, people's words laid over the draft. */
export interface Linted {
  document: PostmortemDocument;
  ledger: readonly Fact[];
  claims: Claims;
  status: string;
  /** YYYY-MM-DD: what a due date must not lie before. */
  today: string;
}

/** Where a rule is broken; the registry adds the rule's own name, level and words. */
export interface Breach {
  blockId: string;
  excerpt?: string;
  suggestion?: string;
  /** More precise than the rule's own message. */
  message?: string;
  /** Milder than the rule's own level. */
  level?: Level;
}

export interface Rule {
  id: string;
  area: Area;
  level: Level;
  /** What is wrong when it is broken. */
  message: string;
  /** What to do. */
  fix: string;
  check(view: View): Breach[];
}

/** A postmortem, read once for all rules. */
export interface View extends Linted {
  section(id: SectionId): Block[];
  /** All blocks with words of the drafter's or of a person's, in order. */
  blocks: readonly Block[];
  /** The same, and actions that no block prints. */
  written: readonly Block[];
  /** What the team calls its monitors, services and channels: that is nobody's wording. */
  names: readonly string[];
  fact(name: FactName): Fact | null;
  facts(name: FactName): Fact[];
  number(name: FactName): number;
  /** The words of spans without the names and quotes that they cite: these are not the writer's. */
  ownWords(spans: readonly Span[]): string;
}

export function viewOf(linted: Linted): View {
  const { document, ledger } = linted;
  const byId = new Map(ledger.map((fact) => [fact.id, fact]));
  const blocks = document.sections.flatMap((section) => section.blocks);
  const names = ledger
    .filter(({ name, value }) => NAMES.includes(name) && value !== null)
    .flatMap(({ value }) => String(value).split(', '));
  const facts = (name: FactName) => ledger.filter((fact) => fact.name === name && fact.value !== null);
  return {
    ...linted,
    blocks,
    written: [...blocks, ...unprintedActions(document, blocks)],
    names,
    section: (id) => document.sections.find((section) => section.id === id)?.blocks ?? [],
    facts,
    fact: (name) => facts(name)[0] ?? null,
    number: (name) => Number(facts(name)[0]?.value ?? 0),
    ownWords: (spans) =>
      spans
        .map(({ text, facts: cited }) => {
          const said = cited.flatMap((id) => {
            const fact = byId.get(id);
            return fact?.unit === 'text' && typeof fact.value === 'string' ? [fact.value] : [];
          });
          return masked(text, [...said, ...names]);
        })
        .join(' '),
  };
}

const NAMES: FactName[] = ['monitorName', 'patternMonitor', 'services', 'changeService', 'alertChannel'];

/** An action of a person's own, or one whose words were changed: its block, if there is one, prints something else. */
function unprintedActions({ actions }: PostmortemDocument, blocks: readonly Block[]): Block[] {
  return actions
    .filter(({ state }) => state !== 'dropped')
    .flatMap(({ id, title, doneWhen }) => {
      const blockId = `action-items.${id}`;
      const printed = textOf(blocks.find((block) => block.id === blockId)?.spans ?? []);
      const texts = [title, doneWhen].filter((text) => text.trim() !== '' && !printed.includes(text));
      const spans = texts.map((text): Span => ({ kind: 'reported', text, facts: [] }));
      return spans.length > 0
        ? [{ id: blockId, origin: 'human' as const, stale: false, layout: { as: 'item' as const }, spans }]
        : [];
    });
}

/** What is inside code, an address or a name is not the writer's own words: it is covered up, at the same length. */
export function masked(text: string, names: readonly string[]): string {
  let shown = text
    .replace(/[‘’ʼ]/g, "'")
    .replace(/`[^`]*`|\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s”)]+/gi, (found) => '·'.repeat(found.length));
  for (const name of [...new Set(names)].filter((one) => one.trim().length > 1).sort((a, b) => b.length - a.length))
    shown = withoutName(shown, name);
  return shown;
}

function withoutName(text: string, name: string): string {
  const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}_]/u.test(character);
  let result = '';
  let from = 0;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
    const isPart =
      (isLetter(name[0]) && isLetter(text[at - 1])) || (isLetter(name.at(-1)) && isLetter(text[at + name.length]));
    if (isPart) continue;
    result += text.slice(from, at) + '·'.repeat(name.length);
    from = at + name.length;
  }
  return result + text.slice(from);
}

export const isPersons = ({ origin }: Block): boolean => origin !== 'machine';
export const statements = (spans: readonly Span[]): Span[] => spans.filter(({ kind }) => kind !== 'question');
export const textOf = (spans: readonly Span[]): string => spans.map(({ text }) => text).join(' ');

/** `One. Two (v1.2).` are two. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?][”")]?)\s+(?=[\p{Lu}\p{N}“"(])/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\p{L}/u.test(sentence));
}

/** One breach for each block whose own words `pattern` is in. */
export function matches(
  blocks: readonly Block[],
  words: (block: Block) => string,
  pattern: RegExp,
  more: (found: string) => Partial<Breach> = () => ({}),
): Breach[] {
  return blocks.flatMap((block) => {
    const found = pattern.exec(words(block))?.[0];
    return found === undefined ? [] : [{ blockId: block.id, excerpt: found.trim(), ...more(found) }];
  });
}
