import type { Span } from './document.ts';
import { type Draft, lead, nameOf } from './draft.ts';
import type { Fact } from './facts.ts';
import { changesBefore } from './near-changes.ts';
import { MAX_RUNS } from './observe.ts';
import type { DraftMonitor } from './rows.ts';
import {
  between,
  boundedLength,
  derived,
  figure,
  join,
  length,
  millis,
  observed,
  reported,
  type Said,
  share,
  time,
  words,
} from './say.ts';
import { beforeStart, describeSymptom, REASON_WORDS } from './symptom-words.ts';
import type { Row } from './timeline-row.ts';

/** The rows that checks, detection and changes give. */
export function measuredRows(draft: Draft): Row[] {
  return [
    ...beforeRows(draft),
    ...draft.rows.monitors.flatMap((monitor) => monitorRows(draft, monitor)),
    ...(draft.frame.windows.length > 0 ? detectedRows(draft) : declaredRows(draft)),
    ...changeRows(draft),
    ...unobservedRows(draft),
  ];
}

function beforeRows(draft: Draft): Row[] {
  const { ledger, rows } = draft;
  const first = lead(draft);
  const result: Row[] = [];
  const lastGood = first && ledger.known('lastGoodAt', `${first.id}/w1`);
  if (first && lastGood) {
    const name = nameOf(draft, first.id);
    const [baseline, count] = [ledger.known('baselineMs', first.id), ledger.known('baselineChecks', first.id)];
    const usual =
      baseline && count
        ? words`; in the hour before, the median of ${figure(count)} passing checks was ${millis(baseline)}`
        : words``;
    result.push({
      id: 'timeline.last-good',
      kind: 'last_good',
      source: 'check',
      at: lastGood,
      to: null,
      spans: [derived`Last check of ${name} that passed before the start${usual}.`],
    });
  }
  for (const { id } of rows.monitors) {
    result.push(...leadUpRows(draft, id), ...nearMissRows(draft, id));
  }
  return result;
}

function leadUpRows(draft: Draft, id: string): Row[] {
  const { ledger } = draft;
  const from = ledger.known('leadUpFrom', id);
  if (!from) return [];
  const [checks, middle, baseline, ahead] = [
    ledger.get('leadUpChecks', id),
    ledger.get('leadUpMedianMs', id),
    ledger.get('leadUpBaselineMs', id),
    ledger.get('leadUpSeconds', id),
  ];
  const phase = ledger.known('leadUpPhase', id);
  const mostly = phase
    ? words`, most of it in ${figure(phase)} (${millis(ledger.get('leadUpPhaseMs', id))} against ${millis(ledger.get('leadUpPhaseBaselineMs', id))})`
    : words``;
  const text = derived`First drift in response time, ${length(ahead)} before ${nameOf(draft, id)} failed: the last ${figure(checks)} passing checks took ${millis(middle)} (median) against a baseline of ${millis(baseline)}${mostly}.`;
  return [{ id: `timeline.latency.${id}`, kind: 'latency', source: 'check', at: from, to: null, spans: [text] }];
}

function nearMissRows(draft: Draft, id: string): Row[] {
  const { ledger, rows } = draft;
  const own = rows.nearMisses.filter(({ monitorNo }) => rows.monitors.find((m) => m.id === id)?.no === monitorNo);
  return own.map((_, index): Row => {
    const about = `${id}/n${index + 1}`;
    const [failed, label] = [ledger.get('nearMissFailed', about), ledger.get('nearMissLabel', about)];
    const checks = Number(failed.value) === 1 ? 'check' : 'checks';
    return {
      id: `timeline.near-miss.${about}`,
      kind: 'near_miss',
      source: 'check',
      at: ledger.get('nearMissAt', about),
      to: null,
      spans: [
        observed`${nameOf(draft, id)}: ${figure(failed)} failed ${checks} (${figure(label)}), over before it was confirmed.`,
      ],
      fold: 'near-misses',
    };
  });
}

function monitorRows(draft: Draft, monitor: DraftMonitor): Row[] {
  return monitor.windows.flatMap((_, index) => {
    const about = `${monitor.id}/w${index + 1}`;
    if (index > 0) return comebackRows(draft, monitor, about, index);
    return [
      startRow(draft, monitor, about),
      ...symptomRows(draft, monitor, about, index),
      ...endRows(draft, monitor, about),
    ];
  });
}

