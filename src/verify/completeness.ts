import type { Block, PostmortemDocument, SectionId, TimelineKind } from '#src/domain/postmortem/document.ts';
import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';
import type { Claim } from './structure.ts';
import { formsOf } from './tokens.ts';

/** Facts that must be stated where they belong whenever they are known: what happened is not dropped silently. */
const MUST_SAY: Record<'summary' | 'timeline' | 'gaps' | 'root-cause', FactName[]> = {
  summary: ['start', 'end', 'downSeconds', 'patternCount'],
  timeline: [
    ...([
      'start',
      'end',
      'detectedAt',
      'windowStart',
      'windowEnd',
      'patternMissAt',
      'nearMissAt',
      'leadUpFrom',
    ] as const),
    ...(['unobservedFrom', 'placeLostFrom', 'checkGapFrom', 'slowAfterChecks', 'changeAt', 'entryAt'] as const),
    ...(['alertDeliveredAt', 'alertFirstFailedAt'] as const),
  ],
  gaps: [
    ...([
      'detectSeconds',
      'alertSeconds',
      'acknowledgeSeconds',
      'causeSeconds',
      'fixSeconds',
      'restoreSeconds',
    ] as const),
    ...(['statusUpdateSeconds', 'detectWaitSeconds', 'detectConfirmSeconds', 'detectEvaluateSeconds'] as const),
  ],
  'root-cause': ['earlierCount', 'earlierNumber'],
};

const SECTION_OF: Record<keyof typeof MUST_SAY, SectionId> = {
  summary: 'summary',
  timeline: 'timeline',
  gaps: 'timeline',
  'root-cause': 'root-cause',
};

/** Which facts may date a row of a kind. */
const DATED_BY: Partial<Record<TimelineKind, FactName[]>> = {
  last_good: ['lastGoodAt'],
  near_miss: ['nearMissAt', 'patternMissAt'],
  latency: ['leadUpFrom'],
  change: ['changeAt'],
  started: ['start', 'windowStart', 'patternMissAt'],
  joined: ['windowStart'],
  symptom: ['symptomFrom', 'windowStart'],
  detected: ['detectedAt'],
  alerted: ['alertDeliveredAt'],
  escalated: ['alertDeliveredAt'],
  alert_failed: ['alertFirstFailedAt'],
  acknowledged: ['acknowledgedAt', 'entryAt'],
  diagnostic: ['entryAt'],
  cause_identified: ['entryAt'],
  fix_applied: ['entryAt'],
  note: ['entryAt'],
  status_update: ['entryAt'],
  resolved: ['entryAt', 'resolvedAt'],
  recovered: ['windowEnd'],
  restored: ['end', 'windowEnd'],
  unobserved: ['unobservedFrom', 'placeLostFrom', 'checkGapFrom'],
};

/** Nothing that is known is left out, and each row is about one thing and dated by its own fact. */
export function checkCompleteness(document: PostmortemDocument, ledger: readonly Fact[], claim: Claim): void {
  const byId = new Map(ledger.map((fact) => [fact.id, fact]));
  const byName = new Set(ledger.map(({ name }) => name));
  for (const [place, names] of Object.entries(MUST_SAY) as [keyof typeof MUST_SAY, FactName[]][]) {
    const section = document.sections.find(({ id }) => id === SECTION_OF[place]);
    if (!section) continue;
    const isGap = (block: Block) => block.layout.as === 'table';
    const blocks = section.blocks.filter(
      (block) =>
        block.layout.as !== 'heading' && (SECTION_OF[place] !== 'timeline' || isGap(block) === (place === 'gaps')),
    );
    // That sources disagree about a moment does not stand in for the row of each.
    const telling = blocks.filter(({ layout }) => layout.as !== 'timeline' || layout.kind !== 'conflict');
    const said = new Set(telling.flatMap(({ spans }) => spans.flatMap(({ facts }) => facts)));
    const own = section.blocks.some(({ origin, layout }) => origin !== 'machine' && layout.as !== 'timeline');
    for (const fact of ledger) {
      if (fact.value === null || !names.includes(fact.name) || isIdle(fact, byName)) continue;
      const excused =
        isFolded(fact, ledger, blocks) || (place !== 'timeline' && own) || isTakenOut(document, section.id, fact);
      claim(said.has(fact.id) || excused, place, `${fact.id} ${fact.name}`, 'it is known, and not said there');
    }
  }
  checkImpact(document, ledger, claim);
  for (const block of document.sections.flatMap(({ blocks }) => blocks)) {
    const cited = block.spans.flatMap(({ facts }) => facts.flatMap((id) => byId.get(id) ?? []));
    checkSubjects(block, cited, claim);
    checkLate(block, cited, ledger, claim);
  }
}

