import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { ACTION_STATES, type StoredAction } from '#src/domain/postmortem/action.ts';
import type { Verdict } from '#src/domain/postmortem/closing.ts';
import type { ActionItem } from '#src/domain/postmortem/document.ts';
import { time } from './schemas/common.ts';

export const actionAnswer = z
  .object({
    id: z.string(),
    origin: z.enum(['machine', 'human']),
    title: z.string(),
    reason: z.string(),
    doneWhen: z.string(),
    owner: z.string().nullable(),
    dueOn: z.string().nullable(),
    tracker: z.string().nullable().describe('where it lives in the tracker: its address, or its name there'),
    state: z.enum(ACTION_STATES),
    cites: z.array(z.string()),
    overdue: z.boolean(),
    note: z.string().nullable().describe('why it was dropped, or how its end was seen'),
    closing: z
      .object({ kind: z.string(), met: z.boolean(), measured: z.string() })
      .nullable()
      .describe('its end as the rows show it now; null: only people can see it'),
    issue: z
      .object({
        tracker: z.string(),
        ref: z.string().nullable(),
        url: z.string().nullable(),
        state: z.enum(['open', 'closed']).nullable(),
        assignee: z.string().nullable(),
        readAt: time.nullable(),
        error: z.string().nullable(),
      })
      .nullable(),
    updatedAt: time.nullable(),
    openedAt: time.nullable(),
    doneAt: time.nullable(),
  })
  .meta({ id: 'ActionItem' });
export type ActionView = z.input<typeof actionAnswer>;

const timeOf = (at: number | null | undefined) => (at == null ? null : toRfc3339(at));

export function viewOfAction(
  item: ActionItem,
  stored: StoredAction | null,
  verdict: Verdict | null,
  overdue: boolean,
): ActionView {
  const { id, title, reason, doneWhen, owner, dueOn, tracker, state, cites, origin = 'machine', note = null } = item;
  const closing = stored?.closing ?? item.closing ?? null;
  const issue = stored?.tracker ?? null;
  return {
    ...{
      id,
      origin: stored?.origin ?? origin,
      title,
      reason,
      doneWhen,
      owner,
      dueOn,
      tracker,
      state,
      cites,
      overdue,
      note,
    },
    closing: verdict && closing ? { kind: closing.kind, ...verdict } : null,
    issue: issue && {
      tracker: issue.tracker,
      ref: issue.ref,
      url: issue.url,
      state: issue.state,
      assignee: issue.assignee,
      readAt: timeOf(issue.readAt),
      error: issue.error,
    },
    updatedAt: timeOf(stored?.updatedAt),
    openedAt: timeOf(stored?.openedAt),
    doneAt: timeOf(stored?.doneAt),
  };
}
