import type { Span } from './document.ts';
import type { Draft } from './draft.ts';
import type { Fact } from './facts.ts';
import { figure, length, observed } from './say.ts';
import type { Row } from './timeline-row.ts';

/** The near-misses that were enough to be told of. */
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

/** No monitor was down: what there is of a start and an end is what was declared, or what near-misses gave. */
export function declaredRows(draft: Draft): Row[] {
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