/** What an owner states as the impact of a failure stands in the summary, of one of the monitors at least. */
function checkImpact({ sections }: PostmortemDocument, ledger: readonly Fact[], claim: Claim): void {
  const impact = ledger.filter(({ name, value }) => /^(?:impactSummary|usersAffected)$/.test(name) && value !== null);
  const summary = sections.find(({ id }) => id === 'summary');
  if (impact.length === 0 || !summary || summary.blocks.some(({ origin }) => origin !== 'machine')) return;
  const said = new Set(summary.blocks.flatMap(({ spans }) => spans.flatMap(({ facts }) => facts)));
  claim(
    impact.some(({ id }) => said.has(id)),
    'summary',
    String(impact[0]?.value),
    'the impact that the owner states is not said',
  );
}

/** The end of a window that was folded away with others: its start is counted there. */
function isFolded({ name, about }: Fact, ledger: readonly Fact[], blocks: readonly Block[]): boolean {
  if (name !== 'windowEnd') return false;
  const start = ledger.find((fact) => fact.name === 'windowStart' && fact.about === about);
  return blocks.some(
    ({ layout, spans }) =>
      layout.as === 'timeline' &&
      layout.kind === 'folded' &&
      spans.some(({ facts }) => facts.includes(start?.id ?? '')),
  );
}

/** The parts of a detection are measured where monitors were down, and a wait where a check had passed before. */
function isIdle({ name, max }: Fact, known: Set<FactName>): boolean {
  if (!/^detect(?:Wait|Confirm|Evaluate)/.test(name)) return false;
  return !known.has('windowStart') || (name === 'detectWaitSeconds' && max === 0);
}

/** A person took the block out that said it: that is on record, and their right. */
function isTakenOut(document: PostmortemDocument, id: SectionId, fact: Fact): boolean {
  const { removed = [] } = document;
  const forms = formsOf(fact, 'value').filter(({ kind }) => kind === 'time' || kind === 'length');
  return removed.some(
    ({ sectionId, text }) => sectionId === id && (forms.length === 0 || forms.some((form) => text.includes(form.text))),
  );
}

const ROW_ID = /(?:evt|msg|chg)_[0-9a-z]{26}/;

/** A row is about one entry, alert or change, the one it is named after, and is dated by the fact of its kind. */
function checkSubjects(block: Block, cited: Fact[], claim: Claim): void {
  const { id, layout, spans } = block;
  const text = spans.map((span) => span.text).join(' ');
  if (layout.as !== 'timeline' || layout.at === null) return;
  const allowed = DATED_BY[layout.kind];
  if (allowed) {
    const dates = cited.filter(({ name, value }) => allowed.includes(name) && value === layout.at);
    claim(dates.length > 0, id, text, 'it is not dated by a fact of its kind');
  }
  if (layout.kind === 'folded' || layout.kind === 'conflict') return;
  const subjects = new Set(cited.flatMap(({ about }) => ROW_ID.exec(about ?? '')?.[0] ?? []));
  const named = ROW_ID.exec(id)?.[0];
  const isOne = [...subjects].every((subject) => named === undefined || subject === named);
  claim(isOne && (named !== undefined || subjects.size <= 1), id, text, 'it mixes facts of several rows');
}

/** What was told late says so where its words stand. */
function checkLate({ id, origin, layout, spans }: Block, cited: Fact[], ledger: readonly Fact[], claim: Claim): void {
  if (origin !== 'machine' || layout.as !== 'timeline' || layout.kind === 'folded' || layout.kind === 'conflict')
    return;
  for (const told of cited.filter(({ name }) => name === 'entryText')) {
    const late = ledger.find(({ name, about }) => name === 'entryLateSeconds' && about === told.about);
    if (!late || late.value === null) continue;
    const says = cited.some(({ name, about }) => about === told.about && /^entry(?:Late|Recorded)/.test(name));
    claim(says, id, spans.map(({ text }) => text).join(' '), 'it was told late, and does not say so');
  }
}
