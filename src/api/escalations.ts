import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import type { Escalation } from '#src/domain/escalation.ts';
import { freeKey, keyFromName } from '#src/domain/key.ts';
import { isTimeZone, WEEKDAYS } from '#src/domain/maintenance.ts';
import { readChannels } from '#src/store/channels.ts';
import type { Reader, Tx } from '#src/store/database.ts';
import {
  deleteEscalation,
  putEscalation,
  readEscalation,
  readEscalations,
  usersOfEscalation,
} from '#src/store/escalations.ts';
import { newId } from '#src/store/new-id.ts';
import type { App, RouteDeps } from './deps.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { ApiProblem, notFound, notValid } from './problem.ts';
import { idParam, key, page, pageQuery, time, words } from './schemas/common.ts';

const DAY_SECONDS = 86_400;
const whole = (least: number, most: number, what: string) => {
  const message = `must be a whole number of ${what} from ${least} to ${most}`;
  return z.int32({ error: message }).min(least, message).max(most, message);
};
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM, 00:00 to 23:59');

const step = z.strictObject({
  afterSeconds: whole(0, 7 * DAY_SECONDS, 'seconds').describe('after the first alert, while nobody has acknowledged'),
  channels: z
    .array(key)
    .min(1, 'must name 1 to 100 channels')
    .max(100, 'must name 1 to 100 channels')
    .refine((list) => new Set(list).size === list.length, 'channels must not be named twice'),
});
const quietHours = z
  .strictObject({
    timeZone: z.string().max(100).refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC').default('UTC'),
    from: clockTime,
    to: clockTime.describe('on the next day when it is before from'),
    weekdays: z
      .array(z.enum(WEEKDAYS, { error: `must be one of ${WEEKDAYS.join(', ')}` }))
      .max(7)
      .default([])
      .describe('days on which they begin; empty: every day'),
    severities: z
      .array(z.enum(['major', 'minor'], { error: 'must be "minor" or "major"; critical never waits' }))
      .min(1, 'must name "minor", "major" or both')
      .max(2)
      .default(['minor'])
      .describe('what waits for their end'),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must not be the same time as from' });
const shape = {
  key: key.optional().describe('made from the name when absent'),
  name: words(200),
  steps: z
    .array(step)
    .min(1, 'must be 1 to 20 steps')
    .max(20, 'must be 1 to 20 steps')
    .refine(
      (steps) => steps.every((one, i) => i === 0 || one.afterSeconds > (steps[i - 1]?.afterSeconds ?? 0)),
      'must be in order, each later than the one before',
    ),
  repeat: z
    .strictObject({
      times: whole(1, 20, 'times'),
      everySeconds: whole(60, 7 * DAY_SECONDS, 'seconds'),
    })
    .nullable()
    .default(null)
    .describe('all steps again, so often, each time so long after the time before'),
  reminders: z
    .strictObject({ everySeconds: whole(10, 7 * DAY_SECONDS, 'seconds') })
    .nullable()
    .default(null)
    .describe('everyone who was told, until somebody acknowledges'),
  quietHours: quietHours.nullable().default(null),
};
export const escalationInput = z.strictObject(shape).meta({ id: 'EscalationDefinition' });
const escalationPatch = z
  .strictObject({
    key: key.optional(),
    name: shape.name.optional(),
    steps: shape.steps.optional(),
    repeat: shape.repeat.unwrap().optional(),
    reminders: shape.reminders.unwrap().optional(),
    quietHours: shape.quietHours.unwrap().optional(),
  })
  .meta({ id: 'EscalationChanges' });
const escalationAnswer = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    steps: z.array(z.object({ afterSeconds: z.number(), channels: z.array(z.string()) })),
    repeat: z.object({ times: z.number(), everySeconds: z.number() }).nullable(),
    reminders: z.object({ everySeconds: z.number() }).nullable(),
    quietHours: z
      .object({
        timeZone: z.string(),
        from: z.string(),
        to: z.string(),
        weekdays: z.array(z.string()),
        severities: z.array(z.string()),
      })
      .nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Escalation' });

function view({ no, createdAt, updatedAt, ...rest }: Escalation): z.input<typeof escalationAnswer> {
  return { ...rest, createdAt: toRfc3339(createdAt), updatedAt: toRfc3339(updatedAt) };
}

function escalationOf(reader: Reader, idOrKey: string): Escalation {
  const escalation = readEscalation(reader, idOrKey);
  if (!escalation) throw notFound(`escalation as ${idOrKey}`);
  return escalation;
}

/** Creates, or with `before` replaces, an escalation, when all that it names is there. */
export function saveEscalation(tx: Tx, input: z.output<typeof escalationInput>, before: Escalation | null): Escalation {
  const ownKey =
    input.key ?? before?.key ?? freeKey(keyFromName(input.name), (other) => readEscalation(tx, other) !== null);
  const taken = readEscalation(tx, ownKey);
  if (taken && taken.id !== before?.id) {
    const message = `${ownKey} is the key of another escalation`;
    throw new ApiProblem(409, `key: ${message}`, { errors: [{ path: 'key', message }] });
  }
  if (before && before.key !== ownKey) refuseUsed(tx, before);
  const known = readChannels(tx).map((channel) => channel.key);
  for (const [i, { channels }] of input.steps.entries())
    for (const [j, channel] of channels.entries())
      if (!known.includes(channel)) {
        const have =
          known.length > 0 ? `the channels are ${known.join(', ')}` : 'there are none yet; POST /channels first';
        throw notValid(`steps.${i}.channels.${j}`, `there is no channel ${channel}; ${have}`);
      }
  const last = input.steps.at(-1)?.afterSeconds ?? 0;
  if (input.repeat && input.repeat.everySeconds <= last)
    throw notValid('repeat.everySeconds', `must be more than the delay of the last step (${last})`);
  return putEscalation(tx, { ...input, id: before?.id ?? newId('esc'), key: ownKey });
}

function refuseUsed(reader: Reader, { key: used }: Escalation): void {
  const users = usersOfEscalation(reader, used);
  if (users.length === 0) return;
  const named = users.slice(0, 10).join(', ');
  throw new ApiProblem(
    409,
    `the escalation ${used} is named by ${users.length} monitors (${named}); take it out of them first`,
  );
}

const tags = ['escalations'];

export function escalationRoutes(app: App, deps: RouteDeps): void {
  const { store, commit } = deps;
  app.get('/escalations', {
    config: { scope: 'read' },
    schema: {
      summary: 'List escalations',
      tags,
      querystring: z.strictObject(pageQuery),
      response: { 200: page(escalationAnswer) },
    },
    handler: async ({ query }) => {
      const [after = 0] = decodeCursor(query.cursor, 'number') ?? [];
      const rows = readEscalations(store.reader).filter(({ no }) => no > after);
      return toPage(rows, limitOf(query), view, ({ no }) => [no]);
    },
  });
  app.get('/escalations/:id', {
    config: { scope: 'read' },
    schema: { summary: 'One escalation, by id or key', tags, params: idParam, response: { 200: escalationAnswer } },
    handler: async ({ params }) => view(escalationOf(store.reader, params.id)),
  });
  app.post('/escalations', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Create an escalation: who is told when nobody acknowledges, reminders and quiet hours',
      description:
        'A monitor names it in `escalation`. Its `channels`, and steps at 0 s, are told at once. Critical incidents never wait ' +
        'for the end of quiet hours. What fell due while no server ran is told once.',
      tags,
      body: escalationInput,
      response: { 201: escalationAnswer },
    },
    handler: async (request, reply) => {
      const created = commit(request, 201, (tx) => view(saveEscalation(tx, request.body, null)));
      return reply.code(201).header('location', `/api/v1/escalations/${created.id}`).send(created);
    },
  });
  app.patch('/escalations/:id', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Change an escalation; it holds at once, for incidents that are open too',
      tags,
      params: idParam,
      body: escalationPatch,
      response: { 200: escalationAnswer },
    },
    handler: async ({ params, body }) =>
      store.transact((tx) => {
        const before = escalationOf(tx, params.id);
        const { name, steps, repeat, reminders, quietHours: quiet } = before;
        const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
        const whole = { key: before.key, name, steps, repeat, reminders, quietHours: quiet, ...given };
        return view(saveEscalation(tx, whole, before));
      }),
  });
  app.delete('/escalations/:id', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Delete an escalation that no monitor names',
      tags,
      params: idParam,
      response: { 204: z.null() },
    },
    handler: async ({ params }, reply) => {
      store.transact((tx) => {
        const escalation = escalationOf(tx, params.id);
        refuseUsed(tx, escalation);
        deleteEscalation(tx, escalation);
      });
      return reply.code(204).send(null);
    },
  });
}
