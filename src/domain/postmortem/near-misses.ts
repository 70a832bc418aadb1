import { describeFailure, type Failure, type Phase } from '../check.ts';
import { checkId } from '../ids.ts';
import type { NearMiss } from '../window.ts';
import { captured } from './captured.ts';
import type { Span } from './document.ts';
import type { Fact } from './facts.ts';
import { plural } from './format.ts';
import { Ledger } from './ledger.ts';
import { date, derived, figure, join, length, observed, question, time, words } from './say.ts';

/** Near-misses of one shape: same monitor, same failure, same phase. */
export interface MissGroup {
  monitorNo: number;
  monitorId: string;
  /** As it was called at the newest of them. */
  name: string;
  failure: Failure;
  status: number | null;
  phase: Phase | null;
  /** In order, not empty. */
  misses: NearMiss[];
  /** The pattern incident that the newest one is of, if there is one. */
  incident: { id: string; number: number } | null;
}

/** A paragraph with what it is about, for the checker. */
export interface MissClaim extends Pick<MissGroup, 'monitorNo' | 'failure' | 'status' | 'phase'> {
  ledger: readonly Fact[];
  spans: Span[];
}

/** So many of the times are named. */
const TIMES = 4;
const PHASE_WORDS: Record<Phase, string> = {
  dns: 'the end of name resolution',
  connect: 'the end of the TCP connect',
  tls: 'the end of the TLS handshake',
  firstByte: 'the first byte of the answer',
  download: 'the end of the answer',
};

/** One paragraph on failures that were over before anybody was told, with the facts that it states. Pure. */
export function drawNearMisses(group: MissGroup): { ledger: Fact[]; spans: Span[] } {
  const ledger = measureMisses(group);
  const [name, failure] = [figure(ledger.get('missMonitor')), figure(ledger.get('missFailure'))];
  const [count, failed, longest] = [
    ledger.get('missCount'),
    ledger.get('missFailed'),
    ledger.get('missLongestSeconds'),
  ];
  const checks = plural(Number(failed.value), 'check');
  const times = group.misses.map((_, i) => ledger.known('missAt', `p${i + 1}`)).filter((at) => at !== null);
  const [first, last] = [ledger.get('missFirstAt'), ledger.get('missLastAt')];
  const once = Number(count.value) === 1;
  const when = once
    ? words`at ${time(first)} UTC on ${date(first)}`
    : words`${figure(count)} times from ${time(first)} UTC on ${date(first)} to ${time(last)} UTC on ${date(last)}`;
  const what = derived`${name} failed briefly ${when} (${failure}): ${figure(failed)} failed ${checks}, passing again after at most ${length(longest)}, before it was confirmed.`;
  const phase = ledger.known('missPhase');
  const reached = phase
    ? [derived`The requests came to ${{ text: PHASE_WORDS[phase.value as Phase], facts: [phase.id] }}.`]
    : [];
  const number = ledger.known('missIncident');
  const known = number ? [observed`It is on record as incident ${figure(number)}.`] : [];
  const more = Number(count.value) > times.length ? ' and the other times' : '';
  const ask = once
    ? question`What ran, restarted or reached a limit at ${time(first)} UTC, and did a user meet it?`
    : question`What recurs at ${join(times.map(time))}${more}: a job, a restart, a limit that is reached, a busy neighbour?`;
  return { ledger: ledger.facts, spans: [what, ...reached, ...known, ask] };
}

function measureMisses({ monitorId, name, failure, status, phase, misses, incident }: MissGroup): Ledger {
  const ledger = new Ledger();
  const idOf = ({ monitorNo, firstBad }: NearMiss) =>
    checkId({ monitorNo, at: firstBad.at, locationNo: firstBad.locationNo });
  const rows = misses.map(idOf);
  const starts = misses.map(({ firstBad }) => firstBad.startedAt);
  const lengths = misses.map(({ firstBad, firstGood }) => (firstGood.startedAt - firstBad.startedAt) / 1000);
  ledger.add('missMonitor', captured(name), { rows: [monitorId] });
  ledger.add('missFailure', describeFailure(failure, status), { rows });
  ledger.add('missPhase', phase, { rows });
  ledger.add('missCount', misses.length, { rows });
  const failed = misses.reduce((sum, miss) => sum + miss.failed, 0);
  ledger.add('missFailed', failed, { rows });
  ledger.time('missFirstAt', Math.min(...starts), { rows: rows.slice(0, 1) });
  ledger.time('missLastAt', Math.max(...starts), { rows: rows.slice(-1) });
  ledger.add('missLongestSeconds', Math.max(...lengths), { rows });
  if (incident) ledger.add('missIncident', incident.number, { rows: [incident.id] });
  for (const [i, miss] of misses.slice(-TIMES).entries())
    ledger.time('missAt', miss.firstBad.startedAt, { about: `p${i + 1}`, rows: [idOf(miss)] });
  return ledger;
}