function startRow(draft: Draft, { id }: DraftMonitor, about: string): Row {
  const start = draft.ledger.get('windowStart', about);
  const base = { source: 'check', at: start, to: null } as const;
  const name = nameOf(draft, id);
  if (id === lead(draft)?.id) {
    const known = draft.ledger.known('lastGoodAt', about)
      ? words`the true start lies ${between(draft.ledger.get('start'))}`
      : words`no check had passed before, so the true start may be earlier`;
    const text = derived`Problem started: first failed check of ${name}; ${known}.`;
    return { ...base, id: 'timeline.started', kind: 'started', spans: [text] };
  }
  const text = derived`${name} started to fail as well (${between(start)}).`;
  return { ...base, id: `timeline.joined.${about}`, kind: 'joined', spans: [text], fold: 'joins' };
}

function symptomRows(draft: Draft, monitor: DraftMonitor, about: string, index: number): Row[] {
  const { ledger } = draft;
  const seen = monitor.seen.windows[index];
  if (!seen || seen.failed.count === 0) return [];
  const name = nameOf(draft, monitor.id);
  if (seen.runCount > MAX_RUNS) {
    const counts = [...seen.symptoms.keys()]
      .slice(0, 4)
      .map(
        (symptom) =>
          words`${describeSymptom(symptom)} on ${figure(ledger.get('windowFailureCount', `${about}/${symptom}`))}`,
      );
    const [failed, checks, runs] = [
      ledger.get('windowFailed', about),
      ledger.get('windowChecks', about),
      ledger.get('runCount', about),
    ];
    const text = derived`${name}: ${share(failed, checks)} checks failed, the symptom changing from check to check (${figure(runs)} runs): ${join(counts)}.`;
    const at = ledger.get('windowStart', about);
    return [
      {
        id: `timeline.symptom.${about}`,
        kind: 'symptom',
        source: 'check',
        at,
        to: ledger.known('windowEnd', about),
        spans: [text],
        fold: 'symptoms',
      },
    ];
  }
  return seen.runs.map((_, run): Row => {
    const it = `${about}/r${run + 1}`;
    const [failed, checks, label] = [
      ledger.get('symptomFailed', it),
      ledger.get('symptomChecks', it),
      ledger.get('symptomLabel', it),
    ];
    return {
      id: `timeline.symptom.${it}`,
      kind: 'symptom',
      source: 'check',
      at: ledger.get('symptomFrom', it),
      to: ledger.get('symptomTo', it),
      spans: [derived`${name}: ${figure(label)}, ${share(failed, checks)} checks.`],
      fold: 'symptoms',
    };
  });
}

/** A monitor that fails again within the incident: one row says from when to when, how, and how often. */
function comebackRows(draft: Draft, monitor: DraftMonitor, about: string, index: number): Row[] {
  const { ledger } = draft;
  const seen = monitor.seen.windows[index];
  const [start, end] = [ledger.get('windowStart', about), ledger.known('windowEnd', about)];
  const [failed, checks, down] = [
    ledger.get('windowFailed', about),
    ledger.get('windowChecks', about),
    ledger.get('windowDownSeconds', about),
  ];
  const labels = [...(seen?.symptoms.keys() ?? [])].slice(0, 3).map((symptom) => ({
    text: describeSymptom(symptom),
    facts: [ledger.get('windowFailureCount', `${about}/${symptom}`).id],
  }));
  const text = derived`${nameOf(draft, monitor.id)} down again for ${boundedLength(down)}: ${join(labels)}, ${share(failed, checks)} checks.`;
  const row: Row = {
    id: `timeline.again.${about}`,
    kind: 'symptom',
    source: 'check',
    at: start,
    to: end,
    spans: [text],
    fold: 'comebacks',
  };
  return [row, ...endRows(draft, monitor, about, true)];
}

/** The window with whose end all was over; of several that ended at once the first: one moment is one row. */
function lastToRecover({ ledger, rows }: Draft): string | undefined {
  const end = ledger.known('end');
  const windows = rows.monitors.flatMap(({ id, windows: own }) => own.map((_, i) => `${id}/w${i + 1}`));
  return windows.find((about) => end !== null && ledger.known('windowEnd', about)?.value === end.value);
}

