import { diffArrays } from 'diff';
import type { Block, Claims, Header, PostmortemDocument, Section } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { assertions } from './assertions.ts';
import { plainHtml, plainMarkdown, plainWords } from './plain.ts';
import type { TextFinding } from './text.ts';
import { formsOf, tokensOf } from './tokens.ts';

/** A postmortem as the API answers it, as far as it is a document. */
export interface Exported {
  incidentId: string;
  number: number;
  title: string;
  header: Header['rows'];
  sections: (Omit<Section, 'blocks'> & { blocks: Omit<Block, 'layout'>[] })[];
  actions: PostmortemDocument['actions'];
  revision: number;
  dueAt: string | null;
  snapshot: string;
}

/** A document again from its export, each block set as the stored one of its id is. */
export function documentOf(exported: Exported, stored: PostmortemDocument): PostmortemDocument {
  const layouts = new Map(
    stored.sections.flatMap(({ blocks }) => blocks.map(({ id, layout }) => [id, layout] as const)),
  );
  const { incidentId, number, title, header, sections, actions } = exported;
  return {
    ...stored,
    header: { incidentId, number, title, rows: header },
    sections: sections.map(({ blocks, ...section }) => ({
      ...section,
      blocks: blocks.map((block) => ({ ...block, layout: layouts.get(block.id) ?? { as: 'paragraph' } })),
    })),
    actions,
  };
}

export type CopyFormat = 'markdown' | 'html' | 'json';

/**
 * A copy that may have been changed by hand, held against what it was a copy of: what it lost or says otherwise, and
 * which figures it has besides that no fact states. Words that people added and that claim nothing are theirs.
 */
export function checkCopy(
  format: CopyFormat,
  { copy, original }: { copy: string; original: string },
  ledger: readonly Fact[],
): Claims {
  const said = segmentsOf(format, original);
  const failed: TextFinding[] = [];
  const figures = new Set(
    ledger.flatMap((fact) =>
      (['value', 'min', 'max'] as const).flatMap((part) => formsOf(fact, part).map(({ text }) => text)),
    ),
  );
  for (const { value, added, removed } of diffArrays(said, segmentsOf(format, copy))) {
    for (const text of value) {
      if (removed) failed.push({ blockId: format, text, reason: 'the copy does not say this, or says it otherwise' });
      if (!added) continue;
      for (const reason of assertions(text)) failed.push({ blockId: format, text, reason });
      for (const token of tokensOf(text))
        if (!figures.has(token.text)) failed.push({ blockId: format, text, reason: `no fact says ${token.text}` });
    }
  }
  const total = Math.max(said.length, failed.length);
  return { total, verified: total - failed.length, failed };
}

function segmentsOf(format: CopyFormat, text: string): string[] {
  if (format === 'html') return plainHtml(text).segments;
  if (format === 'markdown') return plainMarkdown(text).segments;
  const { title, header, sections, actions, revision, dueAt, snapshot } = JSON.parse(text) as Exported;
  const spans = [...header, ...sections.flatMap(({ blocks }) => blocks)].map((block) => block.spans);
  const items = actions.flatMap((action) => [action.title, action.reason, action.doneWhen]);
  const marks = [`revision ${revision}`, `due ${dueAt ?? 'not yet'}`, String(snapshot)];
  return [title, ...marks, ...spans.map((own) => own.map((span) => span.text).join(' ')), ...items].map(plainWords);
}
