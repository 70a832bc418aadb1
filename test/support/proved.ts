import { expect } from 'vitest';
import { MAX_WORDS } from '#src/domain/postmortem/draw.ts';
import { renderHtml } from '#src/domain/postmortem/render/html.ts';
import { renderMarkdown } from '#src/domain/postmortem/render/markdown.ts';
import { countWords } from '#src/domain/postmortem/words.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import type { Draft } from './lies.ts';
import { type Case, caseStore } from './outage-store.ts';

export interface Proved extends Draft {
  /** All words of the document, one block a line, without the appendix. */
  text: string;
  markdown: string;
  html: string;
}

/** The drafts of a case, after the checker found every claim of them, and of their renderings, to hold. */
export function proved(given: Case, mostWords = MAX_WORDS): Proved[] {
  using made = caseStore(given);
  return made.drafts().map((draft) => {
    const claims = { total: 0, verified: 0, failed: [] };
    const printed = { status: 'draft', revision: 1, ...draft, claims };
    const [markdown, html] = [renderMarkdown(printed), renderHtml(printed)];
    const { failed } = verifyPostmortem(made.store.reader, {
      ...draft,
      rendered: [
        { format: 'markdown', text: markdown, claims, revision: 1 },
        { format: 'html', text: html, claims, revision: 1 },
      ],
    });
    expect(failed.map(({ blockId, reason, text }) => `${blockId}: ${reason}: ${text}`).join('\n'), 'claims').toBe('');
    expectWellFormed(draft, mostWords);
    return { ...draft, text: textOf(draft), markdown, html };
  });
}

const textOf = ({ document }: Draft): string =>
  [...document.header.rows, ...document.sections.flatMap(({ blocks }) => blocks)]
    .map(({ spans }) => spans.map(({ text }) => text).join(' '))
    .join('\n');

/** What holds of every draft, whatever the incident. */
function expectWellFormed({ ledger, document }: Draft, mostWords: number): void {
  const { sections, actions } = document;
  const words = sections.map((one) => `${one.id} ${countWords([one])}`).join(', ');
  expect(countWords(sections), words).toBeLessThanOrEqual(mostWords);
  const summary = sections.find(({ id }) => id === 'summary')?.blocks ?? [];
  const said = summary.map(({ spans }) =>
    spans
      .filter(({ kind }) => kind !== 'question')
      .map(({ text }) => text)
      .join(' '),
  );
  const sentences = said.filter((text) => text !== '').length;
  expect(sentences, said.join('\n')).toBeGreaterThanOrEqual(2);
  expect(sentences, said.join('\n')).toBeLessThanOrEqual(3);
  expect(actions.length).toBeGreaterThanOrEqual(1);
  expect(actions.length).toBeLessThanOrEqual(10);
  const times = sections.flatMap(({ blocks }) =>
    blocks.flatMap(({ layout }) => (layout.as === 'timeline' && layout.at !== null ? [layout.at] : [])),
  );
  expect(times).toEqual(times.toSorted());
  for (const { value, min, max } of ledger) {
    if (value === null || min === undefined || max === undefined) continue;
    expect(min <= value && value <= max).toBe(true);
  }
}
