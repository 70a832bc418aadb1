import type { Claims, PostmortemDocument } from '../document.ts';
import type { Fact } from '../facts.ts';

/** A postmortem as it is printed. */
export interface Printed {
  status: string;
  revision: number;
  ledger: Fact[];
  document: PostmortemDocument;
  claims: Claims;
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
