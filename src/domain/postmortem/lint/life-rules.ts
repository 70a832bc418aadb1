import { countWords } from '../words.ts';
import { isPersons, type Rule, textOf } from './finding.ts';

const MOST_WORDS = 1_500;
/** Nobody can look up the answer to these. */
const VAGUE =
  /^(?:what (?:happened|went wrong|else)|why|how come|anything else|any (?:other )?(?:comments?|thoughts?|ideas?)|more (?:details?|information))\b[^\d?]{0,20}\?$/i;
const FEWEST_WORDS = 4;

function isVague(text: string): boolean {
  const question = text.replace(/^Why \d: /, '').trim();
  return VAGUE.test(question) || (question.split(/\s+/).length < FEWEST_WORDS && !/\d/.test(question));
}

/** What holds for the document as a whole. */
export const LIFE_RULES: Rule[] = [
  {
    id: 'open-question',
    area: 'life',
    level: 'warning',
    message: 'A question is not answered yet',
    fix: 'Answer it in your words, or leave it standing: an honest question is better than a guess.',
    check: ({ document }) =>
      document.sections
        .filter(({ id }) => id !== 'action-items')
        .flatMap(({ blocks }) => blocks)
        .flatMap(({ id, spans, stale }) =>
          stale
            ? []
            : spans
                .filter(({ kind }) => kind === 'question')
                .map(({ text }) => ({ blockId: id, excerpt: text, message: text })),
        ),
  },
  {
    id: 'question-specific',
    area: 'life',
    level: 'blocking',
    message: 'A question is too vague to be answered',
    fix: 'Ask for one thing that somebody can look up: a time, a name, a number.',
    check({ blocks, facts }) {
      // What a team asks of each of its postmortems is its own; a cell of a table has no room for more.
      const team = new Set(facts('teamQuestion').map(({ about }) => about));
      return blocks
        .filter(({ id, layout }) => !team.has(id) && layout.as !== 'table')
        .flatMap(({ id, spans }) =>
          spans
            .filter(({ kind, text }) => kind === 'question' && text.includes('?') && isVague(text))
            .map(({ text }) => ({ blockId: id, excerpt: text })),
        );
    },
  },
  {
    id: 'length',
    area: 'life',
    level: 'warning',
    message: 'It is longer than 1,500 words before the appendix',
    fix: 'Move details behind links; two or three pages are read.',
    check({ document }) {
      const words = countWords(document.sections);
      return words > MOST_WORDS
        ? [{ blockId: 'document', message: `It has ${words} words, more than ${MOST_WORDS}` }]
        : [];
    },
  },
  {
    id: 'due-clock',
    area: 'life',
    level: 'blocking',
    message: 'The incident is over, and it is not said when the postmortem is due',
    fix: 'Regenerate the draft: it is due a set time after the recovery.',
    check: (view) => (view.fact('resolvedAt') && !view.fact('dueAt') ? [{ blockId: 'header', excerpt: 'Due' }] : []),
  },
  {
    id: 'near-misses-told',
    area: 'life',
    level: 'blocking',
    message: 'Failures that were over before they were confirmed came before it, and are not told of',
    fix: 'Name the near-misses of the hour before, or fold them with their number.',
    check(view) {
      const count = view.number('nearMissCount') + view.number('patternCount');
      const text = textOf(view.blocks.flatMap(({ spans }) => spans));
      return count === 0 || /near-miss|over before it was confirmed|failed briefly/i.test(text)
        ? []
        : [{ blockId: 'timeline', excerpt: `${count} near-misses` }];
    },
  },
  {
    id: 'persons-words-reported',
    area: 'life',
    level: 'blocking',
    message: 'Words of a person stand there as if they were measured',
    fix: 'What a person wrote is reported, or a question: write it by PATCH, where it is kept as such.',
    check: ({ blocks }) =>
      blocks
        .filter(isPersons)
        .filter(({ spans }) => !spans.some(({ kind }) => kind === 'reported' || kind === 'question'))
        .map(({ id, spans }) => ({ blockId: id, excerpt: textOf(spans).slice(0, 200) })),
  },
  {
    id: 'sections-there',
    area: 'life',
    level: 'blocking',
    message: 'A section has no text',
    fix: 'Summary and timeline cannot be left empty.',
    check: ({ section }) =>
      (['summary', 'timeline'] as const)
        .filter((id) => textOf(section(id).flatMap(({ spans }) => spans)).trim() === '')
        .map((id) => ({ blockId: id })),
  },
];
