import type { Block, Change, FactChange, PostmortemDocument, RemovedBlock, Section } from './document.ts';
import { type Base, type Edit, type FactThen, isStated, ownSpans, same, statedIn, wordsOf, writtenBy } from './edit.ts';
import type { Fact } from './facts.ts';

export interface Drawn {
  ledger: readonly Fact[];
  document: PostmortemDocument;
}

/**
 * Lays people's edits over what the drafter drew, block by block: base is the drafter's block when the person changed
 * it, mine their words, theirs the drafter's new block. Their words are never touched. Where a fact under them is not
 * what it was, or the block is gone, it is flagged and says what changed; an edit that says what the draft says anyway
 * has no effect. A block that was taken out comes back, flagged, when a fact under it changed.
 *
 * `settled` is false while the incident is open: every length grows with each read then, so nothing is compared yet.
 * Pure, and the order of `edits` does not matter.
 */
export function mergeEdits({ ledger, document }: Drawn, edits: readonly Edit[], settled: boolean): PostmortemDocument {
  if (edits.length === 0) return document;
  const inTurn = edits.toSorted((a, b) => a.seq - b.seq || (a.blockId < b.blockId ? -1 : 1));
  const removed: RemovedBlock[] = [];
  const sections = document.sections.map((section) => {
    const own = inTurn.filter(({ sectionId }) => sectionId === section.id);
    return own.length === 0 ? section : mergeSection(section, own, ledger, settled, removed);
  });
  const { removed: _, ...rest } = document;
  return { ...rest, sections, ...(removed.length > 0 && { removed }) };
}

function mergeSection(
  section: Section,
  edits: readonly Edit[],
  ledger: readonly Fact[],
  settled: boolean,
  removed: RemovedBlock[],
): Section {
  const byId = new Map(edits.map((edit) => [edit.blockId, edit]));
  const hidden = new Set<string>();
  const blocks = section.blocks.map((theirs) => {
    const edit = byId.get(theirs.id);
    if (!edit?.base) return theirs;
    const since = settled ? changeUnder(edit, edit.base, theirs, ledger) : null;
    if (edit.kind === 'reword') return reworded(edit, theirs, ledger, since);
    if (since) return { ...theirs, stale: true, since };
    hidden.add(theirs.id);
    removed.push({ id: theirs.id, sectionId: section.id, text: wordsOf(theirs), ...writtenBy(edit) });
    return theirs;
  });
  for (const edit of edits) {
    // What was taken out and is not drawn any more needs no flag: it said nothing that is still so.
    const isThere = blocks.some(({ id }) => id === edit.blockId);
    if (edit.kind === 'remove' || (isThere && edit.base)) continue;
    const block = edit.base ? orphan(edit, edit.base, ledger, settled) : ownBlock(edit, blocks);
    // The drafter has come to use the id of a person's block: both are kept.
    insert(blocks, edit, isThere ? { ...block, id: `${block.id}-own` } : block);
  }
  return { ...section, blocks: blocks.filter(({ id }) => !hidden.has(id)) };
}

function reworded(edit: Edit, theirs: Block, ledger: readonly Fact[], since: Change | null): Block {
  const { before, words, behind } = ownSpans(theirs);
  if (same(edit.text, wordsOf(theirs))) return theirs;
  const cited = new Set(words.flatMap(({ facts }) => facts));
  const under = ledger.filter(({ id }) => cited.has(id));
  // The time of a row states every fact that is this time, also those that only the draft's words named.
  const { layout } = theirs;
  const times = layout.as === 'timeline' ? [layout.at, layout.to].filter((at) => at !== null) : [];
  const there = under.filter(({ unit, value }) => unit === 'time' && times.includes(String(value))).map(({ id }) => id);
  const clock = before.map((span) => ({ ...span, facts: [...new Set([...span.facts, ...there])] }));
  const mine = { kind: 'reported', text: edit.text, facts: statedIn(edit.text, under) } as const;
  return {
    ...theirs,
    origin: 'edited',
    stale: since !== null,
    spans: [...clock, mine, ...behind],
    written: writtenBy(edit),
    ...(since && { since }),
  };
}

