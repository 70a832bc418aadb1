import { diffArrays, diffWordsWithSpace } from 'diff';
import type { Block, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import { textOf } from '#src/domain/postmortem/edit.ts';
import { changedFacts } from '#src/domain/postmortem/merge.ts';
import type { StoredPostmortem } from '#src/store/postmortems.ts';

type Op = 'same' | 'added' | 'removed';
type Piece = { op: Op; text: string };

export interface BlockDiff {
  id: string;
  change: 'added' | 'removed' | 'changed' | 'moved' | 'same';
  origin: { before: Block['origin'] | null; now: Block['origin'] | null };
  stale: boolean;
  /** Words and the spaces between them; together, without `removed`, the new text. */
  pieces: Piece[];
}

/** What another revision says, block by block, in the order of the new one; what it lost stands where it stood. */
export function diffRevisions(before: StoredPostmortem, now: StoredPostmortem) {
  const sections = now.document.sections.map(({ id, title, blocks }) => ({
    id,
    title,
    blocks: diffBlocks(before.document.sections.find((section) => section.id === id)?.blocks ?? [], blocks),
  }));
  const lost = before.document.sections.filter(({ id }) => !now.document.sections.some((section) => section.id === id));
  return {
    against: before.revision,
    revision: now.revision,
    status: { before: before.status, now: now.status },
    header: diffTexts(headerTexts(before.document), headerTexts(now.document)),
    sections: [...sections, ...lost.map(({ id, title, blocks }) => ({ id, title, blocks: diffBlocks(blocks, []) }))],
    actions: diffTexts(actionTexts(before.document), actionTexts(now.document)),
    facts: changedFacts(before.ledger, now.ledger),
  };
}

function diffBlocks(before: readonly Block[], now: readonly Block[]): BlockDiff[] {
  const [then, later] = [before, now].map((blocks) => new Map(blocks.map((block) => [block.id, block])));
  const steps = diffArrays(
    before.map(({ id }) => id),
    now.map(({ id }) => id),
  );
  return steps.flatMap(({ value, added, removed }) =>
    value.flatMap((id): BlockDiff[] => {
      const [a, b] = [then?.get(id) ?? null, later?.get(id) ?? null];
      // Where it stands in both, it is shown once, at its new place.
      if (removed && b) return [];
      return [diffBlock(id, a, b, Boolean(added))];
    }),
  );
}

function diffBlock(id: string, before: Block | null, now: Block | null, moved: boolean): BlockDiff {
  const pieces = diffText(textOf(before?.spans ?? []), textOf(now?.spans ?? []));
  const differs =
    pieces.some(({ op }) => op !== 'same') || before?.origin !== now?.origin || before?.stale !== now?.stale;
  const change = !before ? 'added' : !now ? 'removed' : differs ? 'changed' : moved ? 'moved' : 'same';
  const origin = { before: before?.origin ?? null, now: now?.origin ?? null };
  return { id, change, origin, stale: now?.stale ?? false, pieces };
}

/** Only what differs. */
function diffTexts(before: Map<string, string>, now: Map<string, string>) {
  const names = [...new Set([...now.keys(), ...before.keys()])];
  return names.flatMap((name) => {
    const pieces = diffText(before.get(name) ?? '', now.get(name) ?? '');
    return pieces.some(({ op }) => op !== 'same') ? [{ name, pieces }] : [];
  });
}

function diffText(before: string, now: string): Piece[] {
  return diffWordsWithSpace(before, now).map(({ value, added, removed }) => ({
    op: added ? 'added' : removed ? 'removed' : 'same',
    text: value,
  }));
}

function headerTexts({ header }: PostmortemDocument): Map<string, string> {
  return new Map([['title', header.title], ...header.rows.map(({ label, spans }) => [label, textOf(spans)] as const)]);
}

function actionTexts({ actions }: PostmortemDocument): Map<string, string> {
  return new Map(
    actions.flatMap(({ id, title, doneWhen, owner, dueOn, tracker, state }) =>
      Object.entries({ title, doneWhen, owner, dueOn, tracker, state }).map(
        ([field, value]) => [`${id}.${field}`, value ?? ''] as const,
      ),
    ),
  );
}
