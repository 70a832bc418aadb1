import { captured } from './captured.ts';
import type { Header } from './document.ts';
import type { Draft } from './draft.ts';
import {
  between,
  boundedLength,
  date,
  derived,
  figure,
  length,
  observed,
  question,
  reported,
  type Said,
  time,
  words,
} from './say.ts';
import { beganBefore } from './summary.ts';

export function drawHeader(draft: Draft): Header {
  const { ledger, rows } = draft;
  const [start, end, down, span] = [
    ledger.get('start'),
    ledger.known('end'),
    ledger.get('downSeconds'),
    ledger.get('spanSeconds'),
  ];
  const services = ledger.known('services');
  const owners = ledger.known('owners');
  const due = ledger.known('dueAt');
  const left = ledger.known('stoppedFollowingAt');
  const asOf = ledger.known('asOf');
  const early = beganBefore(draft);
  const same = boundedLength(down).text === boundedLength(span).text;
  let endSpan = question`not observed: when was it working again?`;
  if (end) endSpan = derived`${date(end)} ${time(end)} UTC (${between(end)})`;
  else if (asOf) endSpan = observed`still open as of ${date(asOf)} ${time(asOf)} UTC`;
  else if (left) endSpan = question`not observed, followed until ${time(left)} UTC: when was it working again?`;
  return {
    incidentId: rows.record.id,
    number: rows.record.number,
    title: captured(rows.record.title),
    rows: [
      {
        label: 'Incident',
        spans: [observed`${figure(ledger.get('incidentNumber'))}, ${figure(ledger.get('status'))}`],
      },
      { label: 'Severity', spans: [observed`${figure(ledger.get('severity'))}`] },
      {
        label: 'Services',
        spans: [services ? reported`${figure(services)}` : question`which service is this monitor part of?`],
      },
      {
        label: 'Start',
        spans: [
          derived`${date(start)} ${time(start)} UTC ${early ? 'or earlier, no check had passed before' : words`(${between(start)})`}`,
        ],
      },
      { label: 'End', spans: [endSpan] },
      {
        label: 'Duration',
        spans: [
          same
            ? derived`${boundedLength(down)} of downtime${unbroken(draft)}`
            : derived`${boundedLength(down)} of downtime within a span of ${boundedLength(span)}`,
        ],
      },
      { label: 'Owner', spans: [owners ? reported`${figure(owners)}` : question`who owns this postmortem?`] },
      {
        label: 'Due',
        spans: [
          due
            ? derived`${date(due)} ${time(due)} UTC, ${length(ledger.get('dueSeconds'))} after recovery`
            : derived`${length(ledger.get('dueSeconds'))} after recovery`,
        ],
      },
    ],
  };
}

/** Of time in which nobody looked it is not known whether it was a break. */
function unbroken({ ledger }: Draft): Said {
  const blind = ledger.get('unobservedSeconds');
  if (Number(blind.value) > 0) return words`, ${length(blind)} of it unobserved`;
  return words`${ledger.facts.some(({ name }) => name === 'checkGapSeconds') ? '' : ', without a break'}`;
}
