import type { Reader } from '#src/store/database.ts';

/** What the checker needs of a team's policy. */
export interface Policy {
  dueHours: number;
  targets: { detectSeconds: number | null; acknowledgeSeconds: number | null; statusUpdateSeconds: number | null };
  /** Ids and titles in the order in which they must stand; null: no row says so, and the order is the usual one. */
  sections: { id: string; title: string | null }[] | null;
  questions: Record<string, string[]>;
}

interface Stored {
  deadlines: { dueHours: number };
  targets: Policy['targets'];
  sections: { id: string; title: string | null }[];
  questions: Record<string, string[]>;
}

const NONE: Policy = {
  dueHours: 48,
  targets: { detectSeconds: null, acknowledgeSeconds: null, statusUpdateSeconds: null },
  sections: null,
  questions: {},
};

/** The newest row from that time or before it, else the oldest. */
export function policyAt(reader: Reader, at: number): Policy {
  const rows = reader
    .sql<{ from_at: number; policy: string }>('SELECT from_at, policy FROM postmortem_policies ORDER BY no')
    .all();
  const row = rows.filter(({ from_at }) => from_at <= at).at(-1) ?? rows[0];
  if (!row) return NONE;
  const { deadlines, targets, sections, questions } = JSON.parse(row.policy) as Stored;
  return { dueHours: deadlines.dueHours, targets, sections, questions };
}
