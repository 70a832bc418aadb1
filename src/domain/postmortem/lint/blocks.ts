import type { Block, Span } from '../document.ts';
import { type Breach, isPersons, textOf, type View } from './finding.ts';
import { lintText, type TextFinding } from './text.ts';

/** Whose words are looked at. */
type Whose = 'own' | 'persons' | 'quoted';

/** Where a rule about words is broken in the blocks of a postmortem. */
export function inBlocks(view: View, rule: string, whose: Whose): Breach[] {
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
