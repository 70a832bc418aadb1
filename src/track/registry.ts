import type { TrackerType } from '#src/domain/tracker.ts';
import { github } from './github.ts';
import { jira } from './jira.ts';
import type { TrackerKind } from './kind.ts';
import { webhook } from './webhook.ts';

/** One line per kind of tracker. */
export const TRACKERS: Readonly<Record<TrackerType, TrackerKind>> = {
  github,
  jira,
  webhook,
};
