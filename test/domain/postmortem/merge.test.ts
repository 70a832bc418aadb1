import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import { blocksBefore, type Edit, statedIn, textOf } from '#src/domain/postmortem/edit.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { type Drawn, mergeEdits } from '#src/domain/postmortem/merge.ts';
import { applyPatch, type BlockPatch } from '#src/domain/postmortem/patch.ts';

/** A draft with one paragraph for each of these, every one stating one fact. */
type Figures = ReadonlyMap<string, number>;

function draw(figures: Figures): Drawn {
  const ledger = [...figures].map(
    ([name, value], i): Fact => ({ id: `f${i + 1}`, name: 'downSeconds', about: name, value, unit: 's', rows: ['x'] }),
  );
  const blocks = [...figures].map(
    ([name, value], i): Block => ({
      id: `p.${name}`,
      origin: 'machine',
      stale: false,
      layout: { as: 'paragraph' },
      spans: [{ kind: 'derived', text: `${name} took ${value} s.`, facts: [`f${i + 1}`] }],
    }),
  );
  const header = { incidentId: 'inc_1', number: 1, title: 'T', rows: [] };
  return { ledger, document: { header, sections: [{ id: 'summary', title: 'Summary', blocks }], actions: [] } };
}

function patched(drawn: Drawn, edits: Edit[], ...blocks: BlockPatch[]): Edit[] {
  let made = 0;
  const seq = Math.max(0, ...edits.map((edit) => edit.seq)) + 1;
  const shown = mergeEdits(drawn, edits, true);
  const context = { drawn, shown, edits, by: 'me', at: 0, seq, newId: () => `own-${seq}-${made++}` };
  const { put, drop, refused } = applyPatch([{ id: 'summary', blocks }], context);
  expect(refused).toEqual([]);
  const touched = new Set([...put.map(({ blockId }) => blockId), ...drop]);
  return [...edits.filter(({ blockId }) => !touched.has(blockId)), ...put];
}

const blocksOf = (document: PostmortemDocument) => document.sections[0]?.blocks ?? [];
const find = (document: PostmortemDocument, id: string) => blocksOf(document).find((block) => block.id === id);
const ids = (document: PostmortemDocument) => blocksOf(document).map(({ id }) => id);
const before = draw(new Map(Object.entries({ a: 10, b: 20, c: 30 })));