function endRows(draft: Draft, monitor: DraftMonitor, about: string, comeback = false): Row[] {
  const { ledger } = draft;
  const end = ledger.known('windowEnd', about);
  if (!end) return [];
  const name = nameOf(draft, monitor.id);
  const whole = ledger.known('end');
  const confirmed = ledger.known('windowResolvedAt', about);
  if (whole && about === lastToRecover(draft)) {
    const more =
      draft.rows.monitors.length > 1 ? words`, the last of ${figure(ledger.get('affectedCount'))} monitors` : words``;
    const sure = confirmed ? words`; recovery confirmed at ${time(confirmed)}` : words``;
    const text = derived`Fully restored: first check of ${name} that passed${more}; the true end lies ${between(whole)}${sure}.`;
    const row: Row = { id: 'timeline.restored', kind: 'restored', source: 'check', at: end, to: null, spans: [text] };
    return [row, ...slowRows(draft, monitor)];
  }
  const slow = about === `${monitor.id}/w${monitor.windows.length}` ? slowRows(draft, monitor) : [];
  if (comeback && monitor.windows.length > 2) return slow;
  const text = derived`${name} passed again (${between(end)}).`;
  return [
    {
      id: `timeline.recovered.${about}`,
      kind: 'recovered',
      source: 'check',
      at: end,
      to: null,
      spans: [text],
      fold: 'recoveries',
    },
    ...slow,
  ];
}

function slowRows(draft: Draft, { id, windows }: DraftMonitor): Row[] {
  const { ledger } = draft;
  const slow = ledger.known('slowAfterChecks', id);
  if (!slow) return [];
  const at = ledger.get('windowEnd', `${id}/w${windows.length}`);
  const until = ledger.known('slowAfterUntil', id);
  const then = until ? words`; the next one, at ${time(until)}, was within it` : words``;
  const checks = Number(slow.value) === 1 ? 'check' : 'checks';
  const text = derived`${nameOf(draft, id)}: the first ${figure(slow)} ${checks} after recovery passed beyond a soft limit (degraded)${then}.`;
  return [{ id: `timeline.degraded.${id}`, kind: 'degraded', source: 'check', at, to: until, spans: [text] }];
}

/** No monitor was down: what there is of a start and an end is what was declared. */
function patternRows({ ledger, rows }: Draft): Row[] {
  const misses = rows.pattern?.misses ?? [];
  const each = misses.map((_, index): Row => {
    const about = `p${index + 1}`;
    const [failed, seconds] = [ledger.get('patternMissFailed', about), ledger.get('patternMissSeconds', about)];
    const checks = Number(failed.value) === 1 ? 'check' : 'checks';
    const first = index === 0;
    return {
      id: first ? 'timeline.started' : `timeline.near-miss.${about}`,
      kind: first ? 'started' : 'near_miss',
      source: 'check',
      at: ledger.get('patternMissAt', about),
      to: null,
      spans: [
        observed`${figure(failed)} failed ${checks}, passing again after ${length(seconds)}, before it was confirmed.`,
      ],
      ...(!first && { fold: 'near-misses' as const }),
    };
  });
  const known: Row = {
    id: 'timeline.detected',
    kind: 'detected',
    source: 'detector',
    at: ledger.get('detectedAt'),
    to: null,
    spans: [observed`Known as a pattern from here on: the near-misses of a day were enough.`],
  };
  const end = ledger.known('end');
  const over: Row[] = end
    ? [
        {
          id: 'timeline.restored',
          kind: 'restored',
          source: 'check',
          at: end,
          to: null,
          spans: [observed`The last of them was over.`],
        },
      ]
    : [];
  return [...each, known, ...over];
}

function declaredRows(draft: Draft): Row[] {
  if (draft.rows.pattern) return patternRows(draft);
  const { ledger, rows } = draft;
  const end = ledger.known('end');
  const blind = rows.record.kind === 'blind';
  const row = (id: string, kind: Row['kind'], at: Fact, span: Span): Row => ({
    id,
    kind,
    source: blind ? 'detector' : 'person',
    at,
    to: null,
    spans: [span],
  });
  return [
    row(
      'timeline.started',
      'started',
      ledger.get('start'),
      blind
        ? observed`Start of the first check that failed on our own network; no monitor is called down.`
        : observed`Start, as declared; no monitor was down.`,
    ),
    row('timeline.detected', 'detected', ledger.get('detectedAt'), observed`Known from here on.`),
    ...(end
      ? [
          row(
            'timeline.restored',
            'restored',
            end,
            blind ? observed`A monitor that was lost was reached again.` : observed`End, as declared.`,
          ),
        ]
      : []),
  ];
}

