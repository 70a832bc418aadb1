import { type Draft, lead, nameOf } from './draft.ts';
import type { Fact } from './facts.ts';
import { changesBefore } from './near-changes.ts';
import { derived, figure, length, millis, observed, reported, type Said, words } from './say.ts';
import { beforeStart } from './symptom-words.ts';
import { declaredRows } from './timeline-declared.ts';
import type { Row } from './timeline-row.ts';
import { unobservedRows } from './timeline-unobserved.ts';
import { monitorRows } from './timeline-windows.ts';

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
