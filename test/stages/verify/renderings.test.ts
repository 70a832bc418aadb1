import { expect, it } from 'vitest';
import { renderHtml } from '#src/domain/postmortem/render/html.ts';
import { renderMarkdown } from '#src/domain/postmortem/render/markdown.ts';
import { plainHtml, plainMarkdown } from '#src/verify/plain.ts';
import { tokensOf } from '#src/verify/tokens.ts';
import { caseOf, REAL } from '#test/support/outage-cases.ts';
import { caseStore } from '#test/support/outage-store.ts';

/** All figures of a text, each as often as it stands there, in no order. */
const figuresIn = (lines: string[]) =>
  lines.flatMap((line) => tokensOf(line).map(({ kind, text }) => `${kind} ${text}`)).sort();

it.each(REAL)(
  'Markdown, HTML and the document of $outage.name have the same times, codes and numbers',
  ({ outage, story }) => {
    using made = caseStore(caseOf(outage, story));
    for (const draft of made.drafts()) {
      const claims = { total: 0, verified: 0, failed: [] };
      const printed = { status: 'draft', revision: 1, ...draft, claims };
      const markdown = plainMarkdown(renderMarkdown(printed)).segments;
      const html = plainHtml(renderHtml(printed)).segments;
      expect(figuresIn(html)).toEqual(figuresIn(markdown));
      const { header, sections } = draft.document;
      const blocks = [...header.rows, ...sections.flatMap((section) => section.blocks)];
      const spans = blocks.flatMap((block) => block.spans.map(({ text }) => text));
      const shown = new Set(figuresIn(markdown));
      expect(figuresIn(spans).filter((figure) => !shown.has(figure))).toEqual([]);
    }
  },
);
