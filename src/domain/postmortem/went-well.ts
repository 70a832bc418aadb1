import type { Block, Section, Span } from './document.ts';
import { type Draft, heading, item, nameOf } from './draft.ts';
import type { Fact } from './facts.ts';
import { plural } from './format.ts';
import { atMost } from './gaps.ts';
import { derived, figure, length, question, resting, type Said, share, time, words } from './say.ts';

interface Judged {
  id: string;
  held: boolean;
  span: Span;
}

/** Measured facts, each beside a target, a policy or this service's own median: first those that held, then the others. */
export function drawWentWell(draft: Draft): Section {
  const judged = [...againstTargets(draft), ...alerting(draft), ...coverage(draft), ...againstMedians(draft)];
  const toItems = (held: boolean): Block[] =>
    judged.filter((entry) => entry.held === held).map(({ id, span }) => item(`went-well.${id}`, span));
  const well = toItems(true);
  const not = toItems(false);
  return {
    id: 'what-went-well',
    title: 'What went well, and what did not',
    blocks: [
      heading('went-well', derived`Within target, policy or median`),
      ...(well.length > 0
        ? well
        : [
            item(
              'went-well.none',
              question`Nothing measured was within a target or a median. What worked that no monitor sees?`,
            ),
          ]),
      ...(not.length > 0 ? [heading('went-not', derived`Outside of it`), ...not] : []),
      heading('went-luck', derived`Luck`),
      item('went-well.luck', luck(draft)),
    ],
  };
}

/** Luck is what nobody had arranged for: asked about how it ended, or about the hour when it has not. */
function luck({ ledger }: Draft): Span {
  const [start, end, fix] = [ledger.get('start'), ledger.known('end'), ledger.known('fixAppliedAt')];
  if (end && fix && String(fix.value) <= String(end.value)) {
    return question`Where were we lucky: which access, tool or knowledge was at hand for the fix of ${time(fix)} by chance, and what if it had begun at night instead of at ${time(start)} UTC?`;
  }
  if (end) {
    return question`Where were we lucky: it passed again at ${time(end)} without a fix on record before; what ended it, and what was ready in case it had lasted?`;
  }
  return question`Where were we lucky: the hour (${time(start)} UTC), who was at hand, what else was in flight?`;
}

function againstTargets(draft: Draft): Judged[] {
  const { ledger } = draft;
  const result: Judged[] = [];
  const [detect, detectTarget] = [ledger.get('detectSeconds'), ledger.known('targetDetectSeconds')];
  if (detectTarget) {
    const [worst, target] = [Number(detect.max ?? detect.value), Number(detectTarget.value)];
    const held = worst <= target;
    const unsure =
      !held && Number(detect.value) <= target
        ? '; whether it held depends on where between the last good and the first bad check the start lies'
        : '';
    result.push({
      id: 'detect',
      held,
      span: derived`Detected ${atMost(detect)} after the start; target ${length(detectTarget)}${unsure}${held ? '' : limits(draft)}.`,
    });
  }
  const [ack, ackTarget, open] = [
    ledger.known('acknowledgeSeconds'),
    ledger.known('targetAcknowledgeSeconds'),
    ledger.known('unacknowledgedSeconds'),
  ];
  if (ackTarget && ack) {
    result.push({
      id: 'acknowledge',
      held: within(ack, ackTarget),
      span: derived`Acknowledged ${length(ack)} after the first delivered alert; target ${length(ackTarget)}.`,
    });
  } else if (ackTarget && open && !within(open, ackTarget)) {
    result.push({
      id: 'acknowledge',
      held: false,
      span: derived`No acknowledgment is recorded in the ${length(open)} after the first delivered alert; target ${length(ackTarget)}.`,
    });
  }
  const [word, wordTarget, span] = [
    ledger.known('statusUpdateSeconds'),
    ledger.known('targetStatusUpdateSeconds'),
    ledger.get('spanSeconds'),
  ];
  if (wordTarget && word) {
    result.push({
      id: 'status-update',
      held: within(word, wordTarget),
      span: derived`First public word ${length(word)} after the start; target ${length(wordTarget)}.`,
    });
  } else if (wordTarget && !within(span, wordTarget)) {
    result.push({
      id: 'status-update',
      held: false,
      span: derived`No public word is recorded for an incident of ${length(span)}; target ${length(wordTarget)}.`,
    });
  }
  return result;
}

/** What the time up to the detection was made of. */
function limits({ ledger, rows }: Draft): Said {
  const [first] = rows.monitors;
  if (!first) return words``;
  return words`; limited by an interval of ${length(ledger.get('intervalSeconds', first.id))} and ${figure(ledger.get('confirmFailures', first.id))} failed checks ${length(ledger.get('retrySeconds', first.id))} apart`;
}

const within = (fact: Fact, limit: Fact): boolean => Number(fact.value) <= Number(limit.value);

