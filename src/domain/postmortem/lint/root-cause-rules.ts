import { isPersons, matches, type Rule, textOf, type View } from './finding.ts';
import { PHRASES } from './phrases.ts';

const ABOUT = { area: 'root-cause', level: 'blocking' } as const;
const CONFIRMED = /(?<![\p{L}-])(?:root cause|the cause (?:is|was)|cause:)/iu;
const PERSON_WHY = PHRASES.filter(({ rule }) => rule === 'blame-person' || rule === 'fault' || rule === 'team-shaming');
const PEOPLE =
  /(?<![\p{L}-])(?:engineers?|operators?|developers?|somebody|someone|he|she|who (?:forgot|failed|missed|broke))(?![\p{L}-])/iu;

const why = (view: View, number: number) =>
  view.section('root-cause').find(({ id }) => id === `root-cause.why-${number}`);

/** Contributing factors: a scaffold that people finish. */
export const ROOT_CAUSE_RULES: Rule[] = [
  {
    ...ABOUT,
    id: 'cause-confirmed',
    message: 'A cause is asserted, and no person has reported one',
    fix: 'Record it first: a timeline entry of kind cause_identified, with the evidence.',
    check(view) {
      if (view.fact('causeIdentifiedAt')) return [];
      return matches(view.section('root-cause').filter(isPersons), ({ spans }) => view.ownWords(spans), CONFIRMED);
    },
  },
  {
    ...ABOUT,
    id: 'five-whys',
    message: 'A why is missing',
    fix: 'Keep all five: the first answered from data, the others as questions or answers.',
    check: (view) =>
      [1, 2, 3, 4, 5]
        .filter((number) => !why(view, number))
        .map((number) => ({ blockId: `root-cause.why-${number}`, message: `Why ${number} is missing` })),
  },
  {
    ...ABOUT,
    id: 'first-why-from-data',
    message: 'The first why is not answered from data',
    fix: 'Say which layer failed, on how many of how many checks, and what still worked.',
    check(view) {
      const first = why(view, 1);
      if (!first || view.number('affectedCount') === 0) return [];
      const answered =
        first.spans.some(({ kind, facts }) => kind !== 'question' && facts.length > 0) ||
        /\d+ of \d+/.test(textOf(first.spans));
      return answered ? [] : [{ blockId: first.id }];
    },
  },
  {
    ...ABOUT,
    id: 'last-why-a-system',
    message: 'The last why ends at a person',
    fix: 'Ask once more: what let the step through, and what was missing that would have stopped it?',
    check(view) {
      const last = why(view, 5);
      if (!last) return [];
      const words = view.ownWords(last.spans);
      const found = PEOPLE.exec(words)?.[0] ?? PERSON_WHY.map(({ pattern }) => pattern.exec(words)?.[0]).find(Boolean);
      return found ? [{ blockId: last.id, excerpt: found }] : [];
    },
  },
  {
    ...ABOUT,
    id: 'failing-layer',
    message: 'The first why names another layer than the one that failed',
    fix: 'Regenerate the draft: the layer follows from the failures of the checks.',
    check(view) {
      const first = why(view, 1);
      const layers = view.facts('layerFailed').filter(({ value }) => Number(value) > 0);
      if (!first || layers.length === 0 || isPersons(first)) return [];
      const cited = new Set(first.spans.flatMap(({ facts }) => facts));
      const most = layers.reduce((a, b) => (Number(b.value) > Number(a.value) ? b : a));
      const [owner] = String(most.about ?? '').split('/');
      const lead = String(view.fact('monitorName')?.about ?? owner);
      const own = layers.filter(({ about }) => String(about).startsWith(`${lead}/`));
      return own.length === 0 || own.some(({ id }) => cited.has(id)) ? [] : [{ blockId: first.id }];
    },
  },
  {
    ...ABOUT,
    id: 'evidence-against',
    level: 'warning',
    message: 'A change is named near the start without what speaks against a connection',
    fix: 'Add the evidence for and against: what else changed, what was not touched, how often such a change was fine.',
    check(view) {
      const near = view.facts('changeBeforeSeconds').some(({ value }) => Number(value) <= 600);
      const text = textOf(view.section('root-cause').flatMap(({ spans }) => spans));
      return !near || /\bagainst\b|\bfollowed by\b|\bother services?\b/i.test(text) ? [] : [{ blockId: 'root-cause' }];
    },
  },
  {
    ...ABOUT,
    id: 'trigger-apart',
    level: 'warning',
    message: 'What set it off and what had been there all along are not told apart',
    fix: 'Name the step that set it off, and the conditions that let it take effect.',
    check(view) {
      const words = textOf(
        view
          .section('root-cause')
          .filter(isPersons)
          .flatMap(({ spans }) => spans),
      );
      if (words === '' || words.length < 200) return [];
      return /\b(?:trigger|set (?:it )?off|started when|latent|had been|already|allowed|condition)/i.test(words)
        ? []
        : [{ blockId: 'root-cause' }];
    },
  },
  {
    ...ABOUT,
    id: 'precursors',
    level: 'warning',
    message: 'It does not say whether there were signs before',
    fix: 'Name them with their distance, or say “none visible” and what was searched.',
    check(view) {
      if (view.number('affectedCount') === 0) return [];
      const text = textOf(view.section('root-cause').flatMap(({ spans }) => spans));
      return /precursor|none visible|before the start|drift/i.test(text) ? [] : [{ blockId: 'root-cause' }];
    },
  },
];
