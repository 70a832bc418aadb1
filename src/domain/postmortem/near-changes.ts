import type { Block, Span } from './document.ts';
import { type Draft, item, nameOf, paragraph } from './draft.ts';
import type { Fact } from './facts.ts';
import { plural } from './format.ts';
import type { DraftChange } from './rows.ts';
import {
  capitalized,
  derived,
  figure,
  join,
  question,
  reported,
  resting,
  type Said,
  share,
  time,
  words,
} from './say.ts';
import { beforeStart, changeKind } from './symptom-words.ts';
import { atMs } from './timeline-row.ts';

/** Further away than this a change is listed without what speaks for and against it, unless it is the nearest. */
const WEIGHED_SECONDS = 3_600;

/** The changes before the start, the nearest first: each with its distance and what the rows say for and against it. */
export function drawChanges(draft: Draft, most: number): Block[] {
  const { ledger } = draft;
  const count = ledger.get('changesBeforeCount');
  if (Number(count.value) === 0) {
    return [
      paragraph(
        'root-cause.changes',
        derived`Changes: ${resting('none is on record in the 24 h before the start', count)}.`,
        question`Are deploys, flags and configuration of this service sent to Hindcast, so that "none" means none?`,
      ),
    ];
  }
  const before = changesBefore(draft);
  const shown = before.slice(0, most).map((change, nth) => drawChange(draft, change, nth === 0));
  if (before.length <= shown.length) return shown;
  const rest = derived`${figure(count)} changes are on record in the 24 h before the start; the nearest are listed here.`;
  return [paragraph('root-cause.changes', rest), ...shown];
}

/** The nearest first. */
export function changesBefore({ ledger, rows }: Draft): DraftChange[] {
  return rows.changes.filter(({ id }) => ledger.known('changeBeforeSeconds', id)).toReversed();
}

function drawChange(draft: Draft, { id, kind }: DraftChange, nearest: boolean): Block {
  const { ledger } = draft;
  const [title, distance] = [ledger.get('changeTitle', id), ledger.get('changeBeforeSeconds', id)];
  const service = ledger.known('changeService', id);
  const on = service ? words` on service ${figure(service)}` : words``;
  const label = derived`${capitalized(beforeStart(distance))}, ${changeKind(ledger.get('changeKind', id))}${on}:`;
  const weighed = nearest || Number(distance.value) <= WEIGHED_SECONDS ? weigh(draft, id) : [];
  return item(`root-cause.${id}`, label, reported`“${figure(title)}”`, ...weighed, ...baseRate(draft, kind, distance));
}

function baseRate({ ledger }: Draft, kind: string, distance: Fact): Span[] {
  const [total, followed] = [ledger.known('changeBaseTotal', kind), ledger.known('changeBaseFollowed', kind)];
  if (Number(distance.value) > 600 || !total || !followed) return [];
  const many = kind === 'deploy' ? 'deploys' : 'changes of this kind';
  return [
    derived`Base rate: ${figure(followed)} of the last ${figure(total)} ${many} were followed by a failure within 10 min.`,
  ];
}

/** What the rows say for and against a connection; a distance in time is neither. */
function weigh(draft: Draft, id: string): Span[] {
  const { ledger } = draft;
  const found = [
    ['For', speaksFor(draft, id)],
    ['Against', speaksAgainst(draft, id)],
  ] as const;
  const spans = found.flatMap(([side, said]) => (said.length > 0 ? [derived`${side}: ${join(said, '; ')}.`] : []));
  if (spans.length > 0) return spans;
  return [derived`${resting('No row speaks for or against a connection', ledger.get('changeBeforeSeconds', id))}.`];
}

function speaksFor({ ledger }: Draft, id: string): Said[] {
  const [own, affected] = [ledger.known('changeAffectedCount', id), ledger.get('affectedCount')];
  if (!own || Number(own.value) === 0) return [];
  const verb = Number(affected.value) === 1 ? 'is' : 'are';
  return [words`${share(own, affected)} affected ${plural(Number(affected.value), 'monitor')} ${verb} of its service`];
}

function speaksAgainst(draft: Draft, id: string): Said[] {
  const { ledger, rows } = draft;
  const at = ledger.get('changeAt', id);
  const result: Said[] = [];
  const [own, spared] = [ledger.known('changeAffectedCount', id), ledger.known('changeSparedCount', id)];
  if (own && Number(own.value) === 0) result.push(resting('no affected monitor is of its service', own));
  if (spared && Number(spared.value) > 0) {
    const many = Number(spared.value) > 1;
    result.push(
      words`${figure(spared)} ${many ? 'monitors' : 'monitor'} of its service ${many ? 'were' : 'was'} not affected`,
    );
  }
  for (const monitor of rows.monitors) {
    const drift = ledger.known('leadUpFrom', monitor.id);
    if (drift && atMs(drift) < atMs(at))
      result.push(words`${nameOf(draft, monitor.id)} had been answering slower since ${time(drift)}, before it`);
    const [miss] = ['n1'].flatMap((nth) => ledger.known('nearMissAt', `${monitor.id}/${nth}`) ?? []);
    if (miss && atMs(miss) < atMs(at))
      result.push(words`a check of ${nameOf(draft, monitor.id)} had failed at ${time(miss)}, before it`);
  }
  const start = ledger.get('start');
  if (start.min !== undefined && Date.parse(String(start.min)) < atMs(at))
    result.push(
      resting('it lies between the last good check and the first bad one, so the failure may be older', start, at),
    );
  return result;
}
