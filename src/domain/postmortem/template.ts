import { captured } from './captured.ts';
import type { Block, Section, SectionId, Span } from './document.ts';
import { block, type Draft, lead, nameOf, names, paragraph } from './draft.ts';
import type { Ledger } from './ledger.ts';
import { policyRows } from './measure-incident.ts';
import { PLACEHOLDERS, type Placeholder, SECTION_IDS } from './policy.ts';
import type { DraftRows } from './rows.ts';
import { date, figure, length, resting, type Said, time, words } from './say.ts';

/** A team's questions with the ids of their blocks: made from their words, so that they outlive a new order. */
function teamQuestions({ policy }: Pick<DraftRows, 'policy'>, section: SectionId): { id: string; ask: string }[] {
  const taken = new Map<string, number>();
  return (policy.policy.questions[section] ?? []).map((ask) => {
    const slug = slugOf(ask);
    const count = (taken.get(slug) ?? 0) + 1;
    taken.set(slug, count);
    return { id: `${section}.team.${slug}${count > 1 ? `-${count}` : ''}`, ask };
  });
}

/** `Was it rolled back by {end}?` → `was-it-rolled-back-by-end`; at most 60 characters. */
function slugOf(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 60)
    .replace(/^-|-$/g, '');
  return slug === '' ? 'question' : slug;
}

/** A figure in a team's question has the question itself as its source. */
export function measureTemplate(ledger: Ledger, rows: DraftRows): void {
  const drawn = new Set(rows.policy.policy.sections.map(({ id }) => id));
  for (const section of SECTION_IDS.filter((id) => drawn.has(id))) {
    for (const { id, ask } of teamQuestions(rows, section)) {
      ledger.add('teamQuestion', captured(ask), { about: id, rows: policyRows(rows) });
    }
  }
}

/** The sections as the team has them: in its order, under its titles, without those it drops, with its questions. */
export function laidOut(draft: Draft, sections: readonly Section[]): Section[] {
  const { policy } = draft.rows.policy;
  return policy.sections.flatMap(({ id, title }) => {
    const section = sections.find((each) => each.id === id);
    if (!section) return [];
    const own = teamQuestions(draft.rows, id).map((each) => asked(draft, each.id, id));
    return [{ ...section, title: title ?? section.title, blocks: [...section.blocks, ...own] }];
  });
}

function asked(draft: Draft, blockId: string, section: SectionId): Block {
  const fact = draft.ledger.get('teamQuestion', blockId);
  const parts = String(fact.value).split(/\{([a-z]+)\}/);
  const said = parts.map((part, i) => (i % 2 === 0 ? { text: part, facts: [] } : filled(draft, part)));
  const facts = [...new Set([fact.id, ...said.flatMap((each) => each.facts)])];
  const span: Span = { kind: 'question', text: said.map(({ text }) => text).join(''), facts };
  return section === 'summary' ? paragraph(blockId, span) : block(blockId, { as: 'item' }, span);
}

function filled(draft: Draft, name: string): Said {
  const known = PLACEHOLDERS.find((placeholder) => placeholder === name);
  return known ? FILL[known](draft) : { text: `{${name}}`, facts: [] };
}

const FILL: Record<Placeholder, (draft: Draft) => Said> = {
  incident: ({ ledger }) => words`incident ${figure(ledger.get('incidentNumber'))}`,
  severity: ({ ledger }) => figure(ledger.get('severity')),
  date: ({ ledger }) => date(ledger.get('start')),
  start: ({ ledger }) => words`${time(ledger.get('start'))} UTC`,
  end: ({ ledger }) => {
    const end = ledger.known('end');
    return end ? words`${time(end)} UTC` : resting('its end', ledger.get('status'));
  },
  duration: ({ ledger }) => length(ledger.get('spanSeconds')),
  downtime: ({ ledger }) => length(ledger.get('downSeconds')),
  service: ({ ledger }) => {
    const services = ledger.known('services');
    return services ? figure(services) : resting('the service', ledger.get('services'));
  },
  monitor: (draft) => {
    const first = lead(draft);
    return first ? nameOf(draft, first.id) : words`what failed`;
  },
  monitors: (draft) => (draft.rows.monitors.length > 0 ? names(draft, draft.rows.monitors) : words`what failed`),
};
