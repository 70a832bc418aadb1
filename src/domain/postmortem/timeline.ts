import type { Block, Section } from './document.ts';
import { type Draft, heading, paragraph } from './draft.ts';
import { drawGaps } from './gaps.ts';
import { isImported } from './measure-gaps.ts';
import { missingMoments } from './missing-moments.ts';
import { date, derived, observed, time } from './say.ts';
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
  'conflicts',
];
const KEEP_AT_MOST = 8;
const KEEP_AT_LEAST = 2;

/** The rows in order, then the moments that nobody recorded as questions, then the table of gaps. */
export function drawTimeline(draft: Draft, keep = KEEP_AT_MOST): Section {
  const rows = folded([...measuredRows(draft), ...toldRows(draft)], keep).sort(inOrder);
  const unknown = missingMoments(draft);
  const blocks = [
    ...importedNote(draft),
    ...withDays(rows),
    ...(unknown.length > 0 ? [heading('timeline.unknown', derived`Moments without a record`), ...unknown] : []),
    ...drawGaps(draft),
  ];
  return { id: 'timeline', title: 'Timeline', blocks };
}

/** Of history that was brought in, once, what else would be puzzling in each row. */
function importedNote({ ledger, rows }: Draft): Block[] {
  if (!isImported(rows)) return [];
  const at = ledger.get('recordedAt');
  const untold = rows.alerts.length === 0 ? ', and no alert was sent for it' : '';
  return [
    paragraph(
      'timeline.imported',
      observed`These checks were made elsewhere and imported; the incident is on record here since ${date(at)} ${time(at)} UTC${untold}.`,
    ),
  ];
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
