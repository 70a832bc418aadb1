import type { EarlierIncident } from '../recurrence.ts';
import type { Trait } from '../signature.ts';
import type { Block, Span } from './document.ts';
import { type Draft, item, paragraph } from './draft.ts';
import { plural } from './format.ts';
import { EARLIER_NAMED, OPEN_NAMED } from './measure-earlier.ts';
import { date, days, derived, figure, join, length, question, reported, resting, type Said, words } from './say.ts';

/** What failed like this before, what became of it, and what was to be done about it. */
export function drawEarlier(draft: Draft): Block[] {
  const { ledger, rows } = draft;
  const count = ledger.get('earlierCount');
  const of = rows.record.service === null ? 'of these monitors' : 'of this service';
  if (Number(count.value) === 0) {
    return [
      paragraph(
        'root-cause.earlier',
        derived`Earlier incidents: ${resting(`none ${of} in the 365 days before`, count)}.`,
      ),
    ];
  }
  const incidents = words`${figure(count)} ${plural(Number(count.value), 'incident')} ${of} in the 365 days before`;
  const same = ledger.known('earlierSameCount');
  if (!same) return [paragraph('root-cause.earlier', derived`Earlier incidents: ${incidents}.`)];
  const signature = words`${figure(ledger.get('signatureFailure'))}, seen from ${figure(ledger.get('signatureLocations'))}`;
  if (Number(same.value) === 0) {
    return [
      paragraph(
        'root-cause.earlier',
        derived`Earlier incidents: ${incidents}, ${resting('none with the signature of this one', same)} (${signature}).`,
      ),
    ];
  }
  const named = rows.recurrence?.same.slice(0, EARLIER_NAMED) ?? [];
  return [
    paragraph(
      'root-cause.earlier',
      derived`Earlier incidents: ${incidents}, ${figure(same)} with the signature of this one (${signature}).`,
    ),
    ...named.slice(0, 2).map((incident) => drawOne(draft, incident)),
    ...drawOthers(draft, named.slice(2)),
  ];
}

const POSTMORTEM_WORDS: Record<EarlierIncident['postmortem'], string> = {
  published: 'its postmortem is published',
  in_review: 'its postmortem is in review',
  draft: 'its postmortem is still a draft',
  none: 'it has no postmortem',
};

const TRAIT_WORDS: Record<Trait, string> = {
  failure: 'the same failure',
  beginning: 'the same first symptom',
  phase: 'the same phase',
  locations: 'a location in common',
  hour: 'the same hour of day',
};

function drawOne(draft: Draft, incident: EarlierIncident): Block {
  const { ledger } = draft;
  const { id, postmortem, likeness } = incident;
  const state = ledger.get('earlierPostmortem', id);
  const shown = likeness.agrees.filter((trait) => trait !== 'beginning' || !likeness.agrees.includes('failure'));
  const alike = {
    text: shown.map((trait) => TRAIT_WORDS[trait]).join(', '),
    facts: [ledger.get('earlierAgrees', id).id],
  };
  const number = figure(ledger.get('earlierNumber', id));
  const label = derived`Incident ${number}, ${distance(draft, id)}: ${alike}; ${resting(POSTMORTEM_WORDS[postmortem], state)}.`;
  const cause = ledger.known('earlierCause', id);
  const told = cause ? [derived`Its cause, as reported then:`, reported`“${figure(cause)}”`] : [];
  const ask = cause
    ? question`What speaks for and against the same condition here, and what was changed after incident ${number}?`
    : question`What was found to be behind incident ${number}, and what was changed after it?`;
  return item(`root-cause.earlier.${id}`, label, ...told, ...stillOpen(draft, incident), ask);
}

/** What was taken on after it and is not done, with how long and how late. */
function stillOpen({ ledger }: Draft, { id, openActions }: EarlierIncident): Span[] {
  const count = ledger.known('earlierOpenCount', id);
  if (!count) return [];
  const named = openActions.slice(0, OPEN_NAMED).flatMap((action): Span[] => {
    const about = `${id}/${action.id}`;
    const late = ledger.known('earlierOpenLateDays', about);
    const since = words`open for ${days(ledger.get('earlierOpenDays', about))}`;
    return [
      reported`“${figure(ledger.get('earlierOpenTitle', about))}”`,
      late ? derived`(${since}, ${days(late)} late).` : derived`(${since}).`,
    ];
  });
  return [derived`Action items of it that are still open: ${figure(count)}.`, ...named];
}

/** `2026-01-28, 34 days before`; on the same day `1 h 5 min before`. */
function distance({ ledger }: Draft, id: string): Said {
  const [start, ago, seconds] = [
    ledger.get('earlierStart', id),
    ledger.get('earlierDays', id),
    ledger.get('earlierSeconds', id),
  ];
  return words`${date(start)}, ${Number(ago.value) < 1 ? length(seconds) : days(ago)} before`;
}

function drawOthers(draft: Draft, others: EarlierIncident[]): Block[] {
  if (others.length === 0) return [];
  const said = others.map(
    ({ id }) => words`incident ${figure(draft.ledger.get('earlierNumber', id))} (${distance(draft, id)})`,
  );
  return [item('root-cause.earlier.others', derived`Before that, with the same signature: ${join(said)}.`)];
}
