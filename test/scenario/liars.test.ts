import { expect, it } from 'vitest';
import { renderHtml } from '#src/domain/postmortem/render/html.ts';
import { renderMarkdown } from '#src/domain/postmortem/render/markdown.ts';
import type { Reader } from '#src/store/database.ts';
import { checkRendered, type Rendered } from '#src/verify/rendered.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import {
  DOCUMENT_LIES,
  type Draft,
  HTML_LIES,
  type Kind,
  LEDGER_LIES,
  MARKDOWN_LIES,
  type TextKind,
} from '#test/support/lies.ts';
import { caseOf, REAL } from '#test/support/outage-cases.ts';
import { caseStore } from '#test/support/outage-store.ts';
import { generator } from '#test/support/outages.ts';
import { SCENES } from '../stages/draft/scenes.ts';
import { draftsOf } from '../stages/verify/drafts.ts';

/** Of each kind so many places in each draft, at random, always the same. LIES_A_KIND=50 tells more of them. */
const PLACES = Number(process.env.LIES_A_KIND ?? 3);

function* fixtures(): Generator<{ name: string; reader: Reader; drafts: Draft[] }> {
  for (const { outage, story } of REAL) {
    using made = caseStore(caseOf(outage, story));
    yield { name: outage.name, reader: made.store.reader, drafts: made.drafts() };
  }
  for (const [name, make] of Object.entries(SCENES)) {
    using scene = make();
    yield { name, reader: scene.store.reader, drafts: draftsOf(scene) };
  }
}

/** Some of the places from 0 to `count`. */
function places(count: number, seed: string): number[] {
  const random = generator([...seed].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) | 0, 7));
  const all = Array.from({ length: count }, (_, i) => [random(), i] as const);
  return all
    .sort((a, b) => a[0] - b[0])
    .slice(0, PLACES)
    .map(([, i]) => i);
}

interface Tally {
  told: number;
  believed: string[];
  kinds: Set<string>;
}

function report(where: string, { told, believed, kinds }: Tally, all: string[]): void {
  const rate = ((100 * (told - believed.length)) / told).toFixed(1);
  process.stdout.write(
    `lies in ${where}: ${told - believed.length} of ${told} caught (${rate} %), of ${kinds.size} kinds\n`,
  );
  expect(believed).toEqual([]);
  expect(all.filter((kind) => !kinds.has(kind))).toEqual([]);
}

function tell(where: string, lies: Record<string, Kind>): void {
  const tally: Tally = { told: 0, believed: [], kinds: new Set() };
  for (const { name, reader, drafts } of fixtures()) {
    for (const [i, truth] of drafts.entries()) {
      for (const [kind, lie] of Object.entries(lies)) {
        for (const place of places(lie(truth).length, `${name} ${i} ${kind}`)) {
          const draft = structuredClone(truth);
          lie(draft)[place]?.();
          tally.told++;
          tally.kinds.add(kind);
          if (verifyPostmortem(reader, draft).failed.length === 0)
            tally.believed.push(`${name} ${i + 1}: ${kind}\n${differing(truth, draft)}`);
        }
      }
    }
  }
  report(where, tally, Object.keys(lies));
}

/** The first place where two drafts differ. */
function differing(truth: Draft, draft: Draft): string {
  const [a, b] = [JSON.stringify(truth, null, 1).split('\n'), JSON.stringify(draft, null, 1).split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  return `- ${a.slice(at, at + 2).join(' ')}\n+ ${b.slice(at, at + 2).join(' ')}`;
}

function tellInText(format: 'markdown' | 'html', lies: Record<string, TextKind>): void {
  const tally: Tally = { told: 0, believed: [], kinds: new Set() };
  for (const { name, reader, drafts } of fixtures()) {
    for (const [i, draft] of drafts.entries()) {
      const claims = verifyPostmortem(reader, draft);
      const printed = { status: 'draft', revision: 1, ...draft, claims };
      const text = format === 'html' ? renderHtml(printed) : renderMarkdown(printed);
      const rendered = (words: string): Rendered => ({ format, text: words, claims, revision: 1 });
      expect(checkRendered(rendered(text), draft)).toEqual([]);
      for (const [kind, lie] of Object.entries(lies)) {
        const told = lie(text);
        for (const place of places(told.length, `${name} ${i} ${kind}`)) {
          tally.told++;
          tally.kinds.add(kind);
          if (checkRendered(rendered(told[place] as string), draft).length === 0)
            tally.believed.push(`${name} ${i + 1}: ${kind}, place ${place}`);
        }
      }
    }
  }
  report(format, tally, Object.keys(lies));
}

it('catches every lie told in a document', () => tell('the document', DOCUMENT_LIES));
it('catches every lie told in a ledger', () => tell('the ledger', LEDGER_LIES));
it('catches every lie told by a rendering as Markdown', () => tellInText('markdown', MARKDOWN_LIES));
it('catches every lie told by a rendering as HTML', () => tellInText('html', HTML_LIES));
it('knows more than sixty kinds of lies', () => {
  const kinds = [DOCUMENT_LIES, LEDGER_LIES, MARKDOWN_LIES, HTML_LIES].flatMap((lies) => Object.keys(lies));
  expect(kinds.length).toBeGreaterThan(60);
});
