import { diffArrays } from 'diff';
import type { Claims, PostmortemDocument, Span } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { assertions } from './assertions.ts';
import { type Plain, plainHtml, plainMarkdown, plainWords } from './plain.ts';
import type { TextFinding } from './text.ts';
import { formsOf, tokensOf } from './tokens.ts';

/** A postmortem as it is handed out, with what is printed beside the document. */
export interface Rendered {
  format: 'markdown' | 'html' | 'text';
  text: string;
  claims: Pick<Claims, 'total' | 'verified'>;
  revision: number;
}

interface Source {
  document: PostmortemDocument;
  ledger: readonly Fact[];
}

/** What a document says at one place. */
interface Said {
  blockId: string;
  text: string;
}

/**
 * Reads a rendering as its reader would and holds it against the document: every block must stand in it, whole, once and
 * in its order; every fact must stand in the appendix with its value; and what it says besides has no figure that is not
 * a fact. Renderings are not trusted any more than drafts are.
 */
export function checkRendered(rendered: Rendered, source: Source): TextFinding[] {
  const findings: TextFinding[] = [];
  const report = (blockId: string, text: string, reason: string) =>
    findings.push({ blockId, text, reason: `${rendered.format}: ${reason}` });
  const said = saidBy(source.document);
  if (rendered.format === 'text') {
    checkFlow(rendered.text, said, report);
    return findings;
  }
  const plain = rendered.format === 'html' ? plainHtml(rendered.text) : plainMarkdown(rendered.text);
  const at = appendixAt(plain, source.ledger);
  for (const live of plain.live) report('rendered', live, 'it holds live markup');
  checkTimes(plain, source.document, report);
  const { verified, total } = rendered.claims;
  const line = `${verified} of ${total} claims verified`;
  if (!plain.segments.slice(0, at).some((segment) => segment.includes(line)))
    report('header', line, 'it does not say how many claims hold');
  checkBody(plain.segments.slice(0, at).flatMap(withoutFlag), said, rendered, source, report);
  checkAppendix(plain.segments.slice(at), source.ledger, report);
  return findings;
}

type Report = (blockId: string, text: string, reason: string) => void;

const joined = (spans: readonly Span[]) => plainWords(spans.map(({ text }) => text).join(' '));

function saidBy({ header, sections }: PostmortemDocument): Said[] {
  const rows = header.rows.flatMap(({ label, spans }) => [
    { blockId: `header.${label}`, text: plainWords(label) },
    { blockId: `header.${label}`, text: joined(spans) },
  ]);
  const blocks = sections.flatMap(({ id, title, blocks: own }) => [
    { blockId: id, text: plainWords(title) },
    ...own.flatMap((block) =>
      block.layout.as === 'table'
        ? block.spans.map(({ text }) => ({ blockId: block.id, text: plainWords(text) }))
        : [{ blockId: block.id, text: joined(block.spans) }],
    ),
  ]);
  return [{ blockId: 'header', text: plainWords(header.title) }, ...rows, ...blocks].filter(({ text }) => text !== '');
}

/** Words that are to be read again have a note behind them that says what changed: it is no part of them. */
function withoutFlag(segment: string): string[] {
  const at = segment.lastIndexOf('[To be read again: ');
  return at > 0 && segment.endsWith(']') ? [segment.slice(0, at).trim(), segment.slice(at)] : [segment];
}

/** Where the table of facts begins: the first cell that is the id of the first fact, after which its name stands. */
function appendixAt({ segments }: Plain, [first]: readonly Fact[]): number {
  const at = segments.findIndex((segment, i) => segment === first?.id && segments[i + 1] === first.name);
  return at < 0 ? segments.length : at;
}

function checkBody(segments: string[], said: Said[], rendered: Rendered, source: Source, report: Report): void {
  const known = new Set(said.map(({ text }) => text));
  const isSource = sourcesOf(rendered, source);
  let position = 0;
  for (const { value, added, removed } of diffArrays(
    said.map(({ text }) => text),
    segments,
  )) {
    if (added) for (const text of value) checkExtra(text, known, isSource, report);
    else if (removed)
      for (const text of value) report(said[position++]?.blockId ?? '', text, 'it does not say this, or not here');
    else position += value.length;
  }
}

