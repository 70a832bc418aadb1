import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { type ActionWords, isOverdue, type StoredAction, stateAfter } from '#src/domain/postmortem/action.ts';
import { actionsNow, itemOf } from '#src/domain/postmortem/actions-now.ts';
import { judgeClosing } from '#src/domain/postmortem/closing.ts';
import type { ActionItem } from '#src/domain/postmortem/document.ts';
import { putAction, readAction, readActions, readActionsOf } from '#src/store/actions.ts';
import { readClosingRows } from '#src/store/closing.ts';
import { readIncidentRecord } from '#src/store/incidents.ts';
import { newId } from '#src/store/new-id.ts';
import { readTracker } from '#src/store/trackers.ts';
import { type ActionView, actionAnswer, viewOfAction } from './action-view.ts';
import type { App, CurrentPostmortem, RouteDeps } from './deps.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { currentOf, etagFor } from './postmortem-view.ts';
import { requireMatch } from './preconditions.ts';
import { ApiProblem, type FieldError, notFound, notValid } from './problem.ts';
import { actionsQuery, newAction, patchedActions } from './schemas/action.ts';
import { idParam, page } from './schemas/common.ts';

const tags = ['action items'];

/** What is refused of one action: its field, and why. */
type Refusal = FieldError & { conflict?: boolean };

