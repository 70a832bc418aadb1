import { IMPACT } from './claims.ts';
import { isPersons, type Rule, sentencesOf, statements, textOf, type View } from './finding.ts';
import { CAUSE, SOURCED, USER_COUNT } from './phrases.ts';

const ABOUT = { area: 'summary', level: 'blocking' } as const;
const JARGON =
  /(?<![\p{L}-])(?:leverage[ds]?|utili[sz]e[ds]?|facilitate[ds]?|synerg\p{L}+|paradigm|holistic|mitigation strategy|remediat\p{L}+|degradation of service|service disruption event)(?![\p{L}-])/iu;

const TIME = /(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])/g;
const LENGTH =
  /(?<![\p{L}\p{N}.,])\d+(?:\.\d+)?[\s-]?(?:seconds?|secs?|s|minutes?|mins?|min|hours?|hrs?|h|days?)(?![\p{L}])(?:(?: and)?\s\d+(?:\.\d+)?\s?(?:seconds?|secs?|s|minutes?|mins?|min)(?![\p{L}]))*/giu;

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
      if (cause) return [{ blockId: firstBlock(view), excerpt: cause }];
      if (first === '' || IMPACT.test(first)) return [];
      return [
        {
          blockId: firstBlock(view),
          excerpt: first.slice(0, 200),
          message: 'The first sentence of the summary does not say what did not work',
        },
      ];
    },
  },
  {
    ...ABOUT,
    id: 'summary-times',
    message: 'The summary gives a time that no row has',
    fix: 'Take the times from the timeline, in UTC.',
    check(view) {
      const known = view.ledger
        .filter(({ unit, value }) => unit === 'time' && value !== null)
        .flatMap(({ value, min, max }) => [value, min, max])
        .filter((at) => at !== undefined && at !== null)
        .map((at) => secondOfDay(String(at).slice(11, 19)));
      return personsSpans(view).flatMap(({ blockId, text }) =>
        [...text.matchAll(TIME)]
          .filter(([time]) => !known.some((at) => isAbout(at, time)))
          .map(([excerpt]) => ({ blockId, excerpt, message: `The summary gives ${excerpt}, a time that no row has` })),
      );
    },
  },
  {
    ...ABOUT,
    id: 'summary-duration',
    message: 'The summary gives a length that lies outside of the measured bounds',
    fix: 'Give the downtime or the span as measured, within their bounds.',
    check(view) {
      const known = view.ledger.filter(({ unit, value }) => unit === 's' && value !== null);
      return personsSpans(view).flatMap(({ blockId, text }) =>
        [...text.matchAll(LENGTH)]
          .filter(([stated]) => {
            const [least, most] = range(stated);
            return !known.some(
              (fact) => Number(fact.min ?? fact.value) <= most && Number(fact.max ?? fact.value) >= least,
            );
          })
          .map(([excerpt]) => ({ blockId, excerpt, message: `No measured length is ${excerpt}` })),
      );
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

const personsSpans = (view: View) =>
  view
    .section('summary')
    .filter(isPersons)
    .flatMap(({ id, spans }) => statements(spans).map((span) => ({ blockId: id, text: view.ownWords([span]) })));

/** `14:26:40` is one second, `14:26` any of its minute, and of the one that it is rounded to. */
function isAbout(at: number, time: string): boolean {
  const stated = secondOfDay(time);
  return time.length > 5 ? Math.abs(at - stated) <= 1 : at >= stated - 30 && at < stated + 60;
}

function secondOfDay(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}

const UNITS: [RegExp, number][] = [
  [/^d/i, 86_400],
  [/^h/i, 3600],
  [/^m/i, 60],
  [/^s/i, 1],
];

/** What a length may stand for: `15 minutes` are 14.5 to 15.5. */
function range(stated: string): [number, number] {
  let [seconds, finest] = [0, 86_400];
  for (const [, count, unit = ''] of stated.matchAll(/(\d+(?:\.\d+)?)[\s-]?(\p{L}+)/gu)) {
    const size = UNITS.find(([name]) => name.test(unit))?.[1] ?? 1;
    seconds += Number(count) * size;
    finest = Math.min(finest, count?.includes('.') ? size / 10 : size);
  }
  return [seconds - finest / 2, seconds + finest / 2];
}

const firstBlock = ({ section }: View): string => section('summary')[0]?.id ?? 'summary';
