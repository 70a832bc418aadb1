import { type Draft, lead, nameOf } from './draft.ts';
import { MAX_RUNS } from './observe.ts';
import type { DraftMonitor } from './rows.ts';
import { between, boundedLength, derived, figure, join, share, time, words } from './say.ts';
import { describeSymptom } from './symptom-words.ts';
import type { Row } from './timeline-row.ts';

/** The windows of downtime of one monitor: how each began, what its checks said, and how it ended. */
export function monitorRows(draft: Draft, monitor: DraftMonitor): Row[] {
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