describe('three ways', () => {
  it('keeps words whose facts are what they were, and does not flag them for a change elsewhere', () => {
    const edits = patched(before, [], { id: 'p.a', text: 'It took 10 s.' });
    const merged = mergeEdits(draw(new Map(Object.entries({ a: 10, b: 21, c: 30 }))), edits, true);
    expect(find(merged, 'p.a')).toMatchObject({ origin: 'edited', stale: false });
    expect(find(merged, 'p.a')?.spans).toEqual([{ kind: 'reported', text: 'It took 10 s.', facts: ['f1'] }]);
    expect(textOf(find(merged, 'p.b')?.spans ?? [])).toBe('b took 21 s.');
  });

  it('flags words whose fact changed, and says what it was and what it is', () => {
    const edits = patched(before, [], { id: 'p.a', text: 'It took 10 s.' });
    const now = draw(new Map(Object.entries({ a: 11, b: 20, c: 30 })));
    expect(find(mergeEdits(now, edits, true), 'p.a')).toMatchObject({
      stale: true,
      since: { vanished: false, facts: [{ name: 'downSeconds', about: 'a', before: 10, now: 11 }] },
      spans: [{ text: 'It took 10 s.', facts: [] }],
    });
    const confirmed = patched(now, edits, { id: 'p.a', confirmed: true });
    expect(find(mergeEdits(now, confirmed, true), 'p.a')).toMatchObject({
      stale: false,
      spans: [{ text: 'It took 10 s.' }],
    });
    const again = patched(now, edits, { id: 'p.a', text: 'It took 10 s.' });
    expect(find(mergeEdits(now, again, true), 'p.a')).toMatchObject({ stale: false });
  });

  it('does not flag what only rests on a fact that nobody states', () => {
    const resting = (value: number, told: number) => {
      const { ledger, document } = draw(new Map(Object.entries({ a: value, b: told })));
      const [section] = document.sections;
      const blocks = (section?.blocks ?? []).map((block) =>
        block.id === 'p.a'
          ? { ...block, spans: [{ kind: 'question', text: 'Which test?', facts: ['f1'] } as const] }
          : block,
      );
      return { ledger, document: { ...document, sections: [{ id: 'summary', title: 'S', blocks }] } } as Drawn;
    };
    const then = resting(10, 1);
    const answered = patched(then, [], { id: 'p.a', text: 'None was there.' });
    expect(find(mergeEdits(resting(11, 1), answered, true), 'p.a')).toMatchObject({ origin: 'edited', stale: false });
    const stated = patched(then, [], { id: 'p.a', text: 'None was there for 10 s.' });
    expect(find(mergeEdits(resting(11, 1), stated, true), 'p.a')).toMatchObject({ origin: 'edited', stale: true });
    const removed = patched(then, [], { id: 'p.a', text: null });
    expect(find(mergeEdits(resting(11, 1), removed, true), 'p.a')).toBeUndefined();
  });

  it('flags nothing while the incident is open', () => {
    const edits = patched(before, [], { id: 'p.a', text: 'Still going on.' });
    const now = draw(new Map(Object.entries({ a: 11, b: 20, c: 30 })));
    expect(find(mergeEdits(now, edits, false), 'p.a')).toMatchObject({ origin: 'edited', stale: false });
  });

  it('lets words go that the new draft says itself', () => {
    const edits = patched(before, [], { id: 'p.a', text: 'a took  11 s.' });
    const now = draw(new Map(Object.entries({ a: 11, b: 20, c: 30 })));
    expect(mergeEdits(now, edits, true)).toEqual(now.document);
  });

  it('keeps words whose block is gone, at their place and flagged, until they are confirmed', () => {
    const edits = patched(before, [], { id: 'p.b', text: 'Ours.' });
    const now = draw(new Map(Object.entries({ a: 10, c: 30, d: 40 })));
    const merged = mergeEdits(now, edits, true);
    expect(ids(merged)).toEqual(['p.a', 'p.b', 'p.c', 'p.d']);
    expect(find(merged, 'p.b')).toMatchObject({ stale: true, since: { vanished: true } });
    const kept = patched(now, edits, { id: 'p.b', confirmed: true });
    expect(find(mergeEdits(now, kept, true), 'p.b')).toMatchObject({ stale: false, spans: [{ text: 'Ours.' }] });
    const gone = patched(now, edits, { id: 'p.b', text: null });
    expect(ids(mergeEdits(now, gone, true))).toEqual(['p.a', 'p.c', 'p.d']);
  });

  it('moves a block of their own where it is told to, and keeps it beside its neighbour', () => {
    const edits = patched(before, [], { id: 'own', text: 'Ours.', after: 'p.a' });
    const moved = patched(before, edits, { id: 'own', text: 'Ours.', after: 'p.c' });
    expect(ids(mergeEdits(before, moved, true))).toEqual(['p.a', 'p.b', 'p.c', 'own']);
    const first = patched(before, edits, { id: 'own', text: 'Ours.', after: null });
    expect(ids(mergeEdits(before, first, true))).toEqual(['own', 'p.a', 'p.b', 'p.c']);
    const now = draw(new Map(Object.entries({ z: 1, a: 10, y: 2, c: 30 })));
    expect(ids(mergeEdits(now, edits, true))).toEqual(['p.z', 'p.a', 'own', 'p.y', 'p.c']);
  });

  it('keeps both when the draft comes to use the id of a block of their own', () => {
    const edits = patched(before, [], { id: 'own', text: 'Ours.', after: 'p.a' });
    const now = draw(new Map(Object.entries({ a: 10, own: 5 })));
    const taken = { ...now, document: JSON.parse(JSON.stringify(now.document).replaceAll('p.own', 'own')) };
    const merged = mergeEdits(taken, edits, true);
    expect(ids(merged)).toEqual(['p.a', 'own-own', 'own']);
  });
});

const figures = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...'abcdefgh'), fc.integer({ min: 1, max: 3 })), { selector: ([name]) => name })
  .map((pairs): Figures => new Map(pairs));
const wish = fc.oneof(
  fc.record({
    kind: fc.constant('reword' as const),
    at: fc.nat(7),
    text: fc.constantFrom('Mine.', 'a took 2 s.', 'Also 1 s.'),
  }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat(7) }),
  fc.record({ kind: fc.constant('add' as const), at: fc.nat(9), text: fc.constantFrom('One.', 'Two.', 'Three.') }),
  fc.record({ kind: fc.constant('confirm' as const), at: fc.nat(9) }),
);

/** A history: drafts, and after each what a person did to what they saw. */
const history = fc.array(fc.tuple(figures, fc.array(wish, { maxLength: 3 })), { minLength: 1, maxLength: 5 });