function detectedRows({ ledger }: Draft): Row[] {
  const after = ledger.get('detectConfirmSeconds');
  const text = derived`Monitoring detected it: the failure was confirmed, ${length(after)} after the first failed check began.`;
  return [
    {
      id: 'timeline.detected',
      kind: 'detected',
      source: 'detector',
      at: ledger.get('detectedAt'),
      to: null,
      spans: [text],
    },
  ];
}

/** What came this short before the start is asked about: of these the nearest keep their rows. */
const NEAR_SECONDS = 600;
const NEAR_KEPT = 2;

function changeRows(draft: Draft): Row[] {
  const { ledger, rows } = draft;
  const near = changesBefore(draft)
    .filter(({ id }) => ledger.number('changeBeforeSeconds', id) <= NEAR_SECONDS)
    .slice(0, NEAR_KEPT);
  return rows.changes.map(({ id }): Row => {
    const [kind, title] = [ledger.get('changeKind', id), ledger.get('changeTitle', id)];
    const before = ledger.known('changeBeforeSeconds', id);
    const service = ledger.known('changeService', id);
    const distance = before ? beforeStart(before) : duringSaid(ledger.known('changeToEndSeconds', id));
    const of = service ? words`on service ${figure(service)}, ` : words``;
    return {
      id: `timeline.${id}`,
      kind: 'change',
      source: 'integration',
      at: ledger.get('changeAt', id),
      to: null,
      spans: [observed`Change recorded (${figure(kind)}):`, reported`“${figure(title)}”`, derived`${of}${distance}.`],
      ...(!near.some((change) => change.id === id) && { fold: 'changes' as const }),
    };
  });
}

function duringSaid(toEnd: Fact | null): Said {
  return toEnd ? words`during the incident, ${length(toEnd)} before the recovery` : words`during the incident`;
}

function unobservedRows(draft: Draft): Row[] {
  const { ledger } = draft;
  const who = (subject: string) => (subject === 'all' ? words`no monitor` : words`${nameOf(draft, subject)} not`);
  const recorded = ledger.facts
    .filter(({ name }) => name === 'unobservedFrom')
    .map((from): Row => {
      const about = String(from.about);
      const to = ledger.known('unobservedTo', about);
      const reason = ledger.get('unobservedReason', about);
      const why = { text: REASON_WORDS[String(reason.value)] ?? String(reason.value), facts: [reason.id] };
      const text = observed`Unobserved time: ${who(about.split('/')[0] ?? 'all')} watched, ${why}${to ? '' : ', still so'}.`;
      return {
        id: `timeline.unobserved.${about}`,
        kind: 'unobserved',
        source: 'detector',
        at: from,
        to,
        spans: [text],
        fold: 'unobserved',
      };
    });
  const gaps = ledger.facts
    .filter(({ name }) => name === 'checkGapFrom')
    .map((from): Row => {
      const about = String(from.about);
      const [to, seconds] = [ledger.get('checkGapTo', about), ledger.get('checkGapSeconds', about)];
      const text = derived`Unobserved time: no check of ${nameOf(draft, about.split('/')[0] ?? '')} that counts for ${length(seconds)}.`;
      return {
        id: `timeline.unobserved.${about}`,
        kind: 'unobserved',
        source: 'detector',
        at: from,
        to,
        spans: [text],
        fold: 'unobserved',
      };
    });
  const lost = ledger.facts
    .filter(({ name }) => name === 'placeLostFrom')
    .map((from): Row => {
      const about = String(from.about);
      const to = ledger.known('placeLostTo', about);
      const text = observed`Unobserved time: no worker was at ${figure(ledger.get('placeLostName', about))}, and nothing was seen from there${to ? '' : ', still so'}.`;
      return {
        id: `timeline.unobserved.${about}`,
        kind: 'unobserved',
        source: 'detector',
        at: from,
        to,
        spans: [text],
        fold: 'unobserved',
      };
    });
  return [...recorded, ...gaps, ...lost];
}
