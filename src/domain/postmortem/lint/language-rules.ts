import type { Block, Span } from '../document.ts';
import { type Breach, isPersons, type Rule, textOf, type View } from './finding.ts';
import { WORDING } from './phrases.ts';
import { lintText, type TextFinding } from './text.ts';

/** Machine text names roles: `@name`, `Ada L.`, `by Ada Lovelace`. */
const NAMED = /(?:^|\s)@[a-z][\w-]{2,30}\b|\b(?:by|from|to) \p{Lu}\p{Ll}{1,20} \p{Lu}(?:\p{Ll}{1,20}|\.)(?![\p{L}])/u;

/** Whose words are looked at. */
type Whose = 'own' | 'persons' | 'quoted';

/** Rules about wording that hold in every section, one for each kind of wording. */
export const LANGUAGE_RULES: Rule[] = [
  ...Object.entries(WORDING).map(
    ([id, wording]): Rule => ({
      id,
      area: 'language',
      ...wording,
      // The drafter's figures rest on facts; it asks how many users there were.
      check: (view) => inBlocks(view, id, id === 'user-count' ? 'persons' : 'own'),
    }),
  ),
  {
    id: 'quoted-wording',
    area: 'language',
    level: 'warning',
    message: 'A captured note blames, judges or is vague',
    fix: 'The note stays as it was told. Where it matters, say it in your own words in a sentence beside it.',
    check: (view) =>
      ['blame-person', 'fault', 'team-shaming', 'hindsight'].flatMap((id) =>
        inBlocks(view, id, 'quoted').map(({ level: _level, ...breach }) => ({
          ...breach,
          message: `A captured note: ${WORDING[id]?.message.toLowerCase()}`,
        })),
      ),
  },
  {
    id: 'roles-not-names',
    area: 'language',
    level: 'blocking',
    message: 'Machine text names a person',
    fix: 'Name the role: “the on-call”, “a responder”.',
    check: (view) =>
      view.blocks
        .filter((block) => !isPersons(block))
        .flatMap((block) => {
          const found = NAMED.exec(view.ownWords(block.spans.filter(({ kind }) => kind !== 'reported')))?.[0];
          return found ? [{ blockId: block.id, excerpt: found.trim() }] : [];
        }),
  },
];

function inBlocks(view: View, rule: string, whose: Whose): Breach[] {
  return view.written.flatMap((block) =>
    readWords(view, block, whose)
      .filter((finding) => finding.rule === rule)
      .map(({ blockId, excerpt, suggestion, level }) => ({
        blockId,
        ...(excerpt && { excerpt }),
        ...(suggestion && { suggestion }),
        ...(level === 'warning' && { level }),
      })),
  );
}

/** Each block is read once for all rules. */
const READ = new WeakMap<View, Record<Whose, Map<Block, TextFinding[]>>>();

function readWords(view: View, block: Block, whose: Whose): TextFinding[] {
  const read = READ.get(view) ?? { own: new Map(), persons: new Map(), quoted: new Map() };
  READ.set(view, read);
  const findings = read[whose].get(block) ?? wordsOf(block, whose).flatMap((spans) => readSpans(view, block, spans));
  read[whose].set(block, findings);
  return findings;
}

/**
 * Quotes of what was captured are not anybody's to reword: a finding in them is a hint, never a hurdle. Names in them are
 * taken out, the quoted words are not.
 */
function wordsOf(block: Block, whose: Whose): Span[][] {
  const isQuote = ({ kind }: Span) => kind === 'reported' && !isPersons(block);
  if (whose === 'quoted') return [block.spans.filter(isQuote)];
  if (whose === 'persons' && !isPersons(block)) return [];
  return [block.spans.filter((span) => (isPersons(block) ? span.kind === 'reported' : !isQuote(span)))];
}

function readSpans(view: View, block: Block, spans: Span[]): TextFinding[] {
  const text = textOf(spans);
  if (text === '') return [];
  const isMachine = !isPersons(block) && spans.some(({ kind }) => kind !== 'reported');
  const findings = lintText(isMachine ? view.ownWords(spans) : text, { blockId: block.id, names: view.names });
  // A token is one wherever it stands, in an address too.
  const leaks = isMachine ? lintText(text, { blockId: block.id }).filter(({ rule }) => rule === 'leak') : [];
  return [...findings.filter(({ rule }) => !isMachine || rule !== 'leak'), ...leaks];
}
