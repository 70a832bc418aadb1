import type { Block, TimelineKind } from '../document.ts';
import { inBlocks } from './blocks.ts';
import { type Rule, textOf, type View } from './finding.ts';

const ABOUT = { area: 'timeline', level: 'blocking' } as const;
const MANY_ROWS = 40;
const OPINION =
  /(?<![\p{L}-])(?:I think|we think|we believe|I believe|probably|presumably|maybe|perhaps|in hindsight|unfortunately|luckily)(?![\p{L}-])/iu;

type Row = Block & { layout: Extract<Block['layout'], { as: 'timeline' }> };
const rowsOf = (view: View): Row[] =>
  view.section('timeline').filter((block): block is Row => block.layout.as === 'timeline');
const known = (view: View) => rowsOf(view).filter(({ layout }) => layout.at !== null);

const MOMENTS: [TimelineKind, string][] = [
  ['started', 'problem started'],
  ['detected', 'monitoring detected it'],
  ['alerted', 'first human alerted'],
  ['diagnostic', 'diagnostic steps'],
  ['cause_identified', 'cause identified'],
  ['fix_applied', 'fix applied'],
  ['restored', 'fully restored'],
];

/** The timeline: everything that was captured, in order, each with its source. */
export const TIMELINE_RULES: Rule[] = [
  {
    ...ABOUT,
    id: 'timeline-order',
    message: 'The rows are not in the order of their times',
    fix: 'Regenerate the draft: rows are ordered by their time.',
    check(view) {
      const rows = known(view);
      return rows.flatMap((row, index) =>
        index > 0 && String(rows[index - 1]?.layout.at) > String(row.layout.at) ? [{ blockId: row.id }] : [],
      );
    },
  },
  {
    ...ABOUT,
    id: 'timeline-utc',
    message: 'A time is not in UTC, or a row does not begin with its own',
    fix: 'Give times as HH:MM:SS in UTC; a row begins with its own.',
    check: (view) => [
      ...known(view)
        .filter(({ spans, layout }) => !spans[0]?.text.startsWith(String(layout.at).slice(11, 19)))
        .map(({ id, spans }) => ({ blockId: id, excerpt: spans[0]?.text ?? '' })),
      ...inBlocks(view, 'timeline-utc', 'persons'),
    ],
  },
  {
    ...ABOUT,
    id: 'timeline-before-start',
    message: 'The timeline begins with the failure, not before it',
    fix: 'Begin with the last good check, or ask when it was last known to work.',
    check(view) {
      const start = String(view.fact('start')?.value ?? '');
      if (start === '' || view.number('affectedCount') === 0) return [];
      const before = rowsOf(view).some(
        ({ layout }) => (layout.at !== null && layout.at < start) || layout.kind === 'last_good',
      );
      return before ? [] : [{ blockId: 'timeline' }];
    },
  },
  {
    ...ABOUT,
    id: 'seven-moments',
    message: 'A moment of the incident has neither a row nor a question',
    fix: 'Add when it was, or ask for it.',
    check(view) {
      if (view.number('affectedCount') === 0) return [];
      const kinds = new Set(rowsOf(view).map(({ layout }) => layout.kind));
      const ids = new Set(rowsOf(view).map(({ id }) => id));
      return MOMENTS.filter(([kind]) => !kinds.has(kind) && !ids.has(`timeline.${kind}`)).map(([kind, words]) => ({
        blockId: `timeline.${kind}`,
        message: `Neither a row nor a question: ${words}`,
      }));
    },
  },
  {
    ...ABOUT,
    id: 'detection-split',
    message: 'The gap from start to detection is not split',
    fix: 'Say how much of it was waiting for the next check and how much was confirmation.',
    check(view) {
      if (view.number('affectedCount') === 0 || !view.fact('detectSeconds')) return [];
      const text = view
        .section('timeline')
        .filter(({ layout }) => layout.as === 'table')
        .map(({ spans }) => textOf(spans))
        .join(' ');
      return text.includes('waiting for the next check') && text.includes('confirmation')
        ? []
        : [{ blockId: 'gaps.detect' }];
    },
  },
  {
    ...ABOUT,
    id: 'delivered-not-sent',
    message: 'An alert is said to be sent: what counts is when it was delivered',
    fix: 'Give the time at which it was delivered, and to which channel.',
    check: (view) => [
      ...rowsOf(view)
        .filter(({ layout, spans }) => layout.source === 'alert' && /\balert\b[^.]{0,80}\bsent\b/i.test(textOf(spans)))
        .map(({ id, spans }) => ({ blockId: id, excerpt: textOf(spans).slice(0, 200) })),
      ...inBlocks(view, 'delivered-not-sent', 'persons'),
    ],
  },
  {
    ...ABOUT,
    id: 'acknowledgment',
    message: 'The timeline says neither who took it on nor that nobody did',
    fix: 'Add the acknowledgment, or say “none recorded”.',
    check(view) {
      if (view.number('affectedCount') === 0) return [];
      const rows = rowsOf(view).filter(
        ({ layout, id }) => layout.kind === 'acknowledged' || id === 'timeline.acknowledged',
      );
      return rows.length > 0 ? [] : [{ blockId: 'timeline.acknowledged' }];
    },
  },
  {
    ...ABOUT,
    id: 'row-source',
    message: 'A row does not say where it is from',
    fix: 'End the row with its source: check, detector, alert, person or integration.',
    check: (view) =>
      known(view)
        .filter(({ layout, spans }) => layout.source === null || !textOf(spans).endsWith(`(${layout.source})`))
        .map(({ id }) => ({ blockId: id })),
  },
  {
    ...ABOUT,
    id: 'nothing-dropped',
    message: 'Something that was captured stands nowhere',
    fix: 'Regenerate the draft; what is folded is counted, never left out.',
    check(view) {
      const cited = new Set([
        ...view.blocks.flatMap(({ spans }) => spans.flatMap(({ facts }) => facts)),
        ...(view.document.removed ?? []).map(({ id }) => id),
      ]);
      const captured = [...view.facts('entryAt'), ...view.facts('changeAt'), ...view.facts('alertDeliveredAt')];
      return captured
        .filter(({ id }) => !cited.has(id))
        .map(({ id, name, about }) => ({
          blockId: `timeline.${about ?? id}`,
          excerpt: `${name} ${about ?? ''}`.trim(),
        }));
    },
  },
  {
    ...ABOUT,
    id: 'timeline-rows',
    level: 'warning',
    message: 'The timeline is longer than 40 rows',
    fix: 'Fold what repeats; every transition stays.',
    check: (view) =>
      known(view).length > MANY_ROWS
        ? [{ blockId: 'timeline', message: `The timeline has ${known(view).length} rows` }]
        : [],
  },
  {
    ...ABOUT,
    id: 'timeline-facts-only',
    level: 'warning',
    message: 'A row holds an opinion',
    fix: 'Keep what happened and when; what it meant belongs to the contributing factors.',
    check: (view) =>
      rowsOf(view).flatMap(({ id, spans }) => {
        const found = OPINION.exec(textOf(spans.filter(({ kind }) => kind !== 'question')))?.[0];
        return found ? [{ blockId: id, excerpt: found }] : [];
      }),
  },
  {
    ...ABOUT,
    id: 'public-words-measured',
    level: 'warning',
    message: 'A public update stands without what was measured at that time',
    fix: 'Say beside it how many monitors were down then.',
    check: (view) =>
      rowsOf(view)
        .filter(
          ({ layout, spans }) =>
            layout.kind === 'status_update' &&
            layout.at !== null &&
            view.number('affectedCount') > 0 &&
            !/measured then/i.test(textOf(spans)),
        )
        .map(({ id }) => ({ blockId: id })),
  },
];
