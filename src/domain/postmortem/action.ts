import type { EpochMs } from '../clock.ts';
import type { Closing } from './closing.ts';

export const ACTION_STATES = ['proposed', 'open', 'done', 'dropped'] as const;
export type ActionState = (typeof ACTION_STATES)[number];

/** The words of an action. */
export interface ActionWords {
  title: string;
  /** Why: the measured gap, or a person's reason. */
  reason: string;
  doneWhen: string;
}

/** What people made of an action: of one that the drafter proposed, or of their own. A row. */
export interface StoredAction {
  incidentId: string;
  /** `act_…`, unique within its incident. */
  id: string;
  origin: 'machine' | 'human';
  /** As it was when somebody first took it up: it stays when the gap it was proposed for is gone. */
  drafted: ActionWords;
  /** What a person says instead; null where they say nothing else. */
  title: string | null;
  doneWhen: string | null;
  closing: Closing | null;
  owner: string | null;
  /** YYYY-MM-DD, the last day on which it is in time. */
  dueOn: string | null;
  state: ActionState;
  /** Why it was dropped, or how its end was seen: what was measured, or where it was closed. */
  note: string | null;
  tracker: TrackedIssue | null;
  by: string;
  createdAt: EpochMs;
  updatedAt: EpochMs;
  /** Since when it is open; null while it is a proposal. */
  openedAt: EpochMs | null;
  doneAt: EpochMs | null;
}

/** Where an action lives in a team's tracker. */
export interface TrackedIssue {
  /** Key of the tracker. */
  tracker: string;
  /** Its own name for it (`42`, `OPS-7`); null until it was created. */
  ref: string | null;
  url: string | null;
  /** When it was first tried to be put there; what a crash cut off is looked for. */
  begunAt?: EpochMs;
  /** As it was last read there. */
  state: 'open' | 'closed' | null;
  assignee: string | null;
  readAt: EpochMs | null;
  /** Why the last attempt failed, or why what is closed there is still open here; null when nothing is wrong. */
  error: string | null;
  /** Attempts that failed in a row, and when the next one is due. */
  failures: number;
  nextAt: EpochMs;
}

export const wordsOfAction = ({ drafted, title, doneWhen }: StoredAction): ActionWords => ({
  ...drafted,
  title: title ?? drafted.title,
  doneWhen: doneWhen ?? drafted.doneWhen,
});

/** Open, and its day is over. `today` is YYYY-MM-DD. */
export function isOverdue({ state, dueOn }: Pick<StoredAction, 'state' | 'dueOn'>, today: string): boolean {
  return state === 'open' && dueOn !== null && dueOn < today;
}

/** With an owner and a date a proposal is taken on, whoever sets the second of the two. */
export function stateAfter(state: ActionState, owner: string | null, dueOn: string | null): ActionState {
  return state === 'proposed' && owner !== null && dueOn !== null ? 'open' : state;
}
