import type { EpochMs } from './clock.ts';
import type { Sealed } from './monitor.ts';

export const TRACKER_TYPES = ['github', 'jira', 'webhook'] as const;
export type TrackerType = (typeof TRACKER_TYPES)[number];

/** Where a team keeps its work: action items are put there, and their state is read back. */
export interface Tracker {
  no: number;
  id: string;
  /** Chosen by its owner. */
  key: string;
  type: TrackerType;
  /** The fields of its type, but for the secret. */
  settings: Readonly<Record<string, unknown>>;
  /** Sealed with the context `tracker:<id>:secret`. */
  secret: Sealed | null;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

export const trackerSecretContext = (id: string): string => `tracker:${id}:secret`;

/** What is put into a tracker: plain text; each kind escapes it for where it goes. */
export interface IssueText {
  /** `inc_…/act_…`: names the action for ever, so that it is never put there twice. */
  marker: string;
  title: string;
  reason: string;
  doneWhen: string;
  owner: string | null;
  dueOn: string | null;
  incidentNumber: number;
  incidentTitle: string;
  /** Of the postmortem. */
  link: string;
}

export interface IssueCreated {
  ref: string;
  url: string | null;
}

export interface IssueNow {
  state: 'open' | 'closed';
  /** It was closed without being done. */
  dropped: boolean;
  assignee: string | null;
  url: string | null;
}

/** What came of asking a tracker. later: it may work then; refused: it will not, until somebody changes something. */
export type TrackerAnswer<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'later'; detail: string; retryAfterMs: number | null }
  | { kind: 'refused'; detail: string };
