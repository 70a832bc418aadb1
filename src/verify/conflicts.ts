import type { PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';
import type { Reader } from '#src/store/database.ts';
import type { Claim } from './structure.ts';

const MINUTE_MS = 60_000;
/** What cannot well be there before anything failed. */
const STEPS = ['acknowledged', 'diagnostic', 'cause_identified', 'fix_applied', 'status_update'];

interface Told {
  id: string;
  kind: string;
  source: string;
}

/** Rows of what people told are of the kind and source that was told; where sources disagree, both are shown. */
export function checkTold(
  reader: Reader,
  incidentId: string,
  document: PostmortemDocument,
  ledger: readonly Fact[],
  claim: Claim,
): void {
  const timeline = document.sections.find(({ id }) => id === 'timeline');
  if (!timeline) return;
  const told = reader.sql<Told>('SELECT id, kind, source FROM timeline_entries WHERE incident_id = ?').all(incidentId);
  const about = new Map(told.map((entry) => [entry.id, entry]));
  const subjects = new Map(ledger.map(({ id, about: subject }) => [id, about.get(subject ?? '')]));
  for (const { id, layout, spans } of timeline.blocks) {
    if (layout.as !== 'timeline' || layout.at === null || ['conflict', 'folded'].includes(layout.kind)) continue;
    const entry = spans.flatMap(({ facts }) => facts.flatMap((one) => subjects.get(one) ?? []))[0];
    if (!entry) continue;
    const isTrue = entry.kind === layout.kind && entry.source === layout.source;
    claim(isTrue, id, spans.map(({ text }) => text).join(' '), `it was told as ${entry.kind} by ${entry.source}`);
  }
  checkConflicts(timeline.blocks, ledger, about, claim);
}

function checkConflicts(
  blocks: PostmortemDocument['sections'][number]['blocks'],
  ledger: readonly Fact[],
  told: Map<string, Told>,
  claim: Claim,
): void {
  const citing = (kind: 'conflict' | 'folded', ...facts: Fact[]) =>
    blocks.some(({ layout, spans }) => {
      if (layout.as !== 'timeline' || layout.kind !== kind) return false;
      const cited = new Set(spans.flatMap((span) => span.facts));
      return facts.every(({ id }) => cited.has(id));
    });
  for (const [earlier, later] of conflictsIn(ledger, told)) {
    const isShown = citing('conflict', earlier, later) || citing('folded', earlier) || citing('folded', later);
    const text = `${earlier.name} ${earlier.value}, ${later.name} ${later.value}`;
    claim(isShown, 'timeline.conflict', text, 'these sources disagree, and no row says so');
  }
}

/** Pairs of times of which the first should not lie more than a minute before the second, and does. */
function conflictsIn(ledger: readonly Fact[], told: Map<string, Told>): [Fact, Fact][] {
  const known = (name: FactName) => ledger.find((fact) => fact.name === name && fact.value !== null);
  const pairs: [Fact | undefined, Fact | undefined][] = [
    [known('end'), known('fixAppliedAt')],
    [known('acknowledgedAt'), known('alertedAt')],
  ];
  const start = ledger.some(({ name }) => name === 'windowStart') ? known('start') : undefined;
  for (const fact of ledger.filter(({ name }) => name === 'entryAt')) {
    const { kind = '' } = told.get(fact.about ?? '') ?? {};
    if (kind === 'resolved') pairs.push([fact, known('end')]);
    if (STEPS.includes(kind)) pairs.push([fact, start]);
  }
  const at = (fact: Fact) => Date.parse(String(fact.value));
  return pairs.flatMap(([earlier, later]) =>
    earlier && later && at(later) - at(earlier) > MINUTE_MS ? [[earlier, later] as [Fact, Fact]] : [],
  );
}