export function actionRoutes(app: App, deps: RouteDeps): void {
  const { store, clock } = deps;
  const today = () => toRfc3339(clock.now()).slice(0, 10);
  const view = (incidentId: string, item: ActionItem, stored: StoredAction | null): ActionView => {
    const closing = stored?.doneWhen ? null : (stored?.closing ?? item.closing ?? null);
    const since = stored?.openedAt ?? clock.now();
    const verdict =
      closing && judgeClosing(closing, readClosingRows(store.reader, incidentId, closing, since, clock.now()));
    return viewOfAction(item, stored, verdict, stored !== null && isOverdue(stored, today()));
  };
  const all = (postmortem: CurrentPostmortem): ActionView[] => {
    const rows = new Map(readActionsOf(store.reader, postmortem.incidentId).map((row) => [row.id, row]));
    return actionsNow(postmortem, [...rows.values()]).map((item) =>
      view(postmortem.incidentId, item, rows.get(item.id) ?? null),
    );
  };

  app.get('/incidents/:id/postmortem/actions', {
    config: { scope: 'read' },
    schema: {
      summary: 'The action items of an incident, with what the system can see of their ends',
      tags,
      params: idParam,
      response: { 200: z.object({ data: z.array(actionAnswer) }) },
    },
    handler: async ({ params }, reply) => {
      const postmortem = currentOf(deps, params.id);
      reply.header('etag', etagFor(deps, postmortem));
      return { data: all(postmortem) };
    },
  });

  app.post('/incidents/:id/postmortem/actions', {
    config: { scope: 'write' },
    schema: {
      summary: 'Add an action item of your own',
      description: 'With owner and due date it is open at once. `If-Match` is honoured when it is sent.',
      tags,
      params: idParam,
      body: newAction,
      response: { 201: actionAnswer },
    },
    handler: async (request, reply) => {
      const postmortem = currentOf(deps, request.params.id);
      if (request.headers['if-match'] !== undefined) requireMatch(request, etagFor(deps, postmortem));
      const { title, doneWhen, reason = '', owner: of = null, dueOn = null } = request.body;
      const now = clock.now();
      const state = stateAfter('proposed', of, dueOn);
      const action: StoredAction = {
        incidentId: postmortem.incidentId,
        id: newId('act'),
        origin: 'human',
        drafted: { title, reason, doneWhen },
        ...{ title: null, doneWhen: null, closing: null, note: null, tracker: null },
        owner: of,
        dueOn,
        state,
        by: request.body.by ?? request.apiKey?.name ?? 'API key',
        createdAt: now,
        updatedAt: now,
        openedAt: state === 'open' ? now : null,
        doneAt: null,
      };
      store.transact((tx) => putAction(tx, action));
      const after = currentOf(deps, request.params.id);
      reply.header('etag', etagFor(deps, after));
      return reply.code(201).send(all(after).find(({ id }) => id === action.id) as ActionView);
    },
  });

  app.patch('/incidents/:id/postmortem/actions', {
    config: { scope: 'write' },
    schema: {
      summary: 'Give actions an owner and a date, take them on, close or drop them: all of it or nothing',
      description:
        'A proposal with owner and due date is open. `done` is refused with 409 while the rows show that the end is not reached; `dropped` needs a `note`. `If-Match` is honoured when it is sent.',
      tags,
      params: idParam,
      body: patchedActions,
      response: { 200: z.object({ data: z.array(actionAnswer) }) },
    },
    handler: async (request, reply) => {
      const postmortem = currentOf(deps, request.params.id);
      if (request.headers['if-match'] !== undefined) requireMatch(request, etagFor(deps, postmortem));
      const who = request.body.by ?? request.apiKey?.name ?? 'API key';
      store.transact((tx) => {
        const refusals: Refusal[] = [];
        const seen = new Set<string>();
        const items = actionsNow(postmortem, readActionsOf(tx, postmortem.incidentId));
        const written = request.body.actions.flatMap((change, index): StoredAction[] => {
          const refuse = (path: string, message: string, conflict = false): [] => {
            refusals.push({ path: `actions.${index}.${path}`, message, conflict });
            return [];
          };
          const item = items.find(({ id }) => id === change.id);
          if (!item) return refuse('id', `must be an action of this incident: ${items.map(({ id }) => id).join(', ')}`);
          if (seen.has(change.id)) return refuse('id', 'is there twice');
          seen.add(change.id);
          const stored = readAction(tx, postmortem.incidentId, change.id);
          return changed(stored ?? takenUp(postmortem.incidentId, item, clock.now()), change, who, refuse);
        });
        if (refusals.length > 0) {
          const errors = refusals.map(({ path, message }) => ({ path, message }));
          const conflict = refusals.every((refusal) => refusal.conflict);
          throw new ApiProblem(
            conflict ? 409 : 422,
            errors.map(({ path, message }) => `${path} ${message}`).join('; '),
            { errors },
          );
        }
        for (const action of written) putAction(tx, action);
      });
      const after = currentOf(deps, request.params.id);
      reply.header('etag', etagFor(deps, after));
      return { data: all(after) };
    },
  });

  app.post('/incidents/:id/postmortem/actions/:actionId/push', {
    config: { scope: 'write' },
    schema: {
      summary: 'Put an action into a tracker; its state is read back from there',
      description:
        'Answers at once; it is put there within seconds, once, and tried again while the tracker does not answer.',
      tags,
      params: idParam.extend({ actionId: z.string().min(1).max(80) }),
      body: z.strictObject({ tracker: z.string().min(1).max(80).describe('id or key of a tracker') }),
      response: { 202: actionAnswer },
    },
    handler: async (request, reply) => {
      const { id, actionId } = request.params;
      const postmortem = currentOf(deps, id);
      const tracker = readTracker(store.reader, request.body.tracker);
      if (!tracker) throw notValid('tracker', 'must be the id or key of a tracker; GET /trackers lists them');
      const items = actionsNow(postmortem, readActionsOf(store.reader, postmortem.incidentId));
      const item = items.find((one) => one.id === actionId);
      if (!item) throw notFound(`action as ${actionId}`);
      store.transact((tx) => {
        const stored =
          readAction(tx, postmortem.incidentId, actionId) ?? takenUp(postmortem.incidentId, item, clock.now());
        if (stored.tracker?.ref != null || stored.tracker?.begunAt !== undefined) {
          if (stored.tracker.tracker === tracker.key) return;
          throw new ApiProblem(
            409,
            `the action lives in ${stored.tracker.tracker} already, as ${stored.tracker.ref ?? 'it was begun there'}`,
          );
        }
        if (stored.state === 'dropped') throw new ApiProblem(409, 'the action is dropped; open it first');
        const issue = { ref: null, url: null, state: null, assignee: null, readAt: null, error: null, failures: 0 };
        const by = request.apiKey?.name ?? 'API key';
        putAction(tx, {
          ...stored,
          tracker: { tracker: tracker.key, ...issue, nextAt: clock.now() },
          by,
          updatedAt: clock.now(),
        });
      });
      const after = all(currentOf(deps, id)).find((one) => one.id === actionId);
      return reply.code(202).send(after as ActionView);
    },
  });

  app.get('/actions', {
    config: { scope: 'read' },
    schema: {
      summary: 'Action items of all incidents that somebody took up, newest first',
      tags,
      querystring: actionsQuery,
      response: { 200: page(actionAnswer.extend({ incident: z.object({ id: z.string(), number: z.int32() }) })) },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query);
      const cursor = decodeCursor(query.cursor, 'number', 'string');
      const before = cursor && { at: cursor[0], id: cursor[1] };
      const rows = readActions(store.reader, {
        state: query.state ?? null,
        owner: query.owner ?? null,
        overdueOn: query.overdue === 'true' ? today() : null,
        before,
        limit: limit + 1,
      });
      return toPage(
        rows,
        limit,
        (row) => ({
          ...view(row.incidentId, itemOf(row), row),
          incident: { id: row.incidentId, number: readIncidentRecord(store.reader, row.incidentId)?.number ?? 0 },
        }),
        (row) => [row.createdAt, `${row.incidentId}/${row.id}`],
      );
    },
  });

  function changed(
    before: StoredAction,
    change: z.output<typeof patchedActions>['actions'][number],
    who: string,
    refuse: (path: string, message: string, conflict?: boolean) => [],
  ): StoredAction[] {
    const now = clock.now();
    const of = change.owner === undefined ? before.owner : change.owner;
    const dueOn = change.dueOn === undefined ? before.dueOn : change.dueOn;
    const doneWhen = change.doneWhen ?? before.doneWhen;
    const reopened = change.state === 'open' || before.state === 'proposed';
    const state = change.state ?? stateAfter(before.state, of, dueOn);
    if (state === 'dropped' && !change.note && !(before.state === 'dropped' && before.note))
      return refuse('note', 'must say why it is dropped');
    const closing = doneWhen === null ? before.closing : null;
    if (change.state === 'done' && closing && before.state !== 'done') {
      const rows = readClosingRows(store.reader, before.incidentId, closing, before.openedAt ?? now, now);
      const { met, measured } = judgeClosing(closing, rows);
      if (!met)
        return refuse('state', `cannot be done yet: ${measured}; drop it with a note, or change the rest`, true);
      change = { ...change, note: change.note ?? measured };
    }
    return [
      {
        ...before,
        title: change.title ?? before.title,
        doneWhen,
        owner: of,
        dueOn,
        state,
        note: change.note ?? (change.state === undefined || change.state === before.state ? before.note : null),
        by: who,
        updatedAt: now,
        openedAt:
          state === 'open' && (reopened || before.openedAt === null) ? (before.openedAt ?? now) : before.openedAt,
        doneAt: state === 'done' ? (before.doneAt ?? now) : null,
      },
    ];
  }
}

/** A proposal that nobody had touched. */
function takenUp(incidentId: string, item: ActionItem, now: number): StoredAction {
  const drafted: ActionWords = { title: item.title, reason: item.reason, doneWhen: item.doneWhen };
  return {
    incidentId,
    id: item.id,
    origin: 'machine',
    drafted,
    ...{ title: null, doneWhen: null, owner: null, dueOn: null, note: null, tracker: null },
    closing: item.closing ?? null,
    state: 'proposed',
    by: '',
    createdAt: now,
    updatedAt: now,
    openedAt: null,
    doneAt: null,
  };
}
