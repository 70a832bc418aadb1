import type { Block, Section, TimelineKind } from './document.ts';
import { block, type Draft, heading, lead, nameOf } from './draft.ts';
import { drawGaps } from './gaps.ts';
import { date, derived, figure, question, resting, time, words } from './say.ts';
import { measuredRows } from './timeline-measured.ts';
import { type FoldKind, fold, inOrder, type Row, toBlock } from './timeline-row.ts';
import { toldRows } from './timeline-told.ts';

const MAX_ROWS = 40;
/** What is folded first when there are too many rows. */
const FOLD_ORDER: FoldKind[] = [
  'entries',
  'alerts',
  'changes',
  'near-misses',
  'unobserved',
  'symptoms',
  'recoveries',
  'joins',
  'comebacks',
];
const KEEP_AT_MOST = 8;
const KEEP_AT_LEAST = 2;

/** The rows in order, then the moments that nobody recorded as questions, then the table of gaps. */
export function drawTimeline(draft: Draft, keep = KEEP_AT_MOST): Section {
  const rows = folded([...measuredRows(draft), ...toldRows(draft)], keep).sort(inOrder);
  const unknown = missingMoments(draft);
  const blocks = [
    ...withDays(rows),
    ...(unknown.length > 0 ? [heading('timeline.unknown', derived`Moments without a record`), ...unknown] : []),
    ...drawGaps(draft),
  ];
  return { id: 'timeline', title: 'Timeline', blocks };
}

function folded(rows: Row[], most: number): Row[] {
  let result = rows;
  for (let keep = most; keep >= KEEP_AT_LEAST; keep--) {
    result = rows;
    for (const kind of FOLD_ORDER) result = fold(result, kind, keep);
    if (result.length <= MAX_ROWS) break;
  }
  return result;
}

/** A heading with the date before the first row of each day. */
function withDays(rows: Row[]): Block[] {
  let day = '';
  return rows.flatMap((row) => {
    const today = date(row.at).text;
    if (today === day) return [toBlock(row)];
    day = today;
    return [heading(`timeline.day.${today}`, derived`${date(row.at)}, times in UTC`), toBlock(row)];
  });
}

/** The moments of which there is no row, each put as a question that the people who were there can answer. */
function missingMoments(draft: Draft): Block[] {
  const { ledger, frame } = draft;
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
  const upTo = end ? words` and the recovery at ${time(end)}` : words` and now`;

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
        ? words`no channel that reaches a person is connected`
        : words`no alert was delivered on ${figure(channels)} of its channels for people`;
    ask(
      'alerted',
      'alerted',
      derived`First human alerted: ${Number(channels.value) === 0 ? resting(none.text, channels) : resting('no alert was delivered to a person', channels)}.`,
      question`Who noticed, how, and at what time?`,
    );
  }
  if (!ledger.known('acknowledgedAt')) {
    ask(
      'acknowledged',
      'acknowledged',
      derived`Acknowledgment: ${resting('none recorded', ledger.get('acknowledgedAt'))}.`,
      question`Which role took it on, and when after ${time(since)}?`,
    );
  }
  if (!ledger.known('diagnosticAt')) {
    ask(
      'diagnostic',
      'diagnostic',
      question`Diagnostic steps: what was looked at between ${time(since)}${upTo}, and what did it show?`,
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
      end
        ? question`Fix applied: which action came before the recovery at ${time(end)}, and when was it taken, or did ${of} recover without one?`
        : question`Fix applied: which action is being taken, and since when?`,
    );
  }
  if (!ledger.known('statusUpdateAt')) {
    ask(
      'status-update',
      'status_update',
      question`First public word: was anyone outside told after ${time(start)}, where, and when?`,
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
