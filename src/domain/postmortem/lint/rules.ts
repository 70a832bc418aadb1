import type { SectionId } from '../document.ts';
import { ACTION_RULES } from './action-rules.ts';
import { FACT_RULES } from './facts-rules.ts';
import { type Area, type Finding, type Linted, type Rule, viewOf } from './finding.ts';
import { LANGUAGE_RULES } from './language-rules.ts';
import { LIFE_RULES } from './life-rules.ts';
import { ROOT_CAUSE_RULES } from './root-cause-rules.ts';
import { SUMMARY_RULES } from './summary-rules.ts';
import { TIMELINE_RULES } from './timeline-rules.ts';
import { WENT_WELL_RULES } from './went-well-rules.ts';

/** Every rule that a postmortem is held to. `blocking` ones must hold before it is published. */
export const RULES: readonly Rule[] = [
  ...FACT_RULES,
  ...SUMMARY_RULES,
  ...TIMELINE_RULES,
  ...ROOT_CAUSE_RULES,
  ...WENT_WELL_RULES,
  ...ACTION_RULES,
  ...LANGUAGE_RULES,
  ...LIFE_RULES,
];

/** A team may do without these sections: what is not there breaks no rule. */
const SECTION_OF: Partial<Record<Area, SectionId>> = {
  'root-cause': 'root-cause',
  'went-well': 'what-went-well',
  actions: 'action-items',
};

/** All that a postmortem breaks, the blocking ones first, each where it stands. It is never changed. Pure. */
export function lintPostmortem(linted: Linted): Finding[] {
  const view = viewOf(linted);
  const there = new Set(linted.document.sections.map(({ id }) => id));
  const held = RULES.filter(({ area }) => {
    const section = SECTION_OF[area];
    return section === undefined || there.has(section);
  });
  const findings = held.flatMap(({ id, level, message, fix, check }) =>
    check(view).map((breach): Finding => ({ rule: id, level, message, fix, ...breach })),
  );
  const seen = new Set<string>();
  const once = findings.filter(({ rule, blockId, excerpt = '', message }) => {
    const key = JSON.stringify([rule, blockId, excerpt, message]);
    return !seen.has(key) && seen.add(key);
  });
  return [...once.filter(({ level }) => level === 'blocking'), ...once.filter(({ level }) => level === 'warning')];
}
