import { z } from 'zod';
import { ACTION_STATES } from '#src/domain/postmortem/action.ts';
import { pageQuery, words } from './common.ts';

const day = z.iso.date({ error: 'must be a date as YYYY-MM-DD' });
const owner = words(200).describe('one role or person; "team" and "everyone" block publishing');
const by = words(200).optional().describe('a role or a name; the name of the API key when absent');
const changes = {
  title: words(300).optional(),
  doneWhen: words(500).optional(),
  owner: owner.nullable().optional(),
  dueOn: day.nullable().optional(),
  state: z.enum(['open', 'done', 'dropped'], { error: 'must be open, done or dropped' }).optional(),
  note: words(500).optional().describe('why it is dropped (needed), or how its end was seen'),
};
/** Changes of several actions: all are taken, or none. */
export const patchedActions = z.strictObject({
  actions: z
    .array(z.strictObject({ id: z.string().min(1).max(80), ...changes }))
    .min(1)
    .max(50),
  by,
});
export const newAction = z.strictObject({
  title: words(300),
  doneWhen: words(500),
  reason: words(500).optional(),
  owner: owner.optional(),
  dueOn: day.optional(),
  by,
});
export const actionsQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(ACTION_STATES).optional(),
  owner: z.string().min(1).max(200).optional(),
  overdue: z
    .enum(['true', 'false'], 'must be "true" or "false"')
    .optional()
    .describe('`true`: only open ones whose day is over; `false` is as if it were left out'),
});
