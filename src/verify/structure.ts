import type { Block, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';
import type { Reader } from '#src/store/database.ts';
import { checkCompleteness } from './completeness.ts';
import { checkTold } from './conflicts.ts';
import { checkEdits } from './edits.ts';
import type { TextFinding } from './text.ts';

/** The seven moments of an incident: each is a row of the timeline or a question. */
const MOMENTS = ['started', 'detected', 'alerted', 'diagnostic', 'cause', 'fix', 'restored'];

/** Blocks that put a question to people, and nothing else. */
const ASKING = /^(?:root-cause\.(?:why-[2-5]|trigger|conditions)|summary\.users|went-well\.(?:luck|none))$/;

/** How a document hangs together: the times of its rows, their order, the moments, and what must hold among its figures. */
export function checkStructure(
  reader: Reader,
  incidentId: string,
  document: PostmortemDocument,
  ledger: readonly Fact[],
): { total: number; findings: TextFinding[] } {
  const findings: TextFinding[] = [];
  let total = 0;
  const claim = (holds: boolean, blockId: string, text: string, reason: string) => {
    total++;
    if (!holds) findings.push({ blockId, text, reason });
  };
  const byId = new Map(ledger.map((fact) => [fact.id, fact]));
  const blocks = document.sections.flatMap((section) => section.blocks);
  checkRows(blocks, byId, claim);
  const ids = new Set<string>();
  for (const { id, spans } of blocks) {
    if (ids.has(id)) claim(false, id, spans.map(({ text }) => text).join(' '), 'it stands there twice');
    ids.add(id);
  }
  for (const block of blocks) {
    const text = block.spans.map((span) => span.text).join(' ');
    if (block.origin === 'machine' && isToAsk(block)) claim(asks(block), block.id, text, 'it is there to ask people');
  }
  for (const moment of MOMENTS) {
    const block = blocks.find(
      (candidate) => candidate.id === `timeline.${moment}` || candidate.id.startsWith(`timeline.${moment}.`),
    );
    claim(block !== undefined, `timeline.${moment}`, '', 'the moment is neither a row nor a question');
  }
  checkCompleteness(document, ledger, claim);
  checkTold(reader, incidentId, document, ledger, claim);
  checkEdits(reader, incidentId, document, claim);
  checkRelations(ledger, claim);
  return { total, findings };
}

const isToAsk = ({ id, layout }: Block) => ASKING.test(id) || (layout.as === 'timeline' && layout.at === null);

/** A row of a moment without a record may say what is known of it first; while an incident is open, it is not over. */
function asks({ id, layout, spans }: Block): boolean {
  if (layout.as !== 'timeline') return spans.every(({ kind }) => kind === 'question');
  const isOpen = id === 'timeline.restored' && spans.every(({ text }) => text === 'Fully restored: not yet.');
  return isOpen || spans.at(-1)?.kind === 'question';
}

export type Claim = (holds: boolean, blockId: string, text: string, reason: string) => void;

function checkRows(blocks: Block[], byId: Map<string, Fact>, claim: Claim): void {
  let before = '';
  for (const { id, layout, spans } of blocks) {
    if (layout.as !== 'timeline') continue;
    const text = spans.map((span) => span.text).join(' ');
    const facts = spans.flatMap((span) => span.facts.flatMap((one) => byId.get(one) ?? []));
    for (const at of [layout.at, layout.to]) {
      if (at === null) continue;
      const stated = facts.some((fact) => fact.unit === 'time' && [fact.value, fact.min, fact.max].includes(at));
      claim(stated, id, text, `no cited fact has the time of the row, ${at}`);
    }
    if (layout.at === null) continue;
    claim(layout.at >= before, id, text, 'it stands after a later row');
    before = layout.at;
  }
}

function checkRelations(ledger: readonly Fact[], claim: Claim): void {
  const value = (name: FactName, about?: string) =>
    ledger.find((fact) => fact.name === name && fact.about === about)?.value;
  const atMost = (a: FactName, b: FactName, about?: string) => {
    const [less, more] = [value(a, about), value(b, about)];
    if (typeof less !== typeof more || less === null || more === null || less === undefined || more === undefined)
      return;
    claim(less <= more, 'ledger', a, `${a} is more than ${b}`);
  };
  atMost('downSeconds', 'spanSeconds');
  atMost('start', 'detectedAt');
  atMost('detectedAt', 'resolvedAt');
  for (const fact of ledger) {
    if (fact.name === 'windowFailed') {
      atMost('windowFailed', 'windowChecks', fact.about);
      const parts = ledger.filter(
        (part) => part.name === 'windowFailureCount' && part.about?.startsWith(`${fact.about}/`),
      );
      const sum = parts.reduce((all, part) => all + Number(part.value), 0);
      claim(sum === fact.value, 'ledger', fact.name, `its symptoms add up to ${sum}`);
    }
    if (fact.min === undefined || fact.max === undefined || fact.value === null) continue;
    claim(fact.min <= fact.value && fact.value <= fact.max, 'ledger', fact.name, 'it lies outside of its bounds');
  }
}
