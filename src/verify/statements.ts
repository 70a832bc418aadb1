import type { ActionItem, Block, PostmortemDocument, Span } from '#src/domain/postmortem/document.ts';

/** A text with the facts it cites. */
export interface Statement {
  blockId: string;
  kind: Span['kind'];
  text: string;
  cites: string[];
  /** It says what was measured: no figure of what is proposed or aimed at. */
  measured?: boolean;
  /** It is a text of an action, and no sentence of the action's block, or the action does not cite what this rests on. */
  isUnsaid?: boolean;
  /** Its citations are those of more than this text. */
  isWhole?: boolean;
}

const of = (blockId: string, spans: readonly Span[]): Statement[] =>
  spans.map(({ kind, text, facts }) => ({ blockId, kind, text, cites: facts }));

/** In a block that a person edited their words are `reported`; what stands around them is still the machine's. */
export const isOfPeople = ({ origin }: Block, { kind }: Span) =>
  origin === 'human' || (origin === 'edited' && kind === 'reported');

/** Every text that the machine wrote, with what it cites. */
export function statementsOf(document: PostmortemDocument): Statement[] {
  const header = document.header.rows.flatMap(({ label, spans }) => of(`header.${label}`, spans));
  const blocks = document.sections.flatMap((section) =>
    section.blocks.flatMap((b) =>
      of(
        b.id,
        b.spans.filter((span) => !isOfPeople(b, span)),
      ),
    ),
  );
  return [...header, ...blocks, ...document.actions.flatMap((action) => statementsOfAction(action, document))];
}

/**
 * A person's own action, and what they put in their own words, are theirs; the rest is the machine's. Each text is a
 * sentence of the action's block, and states the facts that this sentence cites: not those of its other texts.
 */
function statementsOfAction(
  { id, origin, title, reason, doneWhen, cites, reworded = [] }: ActionItem,
  { sections }: PostmortemDocument,
): Statement[] {
  if (origin === 'human') return [];
  const block = sections.flatMap(({ blocks }) => blocks).find((one) => one.id === `action-items.${id}`);
  const said = (text: string, sentence: string, measured = false): Statement => {
    const own = block?.spans.find((span) => span.text === sentence);
    const isUnsaid = block !== undefined && !own?.facts.every((fact) => cites.includes(fact));
    return {
      blockId: id,
      kind: 'derived',
      text,
      cites: own?.facts ?? cites,
      measured,
      isUnsaid,
      isWhole: own === undefined,
    };
  };
  return [
    ...(reworded.includes('title') ? [] : [said(title, `${title}.`)]),
    said(reason, `Measured: ${reason}.`, true),
    ...(reworded.includes('doneWhen') ? [] : [said(doneWhen, `Done when ${doneWhen}.`)]),
  ];
}
