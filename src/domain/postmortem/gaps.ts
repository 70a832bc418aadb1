import type { Block, Span } from './document.ts';
import { block, type Draft, heading } from './draft.ts';
import type { Fact, FactName } from './facts.ts';
import { lengthOf, plural } from './format.ts';
import type { GapName } from './measure-gaps.ts';
import { boundedLength, derived, figure, length, observed, question, resting, type Said, words } from './say.ts';
import { beganBefore } from './summary.ts';

interface Gap {
  name: GapName;
  label: string;
  fact: FactName;
  target?: FactName;
  later: FactName;
  earlier: FactName;
}

const GAPS: Gap[] = [
  {
    name: 'detect',
    label: 'Start → detected',
    fact: 'detectSeconds',
    target: 'targetDetectSeconds',
    later: 'detectedAt',
    earlier: 'start',
  },
  {
    name: 'alert',
    label: 'Detected → first human alerted',
    fact: 'alertSeconds',
    later: 'alertedAt',
    earlier: 'detectedAt',
  },
  {
    name: 'acknowledge',
    label: 'Alerted → acknowledged',
    fact: 'acknowledgeSeconds',
    target: 'targetAcknowledgeSeconds',
    later: 'acknowledgedAt',
    earlier: 'alertedAt',
  },
  {
    name: 'cause',
    label: 'Acknowledged → cause identified',
    fact: 'causeSeconds',
    later: 'causeIdentifiedAt',
    earlier: 'acknowledgedAt',
  },
  {
    name: 'fix',
    label: 'Cause identified → fix applied',
    fact: 'fixSeconds',
    later: 'fixAppliedAt',
    earlier: 'causeIdentifiedAt',
  },
  { name: 'restore', label: 'Fix applied → restored', fact: 'restoreSeconds', later: 'end', earlier: 'fixAppliedAt' },
  {
    name: 'statusUpdate',
    label: 'Start → first public word',
    fact: 'statusUpdateSeconds',
    target: 'targetStatusUpdateSeconds',
    later: 'statusUpdateAt',
    earlier: 'start',
  },
];

/** What to ask for a moment that is not on record; the timeline asks for it at length. */
const ASK: Partial<Record<FactName, string>> = {
  alertedAt: 'alerted when?',
  acknowledgedAt: 'acknowledged when?',
  causeIdentifiedAt: 'understood when?',
  fixAppliedAt: 'fixed when?',
  end: 'restored when?',
  statusUpdateAt: 'told when?',
};

/** When the later moment came first. */
const REVERSED: Record<GapName, string> = {
  detect: 'detected before the start',
  alert: 'alerted before the detection',
  acknowledge: 'acknowledged before the alert',
  cause: 'cause known before the acknowledgment',
  fix: 'fixed before the cause was known',
  restore: 'restored before the fix',
  statusUpdate: 'public word before the start',
  span: 'over before the start',
};

const row = (id: string, ...cells: Span[]): Block => block(id, { as: 'table', header: false }, ...cells);
const none = derived`none`;

/** Each gap against its target and against the median of this service's earlier incidents. */
export function drawGaps(draft: Draft): Block[] {
  const columns = [derived`Gap`, derived`Measured`, derived`Target`, derived`Earlier incidents (median)`];
  return [
    heading('gaps', derived`Gaps between the moments`),
    block('gaps.columns', { as: 'table', header: true }, ...columns),
    ...GAPS.flatMap((gap) => {
      const own = row(
        `gaps.${gap.name}`,
        derived`${gap.label}`,
        measured(draft, gap),
        target(draft, gap),
        usual(draft, gap),
      );
      return gap.name === 'detect' ? [own, ...detectionParts(draft)] : [own];
    }),
  ];
}

function measured({ ledger }: Draft, { name, fact, later, earlier }: Gap): Span {
  const value = ledger.known(fact);
  if (!value) {
    const missing = [later, earlier].find((moment) => !ledger.known(moment));
    if (missing === 'end' && ledger.known('asOf')) return derived`${resting('not restored yet', ledger.get('status'))}`;
    if (missing) return question`${ASK[missing] ?? 'when was it?'}`;
    return derived`${resting(REVERSED[name], ledger.get(later), ledger.get(earlier))}`;
  }
  return name === 'detect' ? derived`${atMost(value)}` : derived`${boundedLength(value)}`;
}

/** `5 s, at most 1 min 5 s` when the start lies between two checks. */
export function atMost(fact: Fact): Said {
  const max = lengthOf(Number(fact.max ?? fact.value));
  return max === length(fact).text ? length(fact) : words`${length(fact)}, at most ${{ text: max, facts: [fact.id] }}`;
}

/** The gap from start to detection, split into what made it up. */
function detectionParts(draft: Draft): Block[] {
  const { ledger } = draft;
  if (draft.frame.windows.length === 0) return [];
  const [wait, confirm, evaluate] = [
    ledger.get('detectWaitSeconds'),
    ledger.get('detectConfirmSeconds'),
    ledger.known('detectEvaluateSeconds'),
  ];
  const first = draft.rows.monitors[0];
  const upTo = { text: `0 s to ${lengthOf(Number(wait.max ?? 0))}`, facts: [wait.id] };
  const waited = beganBefore(draft) ? question`was it failing before its first check?` : derived`${upTo}`;
  const interval = first && ledger.get('intervalSeconds', first.id);
  const policy = first
    ? observed`${figure(ledger.get('confirmFailures', first.id))} failed checks, ${length(ledger.get('retrySeconds', first.id))} apart${cadence(draft, first.id)}`
    : none;
  const parts = [
    row(
      'gaps.detect.wait',
      derived`of it, waiting for the next check`,
      waited,
      interval ? observed`interval ${length(interval)}` : none,
      none,
    ),
    row('gaps.detect.confirm', derived`of it, confirmation`, derived`${length(confirm)}`, policy, none),
  ];
  if (!evaluate) return parts;
  return [
    ...parts,
    row(
      'gaps.detect.evaluate',
      derived`then evaluation, until it was on record`,
      derived`${length(evaluate)}`,
      none,
      none,
    ),
  ];
}

/** Why the confirmation took longer than its retries lie apart. */
function cadence({ ledger, rows }: Draft, monitorId: string): string {
  const policy = (ledger.number('confirmFailures', monitorId) - 1) * ledger.number('retrySeconds', monitorId);
  if (ledger.number('detectConfirmSeconds') <= policy + 1) return '';
  return rows.confirmedByImport
    ? ' by policy; imported checks came at a cadence of their own'
    : ' by policy; measured from the first failed check to the end of the one that confirmed it';
}

function target({ ledger }: Draft, gap: Gap): Span {
  const fact = gap.target ? ledger.known(gap.target) : null;
  return fact ? observed`${length(fact)}` : derived`none set`;
}

function usual({ ledger }: Draft, { name }: Gap): Span {
  const [middle, count] = [ledger.known('serviceMedianSeconds', name), ledger.known('serviceMedianCount', name)];
  if (!middle || !count) return none;
  return derived`${length(middle)} (${figure(count)} ${plural(Number(count.value), 'incident')})`;
}
