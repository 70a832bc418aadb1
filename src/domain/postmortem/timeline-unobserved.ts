import type { Span } from './document.ts';
import { type Draft, nameOf } from './draft.ts';
import type { Fact, FactName } from './facts.ts';
import { derived, figure, length, observed, words } from './say.ts';
import { REASON_WORDS } from './symptom-words.ts';
import type { Row } from './timeline-row.ts';

/** Time in which monitors were not watched: as recorded, as gaps between checks, and at places without a worker. */
export function unobservedRows(draft: Draft): Row[] {
  return [...recordedRows(draft), ...gapRows(draft), ...lostPlaceRows(draft)];
}

/** A row for each stretch that begins with a fact of this name. */
function stretches(
  { ledger }: Draft,
  [begins, ends]: [FactName, FactName],
  say: (about: string, to: Fact | null) => Span,
): Row[] {
  return ledger.facts
    .filter(({ name }) => name === begins)
    .map((from) => {
      const about = String(from.about);
      const to = ledger.known(ends, about);
      return {
        id: `timeline.unobserved.${about}`,
        kind: 'unobserved',
        source: 'detector',
        at: from,
        to,
        spans: [say(about, to)],
        fold: 'unobserved',
      };
    });
}

const stillSo = (to: Fact | null) => (to ? '' : ', still so');
const subjectOf = (about: string) => about.split('/')[0] ?? '';

function recordedRows(draft: Draft): Row[] {
  return stretches(draft, ['unobservedFrom', 'unobservedTo'], (about, to) => {
    const subject = subjectOf(about);
    const who = subject === 'all' ? words`no monitor` : words`${nameOf(draft, subject)} not`;
    const reason = draft.ledger.get('unobservedReason', about);
    const why = { text: REASON_WORDS[String(reason.value)] ?? String(reason.value), facts: [reason.id] };
    return observed`Unobserved time: ${who} watched, ${why}${stillSo(to)}.`;
  });
}

function gapRows(draft: Draft): Row[] {
  return stretches(draft, ['checkGapFrom', 'checkGapTo'], (about) => {
    const seconds = draft.ledger.get('checkGapSeconds', about);
    return derived`Unobserved time: no check of ${nameOf(draft, subjectOf(about))} that counts for ${length(seconds)}.`;
  });
}

function lostPlaceRows(draft: Draft): Row[] {
  return stretches(draft, ['placeLostFrom', 'placeLostTo'], (about, to) => {
    const place = figure(draft.ledger.get('placeLostName', about));
    return observed`Unobserved time: no worker was at ${place}, and nothing was seen from there${stillSo(to)}.`;
  });
}
