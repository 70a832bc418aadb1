import type { Dispatcher } from 'undici';
import type { z } from 'zod';
import type { EpochMs } from '#src/domain/clock.ts';
import type { IssueCreated, IssueNow, IssueText, TrackerAnswer } from '#src/domain/tracker.ts';

export interface TrackContext {
  /** As the fields of the kind say; they were checked when it was saved. */
  settings: Readonly<Record<string, unknown>>;
  secret: string;
  /** Carries all requests; it refuses addresses that policy forbids. */
  agent: Dispatcher;
  signal: AbortSignal;
  /** Wall time, ms. */
  now: EpochMs;
}

/** A kind of tracker. None of its functions throws for what the service does. */
export interface TrackerKind {
  fields: Readonly<Record<string, z.ZodType>>;
  /** made: a signing secret that is made when absent, and shown once. */
  secret: { schema: z.ZodType<string>; when: 'required' | 'made'; what: string };
  /** Where it will connect to, with the field that says so. */
  hosts(settings: Readonly<Record<string, unknown>>): { path: string; host: string }[];
  create(context: TrackContext, issue: IssueText): Promise<TrackerAnswer<IssueCreated>>;
  /** What an earlier attempt created, of which no answer came; null: nothing. */
  find(context: TrackContext, marker: string, since: EpochMs): Promise<TrackerAnswer<IssueCreated | null>>;
  /** Null: this kind cannot be read. */
  read: ((context: TrackContext, ref: string) => Promise<TrackerAnswer<IssueNow>>) | null;
  /** Whether the settings work, without leaving anything there. */
  test(context: TrackContext): Promise<TrackerAnswer<null>>;
}