/** What a rendering adds to the document: a line of its own, a label of the chart. */
function checkExtra(text: string, known: Set<string>, isSource: (token: string) => boolean, report: Report): void {
  if (known.has(text) && /\d/.test(text) && text.length > 20) report('rendered', text, 'it says this twice');
  for (const reason of assertions(text)) report('rendered', text, reason);
  for (const token of tokensOf(text)) if (!isSource(token.text)) report('rendered', text, `no fact says ${token.text}`);
}

/** May a figure stand in what is printed beside the document? As a fact, or as one of the document's own texts. */
function sourcesOf({ claims, revision }: Rendered, { document, ledger }: Source): (token: string) => boolean {
  const known = new Set<string>([String(revision), String(claims.total), String(claims.verified)]);
  for (const fact of ledger)
    for (const part of ['value', 'min', 'max'] as const) for (const { text } of formsOf(fact, part)) known.add(text);
  const { header, actions, sections, ...more } = document;
  const changed = sections.flatMap(({ blocks }) => blocks.flatMap(({ since }) => since?.facts ?? []));
  for (const text of stringsIn([header.title, actions, more, changed]))
    for (const token of tokensOf(text)) known.add(token.text);
  return (token) => known.has(token);
}

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string' || typeof value === 'number') yield String(value);
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) yield* stringsIn(each);
}

/** What machines read as the time of a row must be the time of one, in the order of the rows. */
function checkTimes({ times }: Plain, document: PostmortemDocument, report: Report): void {
  const rows = document.sections.flatMap(({ blocks }) => blocks);
  const stated = rows.flatMap(({ layout }) => (layout.as === 'timeline' && layout.at !== null ? [layout.at] : []));
  for (const { value, added } of diffArrays(stated, times))
    if (added) for (const time of value) report('rendered', time, 'no row has this time');
}

/** Each fact with its value and bounds, in the order of the ledger, and no other figure in its row. */
function checkAppendix(segments: string[], ledger: readonly Fact[], report: Report): void {
  let next = 0;
  for (const [i, fact] of ledger.entries()) {
    const at = segments.findIndex((segment, j) => j >= next && segment === fact.id && segments[j + 1] === fact.name);
    if (at < 0) {
      report('appendix', `${fact.id} ${fact.name}`, 'the fact is not in the appendix');
      continue;
    }
    const following = ledger[i + 1];
    const end = following ? segments.indexOf(following.id, at + 1) : segments.length;
    const row = segments.slice(at + 2, end < 0 ? segments.length : end);
    next = at + 1;
    checkFactRow(fact, row, report);
  }
}

function checkFactRow(fact: Fact, row: string[], report: Report): void {
  const text = row.join(' ');
  const own = [fact.about, fact.value, fact.min, fact.max, fact.rowCount ?? fact.rows.length, ...fact.rows];
  const stated = plainWords(String(fact.value ?? 'none'));
  const cell = stated === '' ? '' : row.find((words) => words === stated || words.startsWith(`${stated} `));
  if (cell === undefined) report('appendix', `${fact.id} ${text}`, `it does not have ${stated}`);
  for (const bound of [fact.min, fact.max])
    if (bound !== undefined && !cell?.includes(String(bound)))
      report('appendix', `${fact.id} ${text}`, `it does not have the bound ${bound}`);
  const rest = own
    .map((part) => plainWords(String(part ?? '')))
    .filter((part) => part !== '')
    .sort((a, b) => b.length - a.length)
    .reduce((left, part) => left.replaceAll(part, ' '), text);
  const [stray] = tokensOf(rest);
  if (stray) report('appendix', `${fact.id} ${text}`, `${stray.text} is not of this fact`);
}

/** A text without structure, such as that of a PDF: all of it must stand in it, in order, however its lines break. */
function checkFlow(text: string, said: Said[], report: Report): void {
  const bare = (words: string) => plainWords(words).replaceAll(/[\s\u00AD]/gu, '');
  const flow = bare(text);
  let from = 0;
  for (const { blockId, text: words } of said) {
    const wanted = bare(words);
    const at = flow.indexOf(wanted, from);
    if (at < 0) report(blockId, words, 'it does not say this, or not here');
    else from = at + wanted.length;
  }
}
