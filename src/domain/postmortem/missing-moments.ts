import type { Block, Span, TimelineKind } from './document.ts';
import { block, type Draft, lead, moment, nameOf } from './draft.ts';
import type { Fact } from './facts.ts';
import { isImported } from './measure-gaps.ts';
import { derived, figure, length, question, resting, type Said, words } from './say.ts';
import { changeKind } from './symptom-words.ts';

/** The moments of which there is no row, each put as a question that the people who were there can answer. */
export function missingMoments(draft: Draft): Block[] {
  const { ledger, rows, frame } = draft;
  const result: Block[] = [];
  const ask = (id: string, kind: TimelineKind, ...spans: Block['spans']) =>
    result.push(block(`timeline.${id}`, { as: 'timeline', at: null, to: null, kind, source: null }, ...spans));
  const first = lead(draft);
  const of = first ? nameOf(draft, first.id) : words`it`;
  const detected = ledger.get('detectedAt');
  const [start, end, alerted, cause] = [
    ledger.get('start'),
    ledger.known('end'),
    ledger.known('alertedAt'),
    ledger.known('causeIdentifiedAt'),
  ];
  const since = alerted ?? detected;
  const upTo = end ? words` and the recovery at ${moment(draft, end)}` : words` and now`;

  if (first && !ledger.known('lastGoodAt', `${first.id}/w1`)) {
    ask(
      'last-good',
      'last_good',
      question`Before the start: no check of ${of} had passed yet. When was it last known to work?`,
    );
  }
  if (!alerted) {
    const channels = ledger.get('channelCount');
    const none =
      Number(channels.value) === 0
        ? resting('no channel that reaches a person is connected', channels)
        : resting('no alert was delivered to a person', channels);
    ask(
      'alerted',
      'alerted',
      derived`First human alerted: ${isImported(rows) && rows.alerts.length === 0 ? resting('no alert was sent, the checks are imported', channels) : none}.`,
      question`Who noticed, how, and at what time?`,
    );
  }
  if (!ledger.known('acknowledgedAt')) {
    ask(
      'acknowledged',
      'acknowledged',
      derived`Acknowledgment: ${resting('none recorded', ledger.get('acknowledgedAt'))}.`,
      question`Which role took it on, and when after ${moment(draft, since)}?`,
    );
  }
  if (!ledger.known('diagnosticAt')) {
    ask(
      'diagnostic',
      'diagnostic',
      question`Diagnostic steps: what was looked at between ${moment(draft, since)}${upTo}, and what did it show?`,
    );
  }
  if (!cause) {
    ask(
      'cause',
      'cause_identified',
      question`Cause identified: when was it known why ${of} failed, and from what evidence?`,
    );
  }
  if (!ledger.known('fixAppliedAt')) {
    ask(
      'fix',
      'fix_applied',
      end ? fixQuestion(draft, end, of) : question`Fix applied: which action is being taken, and since when?`,
    );
  }
  if (!ledger.known('statusUpdateAt')) {
    ask(
      'status-update',
      'status_update',
      question`First public word: was anyone outside told after ${moment(draft, start)}, where, and when?`,
    );
  }
  if (!end) {
    ask(
      'restored',
      'restored',
      frame.open
        ? derived`Fully restored: ${resting('not yet', ledger.get('status'))}.`
        : question`Fully restored: when did ${of} work again? Its recovery was not observed.`,
    );
  }
  return result;
}

/** A change that was recorded on the way to the recovery is asked about by name. */
function fixQuestion(draft: Draft, end: Fact, of: Said): Span {
  const { ledger, rows } = draft;
  const last = rows.changes.findLast(({ id }) => ledger.known('changeToEndSeconds', id));
  if (!last) {
    return question`Fix applied: which action came before the recovery at ${moment(draft, end)}, and when was it taken, or did ${of} recover without one?`;
  }
  const [kind, title, before] = [
    ledger.get('changeKind', last.id),
    ledger.get('changeTitle', last.id),
    ledger.get('changeToEndSeconds', last.id),
  ];
  return question`Fix applied: the ${changeKind(kind)} “${figure(title)}” is on record ${length(before)} before the recovery at ${moment(draft, end)}: was that the fix, was it another action, or did ${of} recover without one?`;
}
