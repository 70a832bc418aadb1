import type { EpochMs } from '../clock.ts';
import type { Block, PostmortemDocument, Section, SectionId } from './document.ts';
import { baseOf, blocksBefore, type Edit, isDraftersName, refusal, same, withoutFrame, wordsOf } from './edit.ts';
import type { Drawn } from './merge.ts';

/** What a person asks for. Exactly one of `text`, `confirmed` and `restore`; `after` places a block of their own. */
export interface BlockPatch {
  id?: string | undefined;
  /** New words; null takes the block out. */
  text?: string | null | undefined;
  /** Id of the block that it follows; null: it comes first. */
  after?: string | null | undefined;
  /** The words were read again and stay as they are. */
  confirmed?: true | undefined;
  /** Back to the drafter's words. */
  restore?: true | undefined;
}

export interface SectionPatch {
  id: string;
  blocks: BlockPatch[];
}

export interface PatchContext {
  drawn: Drawn;
  /** The document as it is shown now, with the edits laid over it. */
  shown: PostmortemDocument;
  edits: readonly Edit[];
  by: string;
  at: EpochMs;
  /** Greater than those of all edits so far. */
  seq: number;
  newId(): string;
}

export interface Refused {
  path: string;
  message: string;
}

export interface Patched {
  put: Edit[];
  drop: string[];
  refused: Refused[];
}

const OWN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** What a patch does to the edits of a postmortem. All of it counts or, when anything is refused, nothing. */
export function applyPatch(sections: readonly SectionPatch[], context: PatchContext): Patched {
  const result: Patched = { put: [], drop: [], refused: [] };
  const seen = new Set<string>();
  const ids = context.drawn.document.sections.map(({ id }) => id);
  for (const [index, { id, blocks }] of sections.entries()) {
    const path = `sections.${index}`;
    const theirs = context.drawn.document.sections.find((section) => section.id === id);
    const shown = context.shown.sections.find((section) => section.id === id);
    if (!theirs || !shown) {
      result.refused.push({ path: `${path}.id`, message: `must be one of ${ids.join(', ')}` });
      continue;
    }
    if (sections.findIndex((section) => section.id === id) < index)
      result.refused.push({ path: `${path}.id`, message: 'is named twice; put all blocks of a section together' });
    // Grows with the blocks that this request adds, so that one can follow another.
    const place: Section = { ...shown, blocks: [...shown.blocks] };
    for (const [n, patch] of blocks.entries()) {
      const at = `${path}.blocks.${n}`;
      if (patch.id !== undefined && seen.has(patch.id)) {
        result.refused.push({ path: `${at}.id`, message: 'is named twice' });
        continue;
      }
      if (patch.id !== undefined) seen.add(patch.id);
      const done = new BlockPatcher({ ...context, seq: context.seq + result.put.length }, theirs, place).apply(patch);
      if ('refused' in done) result.refused.push({ path: `${at}.${done.field}`, message: done.refused });
      else if ('put' in done) result.put.push(done.put);
      else if ('drop' in done) result.drop.push(done.drop);
    }
  }
  return result;
}

type Done = { put: Edit } | { drop: string } | { nothing: true } | { refused: string; field: string };

const refuse = (field: string, refused: string): Done => ({ field, refused });

class BlockPatcher {
  readonly #context: PatchContext;
  readonly #section: Section;
  readonly #place: Section;

  constructor(context: PatchContext, section: Section, place: Section) {
    this.#context = context;
    this.#section = section;
    this.#place = place;
  }

  apply(patch: BlockPatch): Done {
    const { text, confirmed, restore, after } = patch;
    if ([text !== undefined, confirmed, restore].filter(Boolean).length !== 1)
      return refuse('text', 'send one of text (words, or null to take the block out), confirmed: true, restore: true');
    if (after !== undefined && typeof text !== 'string')
      return refuse('after', 'goes with the text of a block of your own');
    if (patch.id === undefined && typeof text !== 'string')
      return refuse('id', 'must name the block; only a new one, with its text, may leave it out');
    const id = patch.id ?? this.#context.newId();
    const edit = this.#context.edits.find(({ blockId }) => blockId === id) ?? null;
    const elsewhere = this.#elsewhere(id, edit);
    if (elsewhere) return refuse('id', `is a block of the section ${elsewhere}`);
    const theirs = edit?.kind === 'add' ? null : (this.#section.blocks.find((block) => block.id === id) ?? null);
    if (!edit && !theirs && typeof text !== 'string')
      return refuse('id', `there is no block ${id} in the section ${this.#section.id}`);
    if (confirmed) return this.#confirm(edit, theirs);
    if (restore) return this.#restore(edit, theirs);
    if (text === null) return this.#remove(id, theirs);
    return theirs ? this.#reword(theirs, edit, patch) : this.#own(id, edit, patch);
  }

  #elsewhere(id: string, edit: Edit | null): SectionId | null {
    const { sections } = this.#context.drawn.document;
    const found = edit?.sectionId ?? sections.find(({ blocks }) => blocks.some((block) => block.id === id))?.id;
    return found !== undefined && found !== this.#section.id ? found : null;
  }

