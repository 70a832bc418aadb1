import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { TRACKER_TYPES, type Tracker, type TrackerType, trackerSecretContext } from '#src/domain/tracker.ts';
import type { Reader, Tx } from '#src/store/database.ts';
import { newId } from '#src/store/new-id.ts';
import { countInTracker, deleteTracker, putTracker, readTracker, readTrackers } from '#src/store/trackers.ts';
import type { App, RouteDeps, TrackerKind } from './deps.ts';
import { ApiProblem, notFound, notValid } from './problem.ts';
import { idParam, key, time } from './schemas/common.ts';

const tags = ['action items'];

type Kinds = Readonly<Record<TrackerType, TrackerKind>>;
type TrackerInput = { key: string; type: TrackerType; secret?: string | null } & Record<string, unknown>;

/** The shapes of trackers: `type` picks the fields. */
export function trackerInput(kinds: Kinds): z.ZodType<TrackerInput> {
  const branches = TRACKER_TYPES.map((type) =>
    z
      .strictObject({
        key,
        type: z.literal(type),
        ...kinds[type].fields,
        secret: kinds[type].secret.schema
          .nullable()
          .optional()
          .describe(`${kinds[type].secret.what}; write-only; null keeps what is stored`),
      })
      .meta({ id: `${type[0]?.toUpperCase()}${type.slice(1)}TrackerDefinition` }),
  );
  return z.discriminatedUnion('type', branches as never, {
    error: `must be one of ${TRACKER_TYPES.join(', ')}`,
  }) as unknown as z.ZodType<TrackerInput>;
}

const answer = z
  .looseObject({
    id: z.string(),
    key: z.string(),
    type: z.enum(TRACKER_TYPES),
    secret: z.string().nullable().describe('only in the answer that made it'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Tracker', description: 'With the fields of its type' });

function view({ id, key: own, type, settings, createdAt, updatedAt }: Tracker, made: string | null = null) {
  return {
    id,
    key: own,
    type,
    ...settings,
    secret: made,
    createdAt: toRfc3339(createdAt),
    updatedAt: toRfc3339(updatedAt),
  };
}

type PutDeps = Pick<RouteDeps, 'sealer' | 'refuseAddress' | 'trackerKinds'>;

/** Creates, or with `before` replaces, a tracker; answers with the secret when one was made. */
export function saveTracker(
  tx: Tx,
  deps: PutDeps,
  input: TrackerInput,
  before: Tracker | null,
): { tracker: Tracker; made: string | null } {
  const { key: own, type, secret: given = null, ...settings } = input;
  const taken = readTracker(tx, own);
  if (taken && taken.id !== before?.id) {
    const message = `${own} is the key of another tracker`;
    throw new ApiProblem(409, `key: ${message}`, { errors: [{ path: 'key', message }] });
  }
  if (before && before.type !== type) throw notValid('type', `must stay ${before.type}`);
  const kind = deps.trackerKinds[type];
  const id = before?.id ?? newId('trk');
  const made =
    given === null && !before?.secret && kind.secret.when === 'made'
      ? `whsec_${randomBytes(32).toString('base64')}`
      : null;
  const text = given ?? made;
  if (text === null && !before?.secret) throw notValid('secret', `must be given: ${kind.secret.what}`);
  for (const { path, host } of kind.hosts(settings)) {
    const bare = host.replace(/^\[|\]$/g, '');
    const refusal = /^[\d.]+$|:/.test(bare) ? deps.refuseAddress(bare) : null;
    if (refusal) throw notValid(path, `${bare} must not be connected to: ${refusal}`);
  }
  const secret = text === null ? (before?.secret ?? null) : deps.sealer.seal(text, trackerSecretContext(id));
  return { tracker: putTracker(tx, { id, key: own, type, settings, secret }), made };
}

const trackerOf = (reader: Reader, idOrKey: string): Tracker => {
  const tracker = readTracker(reader, idOrKey);
  if (!tracker) throw notFound(`tracker as ${idOrKey}`);
  return tracker;
};

export function trackerRoutes(app: App, deps: RouteDeps): void {
  const { store, trackerKinds } = deps;
  const input = trackerInput(trackerKinds);
  app.get('/trackers', {
    config: { scope: 'read' },
    schema: {
      summary: 'List trackers',
      tags,
      response: { 200: z.object({ data: z.array(answer), nextCursor: z.null() }) },
    },
    handler: async () => ({ data: readTrackers(store.reader).map((tracker) => view(tracker)), nextCursor: null }),
  });
  app.get('/trackers/:id', {
    config: { scope: 'read' },
    schema: { summary: 'One tracker, by id or key', tags, params: idParam, response: { 200: answer } },
    handler: async ({ params }) => view(trackerOf(store.reader, params.id)),
  });
  app.post('/trackers', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Create a tracker that action items are pushed to',
      tags,
      body: input,
      response: { 201: answer },
    },
    handler: async (request, reply) => {
      const created = deps.commit(request, 201, (tx) => {
        const { tracker, made } = saveTracker(tx, deps, request.body, null);
        return view(tracker, made);
      });
      return reply.code(201).header('location', `/api/v1/trackers/${created.id}`).send(created);
    },
  });
  app.patch('/trackers/:id', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Change a tracker',
      tags,
      params: idParam,
      body: z.record(z.string(), z.unknown()),
      response: { 200: answer },
    },
    handler: async ({ params, body }) =>
      store.transact((tx) => {
        const before = trackerOf(tx, params.id);
        const merged = input.safeParse({ key: before.key, type: before.type, ...before.settings, ...body });
        if (!merged.success) {
          const errors = merged.error.issues.flatMap(({ path, message, ...issue }) =>
            'keys' in issue
              ? (issue.keys as string[]).map((name) => ({ path: name, message: 'is not a known field' }))
              : [{ path: path.join('.'), message }],
          );
          throw new ApiProblem(422, errors.map((error) => `${error.path}: ${error.message}`).join('; '), { errors });
        }
        if (merged.data.key !== before.key) refuseInUse(tx, before);
        return view(saveTracker(tx, deps, merged.data, before).tracker);
      }),
  });
  app.delete('/trackers/:id', {
    config: { scope: 'admin' },
    schema: { summary: 'Delete a tracker that no action lives in', tags, params: idParam, response: { 204: z.null() } },
    handler: async ({ params }, reply) => {
      store.transact((tx) => {
        const tracker = trackerOf(tx, params.id);
        refuseInUse(tx, tracker);
        deleteTracker(tx, tracker);
      });
      return reply.code(204).send(null);
    },
  });
  app.post('/trackers/:id/test', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Ask the tracker whether its settings work; nothing is left there',
      tags,
      params: idParam,
      body: z.strictObject({}).nullish(),
      response: { 200: z.object({ ok: z.boolean(), detail: z.string().nullable() }) },
    },
    handler: async ({ params }) => {
      const tested = await deps.testTracker(trackerOf(store.reader, params.id));
      return tested.kind === 'ok' ? { ok: true, detail: null } : { ok: false, detail: tested.detail };
    },
  });
}

function refuseInUse(reader: Reader, tracker: Tracker): void {
  const count = countInTracker(reader, tracker.key);
  if (count > 0)
    throw new ApiProblem(409, `${count} action items live in the tracker ${tracker.key}; it stays as it is called`);
}