/** The person's words stay although the block under them is gone; what it rested on is gone with it. */
function orphan(edit: Edit, base: Base, ledger: readonly Fact[], settled: boolean): Block {
  const facts = base.facts.flatMap((then) => differs(then, find(ledger, then)));
  // Its time is a fact that may not be there any more: as a paragraph it claims none.
  const layout = base.block.layout.as === 'timeline' ? ({ as: 'paragraph' } as const) : base.block.layout;
  return {
    id: edit.blockId,
    origin: 'edited',
    stale: !edit.goneSeen,
    layout,
    spans: [{ kind: 'reported', text: edit.text, facts: [] }],
    written: writtenBy(edit),
    ...(!edit.goneSeen && { since: { facts: settled ? facts : [], vanished: true } }),
  };
}

function ownBlock(edit: Edit, blocks: readonly Block[]): Block {
  const before = blocks.find(({ id }) => id === edit.after[0]);
  return {
    id: edit.blockId,
    origin: 'human',
    stale: false,
    layout: { as: before?.layout.as === 'item' ? 'item' : 'paragraph' },
    spans: [{ kind: 'reported', text: edit.text, facts: [] }],
    written: writtenBy(edit),
  };
}

function insert(blocks: Block[], edit: Edit, block: Block): void {
  const anchor = edit.after.find((id) => blocks.some((there) => there.id === id));
  blocks.splice(anchor === undefined ? 0 : blocks.findIndex(({ id }) => id === anchor) + 1, 0, block);
}

/**
 * What changed under a person's words since they wrote them. Where the draft says the same as then, only what they state
 * themselves can be wrong; otherwise it is every fact that was cited then, and what is cited now and was not.
 */
function changeUnder(edit: Edit, base: Base, theirs: Block, ledger: readonly Fact[]): Change | null {
  // When an open incident was looked at is no part of what was written.
  const then = base.facts.filter(({ name }) => name !== 'asOf');
  const saysTheSame = same(wordsOf(theirs), wordsOf(base.block)) && sameTime(theirs, base.block);
  const cited = new Set(theirs.spans.flatMap(({ facts }) => facts));
  const came = ledger.filter((now) => cited.has(now.id) && now.value !== null && !find(base.facts, now));
  const facts = saysTheSame
    ? then.filter((fact) => isStated(edit.text, fact)).flatMap((fact) => differs(fact, find(ledger, fact)))
    : [
        ...then.flatMap((fact) => differs(fact, find(ledger, fact))),
        ...came.map((now): FactChange => ({ ...subject(now), before: null, now: now.value })),
      ];
  return facts.length > 0 ? { facts, vanished: false } : null;
}

function sameTime({ layout: a }: Block, { layout: b }: Block): boolean {
  return a.as !== 'timeline' || b.as !== 'timeline' || (a.at === b.at && a.to === b.to);
}

/** Facts of one ledger that another one gives otherwise, or not at all. */
export function changedFacts(before: readonly FactThen[], now: readonly FactThen[]): FactChange[] {
  const key = ({ name, about }: FactThen) => `${name} ${about ?? ''}`;
  const [then, later] = [before, now].map((facts) => new Map(facts.map((fact) => [key(fact), fact])));
  const changed = before.flatMap((fact) => differs(fact, later?.get(key(fact))));
  const came = now.filter((fact) => !then?.has(key(fact)));
  return [...changed, ...came.map((fact) => ({ ...subject(fact), before: null, now: fact.value }))];
}

function differs(then: FactThen, now: FactThen | undefined): FactChange[] {
  const equal = now && then.value === now.value && then.min === now.min && then.max === now.max;
  if (equal) return [];
  const shown = now?.value === then.value ? bounded : (fact: FactThen) => fact.value;
  return [{ ...subject(then), before: shown(then), now: now ? shown(now) : null }];
}

/** Where only its bounds changed, they are what is said. */
const bounded = ({ value, min, max }: FactThen) => (min === undefined ? value : `${value} (${min} to ${max})`);

const subject = ({ name, about }: FactThen) => ({ name, ...(about !== undefined && { about }) });

function find<T extends FactThen>(facts: readonly T[], { name, about }: FactThen): T | undefined {
  return facts.find((fact) => fact.name === name && fact.about === about);
}