  #reword(theirs: Block, edit: Edit | null, { text = '', after }: BlockPatch): Done {
    if (after !== undefined) return refuse('after', 'a block of the draft keeps its place');
    const why = refusal(theirs, 'reword');
    if (why) return refuse('id', why);
    const words = withoutFrame((text as string).trim(), theirs);
    if (words === '') return refuse('text', 'must have words beside the time and the source of the row');
    if (same(words, wordsOf(theirs))) return edit ? { drop: theirs.id } : { nothing: true };
    return { put: this.#edit('reword', theirs, words) };
  }

  #own(id: string, edit: Edit | null, { text, after }: BlockPatch): Done {
    const words = (text as string).trim();
    const { by, at, seq } = this.#context;
    if (edit?.kind === 'reword') return { put: { ...edit, text: words, goneSeen: true, by, at } };
    if (!edit && !OWN_ID.test(id))
      return refuse('id', 'must be 1 to 100 of A-Z, a-z, 0-9, dot, - and _, beginning with a letter or digit');
    if (!edit && isDraftersName(id, this.#context.drawn.document))
      return refuse(
        'id',
        `there is no block ${id}; a new block of your own has an id that does not begin with ${id.split('.', 1)[0]}, or none`,
      );
    const behind = this.#behind(after, edit);
    if (!behind) return refuse('after', `there is no block ${after} in the section ${this.#section.id}`);
    const moved = !edit || after !== undefined;
    const own: Edit = {
      sectionId: this.#section.id,
      blockId: id,
      seq: moved ? seq : edit.seq,
      kind: 'add',
      text: words,
      base: null,
      after: behind,
      by,
      at,
    };
    const index = behind[0] === undefined ? 0 : this.#place.blocks.findIndex((block) => block.id === behind[0]) + 1;
    const block = { id, origin: 'human', stale: false, layout: { as: 'paragraph' }, spans: [] } as const;
    if (moved) this.#place.blocks.splice(index, 0, { ...block, spans: [] });
    return { put: own };
  }

  /** Ids of the blocks before the place of a block of a person's own; null when there is no such place. */
  #behind(after: string | null | undefined, edit: Edit | null): string[] | null {
    if (after === null) return [];
    if (after === undefined) return edit ? edit.after : blocksBefore(this.#place, '');
    if (after === edit?.blockId || !this.#place.blocks.some(({ id }) => id === after)) return null;
    const before = [after, ...blocksBefore(this.#place, after)];
    return before.filter((id) => id !== edit?.blockId);
  }

  #remove(id: string, theirs: Block | null): Done {
    if (!theirs) return { drop: id };
    const why = refusal(theirs, 'remove');
    return why ? refuse('text', why) : { put: this.#edit('remove', theirs, '') };
  }

  #confirm(edit: Edit | null, theirs: Block | null): Done {
    if (!edit || edit.kind === 'add')
      return refuse(
        'confirmed',
        'there is nothing to confirm: no fact stands under it that a person put in their words',
      );
    // A block that was taken out and came back: it stays.
    if (edit.kind === 'remove') return { drop: edit.blockId };
    if (!theirs) return { put: { ...edit, goneSeen: true } };
    const { goneSeen: _, ...rest } = edit;
    return { put: { ...rest, base: baseOf(theirs, this.#context.drawn.ledger) } };
  }

  #restore(edit: Edit | null, theirs: Block | null): Done {
    if (theirs) return edit ? { drop: theirs.id } : { nothing: true };
    return refuse('restore', 'the draft has no words for this block; send text: null to take it out');
  }

  #edit(kind: 'reword' | 'remove', theirs: Block, text: string): Edit {
    const { by, at, seq, drawn } = this.#context;
    const base = baseOf(theirs, drawn.ledger);
    const after = blocksBefore(this.#section, theirs.id);
    return { sectionId: this.#section.id, blockId: theirs.id, seq, kind, text, base, after, by, at };
  }
}
