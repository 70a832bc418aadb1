import { toRfc3339 } from '../../clock.ts';
import type { Block, Claims, FactChange, PostmortemDocument, Span } from '../document.ts';
import { FACT_CATALOG, type Fact, type FactName } from '../facts.ts';
import { type FollowUp, followUpSentences } from '../follow-up.ts';
import { lengthOf } from '../format.ts';
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

/** The words of a block; one that is stale says what changed under it, so that nobody reads past it. */
export function spansOf({ spans, stale, since }: Block): Span[] {
  if (!stale || !since) return spans;
  const facts = since.facts.map((change) => changeText(change));
  const more = facts.length > MOST_CHANGES ? [`${facts.length - MOST_CHANGES} more`] : [];
  const gone = since.vanished ? ['the draft no longer says this'] : [];
  const what = [...gone, ...facts.slice(0, MOST_CHANGES), ...more].join('; ');
  const text = `[To be read again: ${what || 'what it rests on has changed'}.]`;
  return [...spans, { kind: 'question', text, facts: [] }];
}

const MOST_CHANGES = 4;

/** `down was 15.1 s, is 34.7 s`: the fact's name in words, its values as drafts print them. */
function changeText({ name, before, now }: FactChange): string {
  const { unit } = FACT_CATALOG[name as FactName] ?? { unit: 'text' };
  const label = name.replace(/(?:Seconds|At|Count)$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const text = (value: FactChange['now']) => {
    if (value === null) return 'none';
    if (typeof value === 'string' && unit === 'time' && value.length === 24)
      return `${value.slice(0, 10)} ${value.slice(11, 19)}`;
    if (typeof value === 'number' && unit === 's') return lengthOf(value);
    return typeof value === 'number' && unit === 'ms' ? `${Math.round(value)} ms` : String(value);
  };
  return `${label} was ${text(before)}, is ${text(now)}`;
}

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