function alerting({ ledger, rows }: Draft): Judged[] {
  const alerted = ledger.known('alertedAt');
  const channels = ledger.get('channelCount');
  if (!alerted) {
    const span = ledger.known('unalertedSeconds');
    if (!span) return [];
    const text = derived`No alert reached a person in the ${length(span)} after detection; channels for people: ${figure(channels)}, policy: at least one delivery.`;
    return [{ id: 'alert', held: false, span: text }];
  }
  const [delivered, all, gap] = [ledger.get('deliveredCount'), ledger.get('alertCount'), ledger.known('alertSeconds')];
  const limit = ledger.get('proposedSeconds', 'alert');
  const after = gap ? words`, the first ${length(gap)} after detection; built-in target ${length(limit)}` : words``;
  const failed = rows.alerts.find(({ id, human }) => human && ledger.number('alertFailedAttempts', id) > 0);
  const result: Judged[] = [
    {
      id: 'alert',
      held: Number(delivered.value) === Number(all.value) && (!gap || within(gap, limit)),
      span: derived`${share(delivered, all)} alerts to people delivered${after}.`,
    },
  ];
  if (failed) {
    const [bad, tries, channel] = [
      ledger.get('alertFailedAttempts', failed.id),
      ledger.get('alertAttempts', failed.id),
      ledger.get('alertChannel', failed.id),
    ];
    result.push({
      id: 'attempts',
      held: false,
      span: derived`${share(bad, tries)} delivery ${plural(Number(tries.value), 'attempt')} of one alert to ${figure(channel)} failed; policy: the first attempt delivers.`,
    });
  }
  return result;
}

function coverage(draft: Draft): Judged[] {
  const { ledger, rows } = draft;
  const result: Judged[] = [];
  const [blind, span, flaps] = [ledger.get('unobservedSeconds'), ledger.get('spanSeconds'), ledger.get('flapCount')];
  const gap = ledger.facts.find(({ name }) => name === 'checkGapSeconds');
  const unknown = ledger.facts.filter(({ name }) => name === 'unknownChecks');
  for (const count of unknown) {
    const checks = plural(Number(count.value), 'check');
    result.push({
      id: `unknown.${count.about}`,
      held: false,
      span: derived`${figure(count)} ${checks} of ${nameOf(draft, String(count.about))} could not be made and count neither way; policy: each check is made in its turn.`,
    });
  }
  if (Number(blind.value) > 0) {
    result.push({
      id: 'coverage',
      held: false,
      span: derived`${length(blind)} of the span of ${length(span)} went unobserved; policy: 0 s.`,
    });
  } else if (gap) {
    result.push({
      id: 'coverage',
      held: false,
      span: derived`${length(gap)} passed without a check that counts; policy: each check is made in its turn.`,
    });
  }
  if (Number(flaps.value) > 0) {
    result.push({
      id: 'flaps',
      held: false,
      span: derived`${figure(flaps)} ${plural(Number(flaps.value), 'time')} a confirmed recovery did not hold: ${figure(ledger.get('windowCount'))} windows of downtime in one incident.`,
    });
  }
  // What happened before anybody watched could not be told sooner.
  const told = rows.confirmedByImport ? [] : rows.entries;
  const late = told
    .filter(({ id }) => ledger.known('entryLateSeconds', id))
    .map(({ id }) => ledger.get('entryLateSeconds', id));
  const latest = late.toSorted((a, b) => Number(b.value) - Number(a.value))[0];
  if (latest) {
    result.push({
      id: 'late',
      held: false,
      span: derived`A timeline entry was recorded ${length(latest)} after what it tells of; policy: within 10 min${resting('', latest)}.`,
    });
  }
  return result;
}

const MEDIANS = [
  ['detect', 'detectSeconds', 'targetDetectSeconds', 'From the start to the detection'],
  ['acknowledge', 'acknowledgeSeconds', 'targetAcknowledgeSeconds', 'From the first alert to the acknowledgment'],
  ['cause', 'causeSeconds', null, 'From the acknowledgment to the cause being reported'],
  ['fix', 'fixSeconds', null, 'From the cause being reported to the fix'],
  ['restore', 'restoreSeconds', null, 'From the fix to the first check that passed'],
] as const;
/** A median of fewer says nothing, and neither does a difference that is smaller. */
const PEERS_LEAST = 3;
const APART = 1.5;

/** The length of it all, and the gaps without a target that were far from what is usual, either way. */
function againstMedians({ ledger, frame }: Draft): Judged[] {
  const [usual, count, span] = [
    ledger.known('serviceMedianSeconds', 'span'),
    ledger.known('serviceMedianCount', 'span'),
    ledger.get('spanSeconds'),
  ];
  if (!usual || !count || frame.open) return [];
  const text = derived`The incident spans ${length(span)}; the median of ${figure(count)} earlier ${plural(Number(count.value), 'incident')} of this service is ${length(usual)}.`;
  const gaps = MEDIANS.flatMap(([gap, name, target, label]): Judged[] => {
    const [measured, middle, peers] = [
      ledger.known(name),
      ledger.known('serviceMedianSeconds', gap),
      ledger.known('serviceMedianCount', gap),
    ];
    if (!measured || !middle || !peers || Number(peers.value) < PEERS_LEAST || (target && ledger.known(target)))
      return [];
    const [here, there] = [Number(measured.value), Number(middle.value)];
    if (here < APART * there && there < APART * here) return [];
    const span = derived`${label} ${length(measured)}; the median of ${figure(peers)} earlier incidents of this service is ${length(middle)}.`;
    return [{ id: `median.${gap}`, held: here <= there, span }];
  });
  return [{ id: 'span', held: within(span, usual), span: text }, ...gaps];
}
