import type { ActionItem, Block, SectionId } from '../document.ts';
import type { Finding, Linted } from './finding.ts';
import { lintPostmortem } from './rules.ts';

/** What a section is held to as a whole; its wording is read where the text is. */
const OF_WHOLE: Record<SectionId, string[]> = {
  summary: [
    'summary-length',
    'summary-impact-first',
    'summary-times',
    'summary-duration',
    'summary-when',
    'summary-how-long',
    'summary-affected',
    'summary-plain-words',
  ],
  timeline: [],
  'root-cause': ['cause-confirmed'],
  'what-went-well': ['fact-and-comparator', 'praise-contradicted', 'went-well-adjectives'],
  'action-items': ['action-verb-first', 'action-bound', 'action-fixes-people'],
};

/** What the rules would say if a text were all of a section; of the action items, if it were the title of one. Pure. */
export function lintSection(text: string, section: SectionId, linted: Linted): Finding[] {
  const block: Block = {
    id: section,
    origin: 'human',
    stale: false,
    layout: { as: 'paragraph' },
    spans: [{ kind: 'reported', text, facts: [] }],
  };
  const sections = linted.document.sections.some(({ id }) => id === section)
    ? linted.document.sections.map((own) => (own.id === section ? { ...own, blocks: [block] } : own))
    : [...linted.document.sections, { id: section, title: '', blocks: [block] }];
  const actions = section === 'action-items' ? [titled(text)] : linted.document.actions;
  return lintPostmortem({ ...linted, document: { ...linted.document, sections, actions } })
    .filter(({ rule }) => OF_WHOLE[section].includes(rule))
    .map((finding) => ({ ...finding, blockId: section }));
}

function titled(title: string): ActionItem {
  const nothing = { reason: '', doneWhen: '', owner: null, dueOn: null, tracker: null, cites: [] };
  return { id: 'text', title, state: 'open', ...nothing };
}
