import { inBlocks } from './blocks.ts';
import { isPersons, matches, type Rule, statements, textOf, type View } from './finding.ts';
import { CAUSE, LEAKS, MARKUP } from './phrases.ts';

/** What a monitor outside cannot see: inside machines, money, what people thought. */
const UNSEEN =
  /(?<![\p{L}-])(?:CPU|memory usage|disk (?:space|usage)|lost (?:sales|revenue|orders)|revenue|data loss|no data (?:was|were) lost|customers? (?:felt|thought|complained)|users? (?:felt|thought|complained|noticed)|database (?:load|connections)|queue length)(?![\p{L}-])/iu;

export const FACT_RULES: Rule[] = [
  {
    id: 'claims-verified',
    area: 'facts',
    level: 'blocking',
    message: 'A figure, time or name is not what the rows say',
    fix: 'Regenerate the draft, or correct the sentence so that it says what the facts beside it say.',
    check: ({ claims }) =>
      claims.failed.map(({ blockId, text, reason }) => ({ blockId, excerpt: text, message: `${reason}: ${text}` })),
  },
  {
    id: 'unresolved-figure',
    area: 'facts',
    level: 'blocking',
    message: 'A figure in a person’s words is not what any row says',
    fix: 'Give it as it was measured, put what somebody said between “ and ”, or move it to a block of your own and say who counted it.',
    // In a sentence of the draft it stands where a measured figure stood; in a block of their own it is theirs.
    check: ({ claims, blocks }) =>
      (claims.unresolved ?? []).map(({ blockId, text, reason }) => ({
        blockId,
        excerpt: text,
        message: `A person’s words hold a figure without a source: ${reason}`,
        ...(blocks.find(({ id }) => id === blockId)?.origin === 'edited' ? {} : { level: 'warning' as const }),
      })),
  },
  {
    id: 'bounds-stated',
    area: 'facts',
    level: 'blocking',
    message: 'Start and end are given without their bounds',
    fix: 'State between which two checks the start and the end lie.',
    check({ section, fact, document }) {
      const header = textOf(document.header.rows.flatMap(({ spans }) => spans));
      const ids = { start: 'timeline.started', end: 'timeline.restored' } as const;
      return (['start', 'end'] as const).flatMap((name) => {
        const of = fact(name);
        if (!of || of.min === undefined || of.min === of.max) return [];
        const block = section('timeline').find(({ id }) => id === ids[name]);
        const text = `${header} ${block ? textOf(block.spans) : ''}`;
        const stated = [of.min, of.max].every((at) => text.includes(String(at).slice(11, 19)));
        return stated ? [] : [{ blockId: block?.id ?? 'timeline', message: `The ${name} is given without its bounds` }];
      });
    },
  },
  {
    id: 'duration-within-bounds',
    area: 'facts',
    level: 'blocking',
    message: 'A duration lies outside of its bounds',
    fix: 'Regenerate the draft.',
    check: ({ ledger }) =>
      ledger
        .filter(({ value, min, max }) => {
          if (value === null || min === undefined || max === undefined) return false;
          return typeof value === 'number' ? value < Number(min) || value > Number(max) : value < min || value > max;
        })
        .map(({ id, name }) => ({ blockId: 'ledger', excerpt: `${id} ${name}` })),
  },
  {
    id: 'downtime-and-span',
    area: 'facts',
    level: 'blocking',
    message: 'Downtime and the span from first failure to last recovery are two figures, and one of them is missing',
    fix: 'Give both: how long it was down, and within which span.',
    check({ number, fact, section, document, ledger }) {
      const [down, span] = [fact('downSeconds'), fact('spanSeconds')];
      if (
        !down ||
        !span ||
        Math.abs(number('downSeconds') - number('spanSeconds')) < 1 ||
        number('affectedCount') === 0
      )
        return [];
      const spans = [
        ...document.header.rows.flatMap((row) => row.spans),
        ...section('summary').flatMap((b) => b.spans),
      ];
      const cited = new Set(spans.flatMap(({ facts }) => facts));
      const lacks = [down, span].filter(({ id }) => !cited.has(id));
      return lacks.length === 0 || ledger.length === 0
        ? []
        : [{ blockId: 'header', excerpt: lacks.map(({ name }) => name).join(', ') }];
    },
  },
  {
    id: 'counts-add-up',
    area: 'facts',
    level: 'blocking',
    message: 'A part is larger than its whole',
    fix: 'Correct the count: “N of M” has N at most M.',
    check: ({ blocks }) =>
      blocks.flatMap(({ id, spans }) =>
        statements(spans)
          .flatMap(({ text }) => [...text.matchAll(/\b(\d{1,9}) of (\d{1,9})\b/g)])
          .filter(([, part, whole]) => Number(part) > Number(whole))
          .map(([excerpt]) => ({ blockId: id, excerpt })),
      ),
  },
  {
    id: 'percent-denominator',
    area: 'facts',
    level: 'blocking',
    message: 'A percentage does not say of what',
    fix: 'Name the whole: “34 of 40 checks (85 %)”.',
    check: (view) => inBlocks(view, 'percent-denominator', 'own'),
  },
  {
    id: 'beyond-a-monitor',
    area: 'facts',
    level: 'blocking',
    message: 'Machine text claims what no monitor can see',
    fix: 'Leave it to the people who can know: make it a question, or let them report it.',
    check: (view) => machineMatches(view, UNSEEN),
  },
  {
    id: 'cause-only-reported',
    area: 'facts',
    level: 'blocking',
    message: 'A cause is asserted in machine text',
    fix: 'A cause is reported by a person and confirmed by one: say what came before, and at what distance.',
    check: (view) => machineMatches(view, CAUSE),
  },
  {
    id: 'unobserved-stated',
    area: 'facts',
    level: 'blocking',
    message: 'Time in which nobody looked is not stated',
    fix: 'Add the stretch and its reason to the timeline.',
    check({ section, facts }) {
      const timeline = section('timeline');
      const cited = new Set(timeline.flatMap(({ spans }) => spans.flatMap((span) => span.facts)));
      const rows = timeline.flatMap(({ layout }) => (layout.as === 'timeline' ? [layout] : []));
      return [...facts('unobservedFrom'), ...facts('checkGapFrom')]
        .filter(
          ({ id, value }) => !cited.has(id) && !rows.some(({ kind, at }) => kind === 'unobserved' && at === value),
        )
        .map(({ value, about }) => ({
          blockId: `timeline.unobserved.${about}`,
          excerpt: String(value),
          message: `Nobody looked from ${String(value).slice(11, 19)} UTC on, and the timeline does not say so`,
        }));
    },
  },
  {
    id: 'all-only-if-all',
    area: 'facts',
    level: 'blocking',
    message: '“All” or “global” is said although something was not affected, or could not be seen',
    fix: 'Say which monitors and locations failed, and which did not.',
    check: (view) => (everythingFailed(view) ? [] : inBlocks(view, 'all-only-if-all', 'own')),
  },
  {
    id: 'conflicts-shown',
    area: 'facts',
    level: 'blocking',
    message: 'Sources disagree, and the postmortem does not say so',
    fix: 'Show both times, and who says which.',
    check(view) {
      const shown = view
        .section('timeline')
        .some(({ layout }) => layout.as === 'timeline' && layout.kind === 'conflict');
      const time = (name: Parameters<View['fact']>[0]) => Date.parse(String(view.fact(name)?.value ?? ''));
      const later = (a: number, b: number) => a - b > 60_000;
      const conflicts = [
        later(time('fixAppliedAt'), time('end')) && 'the fix is reported for after the recovery',
        later(time('alertedAt'), time('acknowledgedAt')) &&
          'the acknowledgment is from before the first delivered alert',
      ].filter((one) => one !== false);
      return shown
        ? []
        : conflicts.map((message) => ({
            blockId: 'timeline',
            message: `Sources disagree and it is not shown: ${message}`,
          }));
    },
  },
  {
    id: 'text-inert',
    area: 'facts',
    level: 'blocking',
    message: 'A text holds live markup',
    fix: 'Write plain text, or put it into `code`.',
    check: ({ blocks }) =>
      matches(
        blocks.filter((block) => !isPersons(block)),
        ({ spans }) => textOf(spans.filter(({ kind }) => kind !== 'reported')).replace(/`[^`]*`/g, ''),
        MARKUP,
      ),
  },
  {
    id: 'text-scrubbed',
    area: 'facts',
    level: 'blocking',
    message: 'A captured text holds a token, an address of a person or a query string',
    fix: 'Take it out of the note; a later note can replace it.',
    check: ({ blocks }) =>
      blocks
        .filter((block) => !isPersons(block))
        .flatMap(({ id, spans }) => (LEAKS.some((pattern) => pattern.test(textOf(spans))) ? [{ blockId: id }] : [])),
  },
  {
    id: 'stale-block',
    area: 'facts',
    level: 'blocking',
    message: 'A fact under this edited text has changed',
    fix: 'Read it again: change it, or confirm that it still holds.',
    check: ({ blocks }) =>
      blocks
        .filter(({ stale }) => stale)
        .map(({ id, spans }) => ({ blockId: id, excerpt: textOf(spans).slice(0, 200) })),
  },
];

/** Breaches in what the drafter says itself: not in quotes, not in questions, not in people's blocks. */
function machineMatches({ blocks, ownWords }: View, pattern: RegExp) {
  return matches(
    blocks.filter((block) => !isPersons(block)),
    ({ spans }) => ownWords(spans.filter(({ kind }) => kind === 'observed' || kind === 'derived')),
    pattern,
  );
}

/** Did every monitor and, of more than one, every location fail? */
export function everythingFailed(view: View): boolean {
  const everywhere = view.facts('locationCount').every((all) => {
    const failed = view.facts('locationFailedCount').find(({ about }) => about === all.about);
    return Number(failed?.value ?? 0) === Number(all.value) && Number(all.value) > 1;
  });
  return everywhere && view.number('notAffectedCount') === 0 && view.number('affectedCount') > 0;
}
