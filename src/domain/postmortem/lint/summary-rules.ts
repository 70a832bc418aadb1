import { isPersons, type Rule, sentencesOf, statements, textOf, type View } from './finding.ts';
import { CAUSE, SOURCED, USER_COUNT } from './phrases.ts';

const ABOUT = { area: 'summary', level: 'blocking' } as const;
const JARGON =
  /(?<![\p{L}-])(?:leverage[ds]?|utili[sz]e[ds]?|facilitate[ds]?|synerg\p{L}+|paradigm|holistic|mitigation strategy|remediat\p{L}+|degradation of service|service disruption event)(?![\p{L}-])/iu;

const said = ({ section }: View): string => textOf(section('summary').flatMap(({ spans }) => statements(spans)));

/** The summary: what happened, how long, to whom, before anything else. */
export const SUMMARY_RULES: Rule[] = [
  {
    ...ABOUT,
    id: 'summary-length',
    message: 'The summary is not two or three sentences',
    fix: 'Keep what happened, from when to when, and what was and was not affected; the rest has its own section.',
    check(view) {
      const count = sentencesOf(said(view)).length;
      return count >= 2 && count <= 3
        ? []
        : [
            {
              blockId: 'summary',
              message: `The summary has ${count} sentence${count === 1 ? '' : 's'}, not two or three`,
            },
          ];
    },
  },
  {
    ...ABOUT,
    id: 'summary-impact-first',
    message: 'The first sentence of the summary names a cause, not the impact',
    fix: 'Begin with what did not work, and for how long; causes come later, as reported.',
    check(view) {
      const first = sentencesOf(said(view))[0] ?? '';
      const cause = CAUSE.exec(first)?.[0];
      return cause ? [{ blockId: firstBlock(view), excerpt: cause }] : [];
    },
  },
  {
    ...ABOUT,
    id: 'summary-when',
    message: 'The summary does not say from when to when, in UTC',
    fix: 'Give start and end as UTC times, or say that it is still open.',
    check(view) {
      const text = said(view);
      const times = text.match(/\b\d{1,2}:\d\d(?::\d\d)?\b/g) ?? [];
      const wanted = view.fact('end') ? 2 : 1;
      return times.length >= wanted && /\bUTC\b/.test(text) ? [] : [{ blockId: firstBlock(view) }];
    },
  },
  {
    ...ABOUT,
    id: 'summary-how-long',
    message: 'The summary does not say how long it lasted',
    fix: 'Give the downtime, as a length with its unit.',
    check: (view) =>
      /\b\d+(?:\.\d+)? ?(?:s|sec|seconds?|min|minutes?|h|hours?|d|days?)\b/i.test(said(view))
        ? []
        : [{ blockId: firstBlock(view) }],
  },
  {
    ...ABOUT,
    id: 'summary-affected',
    message: 'The summary names nothing that was affected',
    fix: 'Name the monitors or services that failed.',
    check(view) {
      const names = [...view.facts('monitorName'), ...view.facts('services'), ...view.facts('patternMonitor')];
      const text = said(view).toLowerCase();
      const named = names.some(({ value }) =>
        String(value)
          .split(', ')
          .some((name) => text.includes(name.toLowerCase())),
      );
      return named || names.length === 0 ? [] : [{ blockId: firstBlock(view) }];
    },
  },
  {
    ...ABOUT,
    id: 'summary-user-count',
    message: 'The summary gives a number of users without its source',
    fix: 'Say where the figure comes from, or leave the question standing.',
    check: (view) =>
      view
        .section('summary')
        .filter(isPersons)
        .flatMap(({ id, spans }) =>
          sentencesOf(view.ownWords(spans))
            .filter((sentence) => USER_COUNT.test(sentence) && !SOURCED.test(sentence))
            .map((excerpt) => ({ blockId: id, excerpt })),
        ),
  },
  {
    ...ABOUT,
    id: 'summary-plain-words',
    level: 'warning',
    message: 'The summary uses words that nobody says',
    fix: 'Say it as you would tell a customer on the phone.',
    check: (view) =>
      view.section('summary').flatMap(({ id, spans }) => {
        const found = JARGON.exec(view.ownWords(statements(spans)))?.[0];
        return found ? [{ blockId: id, excerpt: found }] : [];
      }),
  },
];

const firstBlock = ({ section }: View): string => section('summary')[0]?.id ?? 'summary';
