import { toRfc3339 } from '../../clock.ts';
import type { Block, Claims, FactChange, PostmortemDocument, Span } from '../document.ts';
import { FACT_CATALOG, type Fact, type FactName } from '../facts.ts';
import { type FollowUp, followUpSentences } from '../follow-up.ts';
import { dateOf, lengthOf, timeOfDay } from '../format.ts';
import type { Life } from '../life.ts';

/** A postmortem as it is printed. */
export interface Printed {
  status: string;
  revision: number;
  ledger: Fact[];
  document: PostmortemDocument;
  claims: Claims;
  life?: Life;
  followUp?: { review: FollowUp | null } | null;
}

export function claimsLine({ total, verified }: Claims): string {
  return `${verified} of ${total} claims verified`;
}

const STATUS_WORDS: Record<string, string> = {
  live: 'Live postmortem, the incident is open',
  draft: 'Postmortem draft',
  in_review: 'Postmortem in review',
  published: 'Postmortem',
};

export function kicker({ status, revision }: Pick<Printed, 'status' | 'revision'>): string {
  return `${STATUS_WORDS[status] ?? 'Postmortem'}, revision ${revision}`;
}

/** A fact's value, with its bounds, as the appendix shows it. */
export function factValue(fact: Fact): string {
  const unit = fact.unit === 's' || fact.unit === 'ms' ? ` ${fact.unit}` : '';
  const value = fact.value === null ? 'none' : `${fact.value}${unit}`;
  return fact.min === undefined || fact.max === undefined ? value : `${value} (${fact.min} to ${fact.max})`;
}

export function factRows(fact: Fact): string {
  const listed = fact.rows.slice(0, 3).join(' ');
  const count = fact.rowCount ?? fact.rows.length;
  return count > 3 ? `${listed} … ${count} rows` : listed;
}

/**
 * The words of a block; one that is stale says what changed under it, so that nobody reads past it. What it was stands in
 * the person's own words, and in the API's `since`: a rendering states only what is so now.
 */
export function spansOf({ spans, stale, since }: Block): Span[] {
  if (!stale || !since) return spans;
  const gone = since.vanished ? ['the draft no longer says this'] : [];
  const changes = [...gone, ...since.facts.slice(0, MOST_CHANGES).map(changeText)];
  const more = since.facts.length > MOST_CHANGES ? ', and more has changed' : '';
  const text = `[To be read again: ${changes.join('; ') || 'what it rests on has changed'}${more}.]`;
  return [...spans, { kind: 'question', text, facts: [] }];
}

const MOST_CHANGES = 4;

/** `down is now 34.7 s`: the fact's name in words, its value as drafts print it. */
function changeText({ name, now }: FactChange): string {
  const { unit } = FACT_CATALOG[name as FactName] ?? { unit: 'text' };
  const label = name.replace(/(?:Seconds|At|Count)$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  if (now === null) return `${label} is not known any more`;
  if (typeof now === 'string' && unit === 'time' && now.length === ISO_LENGTH)
    return `${label} is now ${dateOf(now)} ${timeOfDay(now)}`;
  if (typeof now === 'number' && unit === 's') return `${label} is now ${lengthOf(now)}`;
  if (typeof now === 'number' && unit === 'ms') return `${label} is now ${Math.round(now)} ms`;
  return typeof now === 'number' ? `${label} is now ${now}` : `${label} has changed`;
}

const ISO_LENGTH = '2026-03-03T14:26:40.000Z'.length;

/** What stands behind the text once it is published: it says what people added, and touches nothing before it. */
export function afterword({ life, followUp }: Printed): { title: string; items: string[] }[] {
  if (!life) return [];
  const { override, amendments } = life;
  const when = (at: number) => `${toRfc3339(at).slice(0, 10)} ${toRfc3339(at).slice(11, 19)} UTC`;
  const parts: { title: string; items: string[] }[] = [];
  if (override)
    parts.push({
      title: 'Published with findings left',
      items: [`${when(override.at)}, ${override.by}: ${override.reason} (${override.rules.join(', ')})`],
    });
  if (amendments.length > 0)
    parts.push({
      title: 'Amendments',
      items: amendments.map(({ at, by, text }) => `${when(at)}, ${by}: ${text.replaceAll(/\s*\n\s*/g, ' ')}`),
    });
  const review = followUp?.review;
  if (review) {
    const [first, ...rest] = followUpSentences(review);
    parts.push({ title: 'Follow-up review', items: [`${when(review.madeAt)}. ${first}`, ...rest] });
  }
  return parts;
}
