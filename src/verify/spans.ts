import type { Span } from '#src/domain/postmortem/document.ts';
import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';

/** Facts that hold what people or integrations said. */
const SAID: FactName[] = [
  'entryText',
  'changeTitle',
  'impactSummary',
  'resolvedReason',
  'earlierCause',
  'earlierOpenTitle',
];
/** Facts that may stand in a span of kind `reported`: what was said, and what a team configured. */
const REPORTED: FactName[] = [...SAID, 'services', 'owners', 'changeService', 'usersPerMinute'];

/** How questions begin, and how the short ones of the table end. */
const ASKING =
  /(?:^|[.!?:] |[,;] (?:and |or )?)(?:who|what(?! still worked)|which|when|where|how|why|did)\b|\bwhen\.?$|(?:^|[.!?] )(?:is|are|was|were|do|does|has|have|had|can|could|should|would|will) /i;

/** Reasons why a span is not of its kind: a statement that asks, a question that does not, a person's words as ours. */
export function misplaced(
  {
    kind,
    text: whole,
    plain: text,
    quotes,
  }: Pick<Span, 'kind' | 'text'> & { plain: string; quotes: readonly string[] },
  facts: readonly Fact[],
): string[] {
  const reasons: string[] = [];
  const asks = text.includes('?');
  if (kind === 'question' && !whole.includes('?')) reasons.push('it is marked as a question and asks nothing');
  const ours = facts.filter((fact) => !(SAID as string[]).includes(fact.name));
  const quoted = (fact: Fact) => quotes.some((quote) => String(fact.value).startsWith(quote));
  if (kind !== 'question' && text.trimEnd().endsWith('?')) reasons.push('it asks, and is not marked as a question');
  if ((kind === 'observed' || kind === 'derived') && facts.some((fact) => !ours.includes(fact) && quoted(fact)))
    reasons.push('it has the words of a person, and is not marked as reported');
  if (kind !== 'question' && !asks && ASKING.test(text))
    reasons.push('it has the words of a question, and asks nothing');
  if (kind === 'reported' && (facts.length === 0 || facts.some((fact) => !REPORTED.includes(fact.name))))
    reasons.push('it is marked as reported, and not all of it is');
  return reasons;
}