function play(steps: [Figures, { kind: string; at: number; text?: string }[]][]): { edits: Edit[]; drawn: Drawn } {
  let edits: Edit[] = [];
  let drawn = draw(new Map());
  for (const [now, wishes] of steps) {
    drawn = draw(now);
    for (const { kind, at, text } of wishes) {
      const blocks = blocksOf(mergeEdits(drawn, edits, true));
      const block = blocks[at % Math.max(1, blocks.length)];
      if (kind === 'add') edits = patched(drawn, edits, { text: text ?? '', after: block?.id ?? null });
      else if (!block) continue;
      else if (kind === 'confirm' && (block.stale || block.origin === 'edited'))
        edits = patched(drawn, edits, { id: block.id, confirmed: true });
      else if (kind === 'remove') edits = patched(drawn, edits, { id: block.id, text: null });
      else if (kind === 'reword') edits = patched(drawn, edits, { id: block.id, text: text ?? '' });
    }
  }
  return { edits, drawn };
}

describe('whatever people and rows do', () => {
  it('no word of a person is lost or changed, nor anything that the draft says', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { edits, drawn } = play(steps);
        const merged = mergeEdits(drawn, edits, true);
        for (const edit of edits) {
          const shown = find(merged, edit.blockId);
          if (edit.kind === 'remove') continue;
          const theirs = find(drawn.document, edit.blockId);
          const dissolved = theirs && textOf(theirs.spans) === edit.text;
          expect(shown && textOf(shown.spans)).toBe(edit.text);
          expect(shown?.origin).toBe(dissolved ? 'machine' : edit.kind === 'add' ? 'human' : 'edited');
        }
        for (const block of blocksOf(drawn.document)) {
          const edit = edits.find(({ blockId }) => blockId === block.id);
          const listed = merged.removed?.some(({ id, text }) => id === block.id && text === textOf(block.spans));
          if (!edit) expect(find(merged, block.id)).toEqual(block);
          else if (edit.kind === 'remove') expect(listed || find(merged, block.id)?.stale).toBe(true);
        }
        expect(new Set(ids(merged)).size).toBe(ids(merged).length);
        expect(merged.actions).toEqual(drawn.document.actions);
      }),
    );
  });

  it('the order in which edits are read does not matter, nor how often they are laid over', () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (steps, random) => {
        const { edits, drawn } = play(steps);
        const merged = mergeEdits(drawn, edits, true);
        const shuffled = edits.map((edit) => ({ edit, key: random.next().value })).sort((a, b) => a.key - b.key);
        const other = mergeEdits(
          drawn,
          shuffled.map(({ edit }) => edit),
          true,
        );
        const inOrder = (document: PostmortemDocument) => ({
          ...document,
          removed: document.removed?.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        });
        expect(inOrder(other)).toEqual(inOrder(merged));
        expect(mergeEdits(drawn, edits, true)).toEqual(merged);
      }),
    );
  });

  it("the draft's own blocks keep their order", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { edits, drawn } = play(steps);
        const own = ids(drawn.document);
        const shown = ids(mergeEdits(drawn, edits, true)).filter((id) => own.includes(id));
        expect(shown).toEqual(own.filter((id) => shown.includes(id)));
      }),
    );
  });

  it('every flag goes when what is flagged is confirmed', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { edits, drawn } = play(steps);
        const stale = blocksOf(mergeEdits(drawn, edits, true)).filter((block) => block.stale);
        const confirmed = stale.reduce((all, { id }) => patched(drawn, all, { id, confirmed: true }), edits);
        expect(blocksOf(mergeEdits(drawn, confirmed, true)).filter((block) => block.stale)).toEqual([]);
      }),
    );
  });
});

it('names the blocks before one, the nearest first', () => {
  const [section] = before.document.sections;
  expect(section && blocksBefore(section, 'p.c')).toEqual(['p.b', 'p.a']);
});

it.for([
  ['Nobody could pay for 4 minutes.', []],
  ['It failed 4 times, with HTTP 503.', ['count', 'code']],
  ['It took 4.5 s, as at 4:26 and 14:26:41.', []],
  ['From 14:26 on, for 1 min 30 s.', ['time', 'length']],
  ['From 14:26:40 to 14:28:00.', ['time']],
  ['Checkout API was down.', ['name']],
  ['The Checkout APIs were down.', []],
] as const)('a text cites what it states and nothing else: %s', ([text, cited]) => {
  const fact = (id: string, unit: Fact['unit'], value: number | string): Fact => ({
    id,
    name: 'status',
    unit,
    value,
    rows: [],
  });
  const facts = [
    fact('count', 'count', 4),
    fact('code', 'code', 503),
    fact('time', 'time', '2026-03-03T14:26:40.000Z'),
    fact('length', 's', 90),
    fact('name', 'text', 'Checkout API'),
  ];
  expect(statedIn(text, facts)).toEqual(cited);
});
