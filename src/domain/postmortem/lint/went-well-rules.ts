import type { Block } from '../document.ts';
import { isPersons, matches, type Rule, statements, textOf, type View } from './finding.ts';

const ABOUT = { area: 'went-well', level: 'blocking' } as const;
const PRAISE =
  /(?<![\p{L}-])(?:quick(?:ly)?|fast|prompt(?:ly)?|swift(?:ly)?|rapid(?:ly)?|immediate(?:ly)?|great|excellent|well done|good job|smooth(?:ly)?|successful(?:ly)?|effective(?:ly)?|in time|on time)(?![\p{L}-])/iu;
const ADJECTIVES =
  /(?<![\p{L}-])(?:great|excellent|amazing|awesome|fantastic|outstanding|impressive|brilliant|wonderful|perfect(?:ly)?|superb|tireless(?:ly)?|incredible|incredibly)(?![\p{L}-])/iu;
const LIMITED = /\b(?:but|although|limited|except|only after|until|target|median|policy|of \d)/i;

const items = (view: View): Block[] =>
  view.section('what-went-well').filter(({ layout }) => layout.as === 'item' || layout.as === 'paragraph');

/** What was late or missing, by the measured gaps: praise of the same is contradicted. */
const LATE: { gap: Parameters<View['fact']>[0]; target: Parameters<View['fact']>[0]; about: RegExp; words: string }[] =
  [
    {
      gap: 'detectSeconds',
      target: 'targetDetectSeconds' as never,
      about: /detect|notic|found/i,
      words: 'detection took longer than its target',
    },
    {
      gap: 'acknowledgeSeconds',
      target: 'targetAcknowledgeSeconds' as never,
      about: /acknowledg|respon|took it on|on-?call/i,
      words: 'the acknowledgment took longer than its target',
    },
    {
      gap: 'statusUpdateSeconds',
      target: 'targetStatusUpdateSeconds' as never,
      about: /communicat|status|public|inform|told|customers/i,
      words: 'the first public word took longer than its target',
    },
  ];

/** What went well, and what did not: measured facts against something. */
export const WENT_WELL_RULES: Rule[] = [
  {
    ...ABOUT,
    id: 'fact-and-comparator',
    message: 'A statement has no fact, or nothing to hold it against',
    fix: 'Give the figure and the target, the policy or the median that it is held against.',
    check: (view) =>
      items(view)
        .filter(
          (block) =>
            isPersons(block) &&
            statements(block.spans).length > 0 &&
            !/\d/.test(textOf(block.spans)) &&
            PRAISE.test(textOf(block.spans)),
        )
        .map(({ id, spans }) => ({ blockId: id, excerpt: textOf(spans).slice(0, 200) })),
  },
  {
    ...ABOUT,
    id: 'praise-contradicted',
    message: 'It praises what the data shows to have been late or missing',
    fix: 'Say what was measured, or move it to what did not go well.',
    check: (view) =>
      items(view)
        .filter(isPersons)
        .flatMap(({ id, spans }) => {
          const text = textOf(spans);
          if (!PRAISE.test(text)) return [];
          const wrong = LATE.filter(({ about }) => about.test(text)).find(({ gap, target }) => {
            const [took, aim] = [view.fact(gap), view.fact(target)];
            return took && aim && Number(took.value) > Number(aim.value);
          });
          const missing =
            /acknowledg|on-?call/i.test(text) && !view.fact('acknowledgedAt') && 'no acknowledgment is recorded';
          const message = wrong?.words ?? (missing || null);
          return message
            ? [{ blockId: id, excerpt: text.slice(0, 200), message: `It is praised, and ${message}` }]
            : [];
        }),
  },
  {
    ...ABOUT,
    id: 'went-well-limits',
    level: 'warning',
    message: 'It does not say what limited what went well',
    fix: 'Add what would have made the same step fail, or late.',
    check: (view) => {
      // Where we were lucky is a question of its own, and so is its answer.
      const own = items(view).filter((block) => isPersons(block) && block.id !== 'went-well.luck');
      return own.length === 0 || own.some(({ spans }) => LIMITED.test(textOf(spans)))
        ? []
        : [{ blockId: own[0]?.id ?? 'what-went-well' }];
    },
  },
  {
    ...ABOUT,
    id: 'went-well-adjectives',
    level: 'warning',
    message: 'An adjective stands where a figure would',
    fix: 'Leave the adjective out and give the figure.',
    check: (view) =>
      matches(view.section('what-went-well'), ({ spans }) => view.ownWords(statements(spans)), ADJECTIVES),
  },
];
