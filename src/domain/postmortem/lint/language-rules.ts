import { inBlocks } from './blocks.ts';
import { isPersons, type Rule } from './finding.ts';
import { WORDING } from './phrases.ts';

/** Machine text names roles: `@name`, `Ada L.`, `by Ada Lovelace`. */
const NAMED = /(?:^|\s)@[a-z][\w-]{2,30}\b|\b(?:by|from|to) \p{Lu}\p{Ll}{1,20} \p{Lu}(?:\p{Ll}{1,20}|\.)(?![\p{L}])/u;

/** Rules about wording that hold in every section, one for each kind of wording. */
export const LANGUAGE_RULES: Rule[] = [
  ...Object.entries(WORDING).map(
    ([id, wording]): Rule => ({
      id,
      area: 'language',
      ...wording,
      // The drafter's figures rest on facts; it asks how many users there were.
      check: (view) => inBlocks(view, id, id === 'user-count' ? 'persons' : 'own'),
    }),
  ),
  {
    id: 'quoted-wording',
    area: 'language',
    level: 'warning',
    message: 'A captured note blames, judges or is vague',
    fix: 'The note stays as it was told. Where it matters, say it in your own words in a sentence beside it.',
    check: (view) =>
      ['blame-person', 'fault', 'team-shaming', 'hindsight'].flatMap((id) =>
        inBlocks(view, id, 'quoted').map(({ level: _level, ...breach }) => ({
          ...breach,
          message: `A captured note: ${WORDING[id]?.message.toLowerCase()}`,
        })),
      ),
  },
  {
    id: 'roles-not-names',
    area: 'language',
    level: 'blocking',
    message: 'Machine text names a person',
    fix: 'Name the role: “the on-call”, “a responder”.',
    check: (view) =>
      view.blocks
        .filter((block) => !isPersons(block))
        .flatMap((block) => {
          const found = NAMED.exec(view.ownWords(block.spans.filter(({ kind }) => kind !== 'reported')))?.[0];
          return found ? [{ blockId: block.id, excerpt: found.trim() }] : [];
        }),
  },
];
