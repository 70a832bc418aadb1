import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { type FollowUp, followUpSentences } from '#src/domain/postmortem/follow-up.ts';
import { readFollowUp } from '#src/store/postmortem-due.ts';
import type { App, RouteDeps } from './deps.ts';
import { recordOf } from './incidents.ts';
import { ApiProblem } from './problem.ts';
import { idParam, time } from './schemas/common.ts';

const item = z.object({
  id: z.string(),
  title: z.string(),
  owner: z.string().nullable(),
  dueOn: z.string().nullable(),
  state: z.string(),
});
const items = z.array(item);
const secondsOrNull = z.number().nullable();
const review = z.object({
  madeAt: time,
  summary: z.array(z.string()),
  actions: z.object({ done: items, late: items, open: items, dropped: items }),
  again: z
    .array(z.object({ id: z.string(), number: z.int32(), startedAt: time }))
    .describe('later incidents of the same signature'),
  detection: z.object({
    thenSeconds: secondsOrNull,
    nowSeconds: secondsOrNull.describe('the stored checks, judged by the monitors as they were when this was made'),
    monitors: z.array(
      z.object({
        id: z.string(),
        key: z.string(),
        name: z.string(),
        nowSeconds: secondsOrNull,
        why: z.enum(['deleted', 'no-checks', 'not-detected']).nullable(),
      }),
    ),
  }),
});
const answer = z
  .object({
    incidentId: z.string(),
    status: z.enum(['scheduled', 'done']),
    dueAt: time,
    review: review.nullable(),
  })
  .meta({ id: 'FollowUp' });

export function followUpRoutes(app: App, { store }: RouteDeps): void {
  app.get('/incidents/:id/postmortem/follow-up', {
    config: { scope: 'read' },
    schema: {
      summary: 'The look back some weeks after publishing: what was done, whether it came back, is it found sooner',
      tags: ['postmortems'],
      params: idParam,
      response: { 200: answer },
    },
    handler: async ({ params }) => {
      const { id } = recordOf(store.reader, params.id);
      const stored = readFollowUp(store.reader, id);
      if (!stored)
        throw new ApiProblem(404, 'there is no follow-up yet: it is scheduled when the postmortem is published');
      return {
        incidentId: id,
        status: stored.review ? ('done' as const) : ('scheduled' as const),
        dueAt: toRfc3339(stored.dueAt),
        review: stored.review && view(stored.review),
      };
    },
  });
}

function view(made: FollowUp): z.input<typeof review> {
  return {
    madeAt: toRfc3339(made.madeAt),
    summary: followUpSentences(made),
    actions: made.actions,
    again: made.again.map(({ startedAt, ...rest }) => ({ ...rest, startedAt: toRfc3339(startedAt) })),
    detection: made.detection,
  };
}
