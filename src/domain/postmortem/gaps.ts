import type { Block, Span } from './document.ts';
import { block, type Draft, heading } from './draft.ts';
import type { Fact, FactName } from './facts.ts';
import { lengthOf, plural } from './format.ts';
import type { GapName } from './measure-gaps.ts';
import { boundedLength, derived, figure, length, observed, question, type Said, words } from './say.ts';

interface Gap {
  name: GapName;
  label: string;
  fact: FactName;
  target?: FactName;
  /** What to ask when it could not be measured. */
  ask: string;
}

export const GAPS: Gap[] = [
  { name: 'detect', label: 'Start → detected', fact: 'detectSeconds', target: 'targetDetectSeconds', ask: '' },
  { name: 'alert', label: 'Detected → first human alerted', fact: 'alertSeconds', ask: 'who was told, and when?' },
  {
    name: 'acknowledge',
    label: 'Alerted → acknowledged',
    fact: 'acknowledgeSeconds',
    target: 'targetAcknowledgeSeconds',
    ask: 'who took it on, and when?',
  },
  { name: 'cause', label: 'Acknowledged → cause identified', fact: 'causeSeconds', ask: 'when was it understood?' },
  { name: 'fix', label: 'Cause identified → fix applied', fact: 'fixSeconds', ask: 'when was which fix applied?' },
  { name: 'restore', label: 'Fix applied → restored', fact: 'restoreSeconds', ask: 'which action ended it, and when?' },
  {
    name: 'statusUpdate',
    label: 'Start → first public word',
    fact: 'statusUpdateSeconds',
    target: 'targetStatusUpdateSeconds',
    ask: 'was anyone outside told, and when?',
  },
];

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

function measured({ ledger }: Draft, { name, fact, ask }: Gap): Span {
  const value = ledger.known(fact);
  if (!value) return question`${ask}`;
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
  const [wait, confirm, evaluate] = [
    ledger.get('detectWaitSeconds'),
    ledger.get('detectConfirmSeconds'),
    ledger.known('detectEvaluateSeconds'),
  ];
  const first = draft.rows.monitors[0];
  const upTo = { text: `0 s to ${lengthOf(Number(wait.max ?? 0))}`, facts: [wait.id] };
  const interval = first && ledger.get('intervalSeconds', first.id);
  const policy = first
    ? observed`${figure(ledger.get('confirmFailures', first.id))} failed checks, ${length(ledger.get('retrySeconds', first.id))} apart`
    : none;
  const parts = [
    row(
      'gaps.detect.wait',
      derived`of it, waiting for the next check`,
      derived`${upTo}`,
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

function target({ ledger }: Draft, gap: Gap): Span {
  const fact = gap.target ? ledger.known(gap.target) : null;
  return fact ? observed`${length(fact)}` : derived`none set`;
}

function usual({ ledger }: Draft, { name }: Gap): Span {
  const [middle, count] = [ledger.known('serviceMedianSeconds', name), ledger.known('serviceMedianCount', name)];
  if (!middle || !count) return none;
  return derived`${length(middle)} (${figure(count)} ${plural(Number(count.value), 'incident')})`;
}
