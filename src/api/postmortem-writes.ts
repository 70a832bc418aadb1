import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { DAY_MS } from '#src/domain/postmortem/deadlines.ts';
import { refuseStep, type Step, type Transition } from '#src/domain/postmortem/life.ts';
import { lintPostmortem } from '#src/domain/postmortem/lint/rules.ts';
import { applyPatch, type SectionPatch } from '#src/domain/postmortem/patch.ts';
import type { Tx } from '#src/store/database.ts';
import { newId } from '#src/store/new-id.ts';
import { scheduleFollowUp } from '#src/store/postmortem-due.ts';
import { addStep, dropEdit, putEdit, readEdits, readLife } from '#src/store/postmortem-life.ts';
import type { App, CurrentPostmortem, RouteDeps } from './deps.ts';
import { currentOf, etagFor, postmortemAnswer } from './postmortem-view.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { ApiProblem } from './problem.ts';
import { idParam, lines, words } from './schemas/common.ts';

const tags = ['postmortems'];
const MOST_TEXT = 5000;
const PARAGRAPH = 'must be one paragraph, without line breaks and other control characters; write a block for each';

const by = words(200).optional().describe('a role or a name; the name of the API key when absent');
/** A paragraph of a person's; what surrounds it is cut off. */
const text = z
  .string()
  .transform((value) => value.trim())
  .refine((value) => value !== '', `must have 1 to ${MOST_TEXT} characters; null takes the block out`)
  .refine((value) => value.length <= MOST_TEXT, `must have 1 to ${MOST_TEXT} characters`)
  .refine((value) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/u.test(value), PARAGRAPH)
  .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
const yes = z.literal(true, { error: 'must be true, or left out' }).optional();
const patchBody = z.strictObject({
  sections: z
    .array(
      z.strictObject({
        id: z.string().max(100),
        blocks: z
          .array(
            z.strictObject({
              id: z.string().min(1).max(200).optional().describe('absent: a new block with an id of our making'),
              text: text.nullable().optional().describe('new words; null takes the block out'),
              after: z.string().max(200).nullable().optional().describe('of a block of your own: the block it follows'),
              confirmed: yes.describe('the words were read again and stay'),
              restore: yes.describe('back to the words of the draft'),
            }),
          )
          .min(1, 'must have at least one block')
          .max(200, 'must have at most 200 blocks'),
      }),
    )
    .min(1, 'must have at least one section')
    .max(20, 'must have at most 20 sections'),
  by,
});

const actBody = z.strictObject({ by }).nullish();
const publishBody = z
  .strictObject({
    by,
    override: z
      .strictObject({ reason: lines(1000) })
      .optional()
      .describe('publishes with findings left; kept and shown'),
  })
  .nullish();
const amendBody = z.strictObject({ text: lines(MOST_TEXT), by });
const shape = { tags, params: idParam, response: { 200: postmortemAnswer } };
const NEEDS_MATCH = 'Needs `If-Match` with the ETag of the read that it is made on.';

type Work = (tx: Tx, before: CurrentPostmortem, by: string) => CurrentPostmortem | null;
type Act = (
  request: FastifyRequest,
  reply: FastifyReply,
  step: Transition,
  work: Work,
) => z.input<typeof postmortemAnswer>;

/** What people do with a postmortem. Each is made on the version that they read, and answers with the new one. */
export function postmortemWriteRoutes(app: App, deps: RouteDeps): void {
  const act: Act = (request, reply, step, work) => {
    const { id } = request.params as z.output<typeof idParam>;
    const before = currentOf(deps, id);
    requireMatch(request, etagFor(deps, before));
    const why = refuseStep(before.status, step);
    if (why) throw new ApiProblem(409, `the postmortem is ${before.status.replace('_', ' ')}: ${why}`);
    const given = (request.body as { by?: string } | null | undefined)?.by;
    let after: CurrentPostmortem | null = null;
    const answer = deps.commit(request, 200, (tx) => {
      after = work(tx, before, given ?? request.apiKey?.name ?? 'API key');
      return deps.render.json(after ?? before);
    });
    const { status, revision } = after ?? before;
    reply.header('etag', etagOf({ status, revision, shown: answer }));
    return answer as z.input<typeof postmortemAnswer>;
  };
  editRoutes(app, deps, act);
  lifeRoutes(app, deps, act);
}

function editRoutes(app: App, deps: RouteDeps, act: Act): void {
  app.patch('/incidents/:id/postmortem', {
    config: { scope: 'write' },
    schema: {
      summary: 'Put it in your own words, add blocks of your own, take blocks out, confirm what is stale',
      description: `All of it is done or none. ${NEEDS_MATCH} A regeneration never touches what you wrote.`,
      ...shape,
      body: patchBody,
    },
    handler: async (request, reply) =>
      act(request, reply, 'edit', (tx, before, by) => edit(deps, tx, before, by, request.body.sections)),
  });
  app.post('/incidents/:id/postmortem/regenerate', {
    config: { scope: 'write' },
    schema: {
      summary: 'Draw it again from the rows, and lay what people wrote over it',
      description: `It happens by itself when rows change. ${NEEDS_MATCH}`,
      ...shape,
      body: actBody,
    },
    handler: async (request, reply) =>
      act(request, reply, 'regenerate', (tx, { incidentId }, by) =>
        deps.postmortems.revise(tx, incidentId, { reason: 'drawn', by }),
      ),
  });
}

function edit(
  { postmortems, clock }: RouteDeps,
  tx: Tx,
  before: CurrentPostmortem,
  by: string,
  sections: SectionPatch[],
): CurrentPostmortem | null {
  const { incidentId } = before;
  const drawn = postmortems.drawn(tx, incidentId);
  if (!drawn) return null;
  const edits = readEdits(tx, incidentId);
  const seq = Math.max(0, ...edits.map((each) => each.seq)) + 1;
  const shown = { drawn, shown: before.document, edits, by, at: clock.now(), seq, newId: () => newId('blk') };
  const { put, drop, refused } = applyPatch(sections, shown);
  if (refused.length > 0) {
    const detail = refused.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new ApiProblem(422, detail.slice(0, 2000), { errors: refused });
  }
  for (const each of put) putEdit(tx, incidentId, each);
  for (const blockId of drop) dropEdit(tx, incidentId, blockId);
  return postmortems.revise(tx, incidentId, { reason: 'edited', by });
}

function lifeRoutes(app: App, deps: RouteDeps, act: Act): void {
  const { clock, postmortems } = deps;
  const step = (
    tx: Tx,
    before: CurrentPostmortem,
    taken: Pick<Step, 'step' | 'by'> & Partial<Pick<Step, 'text' | 'rules'>>,
  ) => {
    const revision = before.revision + (taken.step === 'amended' ? 0 : 1);
    addStep(tx, before.incidentId, { at: clock.now(), revision, text: null, rules: [], ...taken });
  };
  app.post('/incidents/:id/postmortem/submit', {
    config: { scope: 'write' },
    schema: { summary: 'Hand the draft in for review', description: NEEDS_MATCH, ...shape, body: actBody },
    handler: async (request, reply) =>
      act(request, reply, 'submit', (tx, before, by) => {
        step(tx, before, { step: 'submitted', by });
        return postmortems.revise(tx, before.incidentId, { reason: 'submitted', by });
      }),
  });
  app.post('/incidents/:id/postmortem/publish', {
    config: { scope: 'write' },
    schema: {
      summary: 'Publish: from now on the text never changes',
      description: `Refused with 409 and \`blocking\` while rules are broken, unless overridden with a reason. ${NEEDS_MATCH}`,
      ...shape,
      body: publishBody,
    },
    handler: async (request, reply) =>
      act(request, reply, 'publish', (tx, before, by) => {
        const today = toRfc3339(clock.now()).slice(0, 10);
        const blocking = lintPostmortem({ ...before, today }).filter(({ level }) => level === 'blocking');
        const reason = request.body?.override?.reason ?? null;
        if (blocking.length > 0 && reason === null)
          throw new ApiProblem(
            409,
            `${blocking.length} findings block publishing: mend them, or send {"override": {"reason": "…"}}`,
            { extensions: { blocking } },
          );
        const rules = [...new Set(blocking.map(({ rule }) => rule))].sort();
        step(tx, before, { step: 'published', by, text: rules.length > 0 ? reason : null, rules });
        const { followUpDays } = postmortems.deadlinesOf(tx, before.incidentId);
        scheduleFollowUp(tx, before.incidentId, clock.now() + followUpDays * DAY_MS);
        return postmortems.revise(tx, before.incidentId, { reason: 'published', by });
      }),
  });
  app.post('/incidents/:id/postmortem/amend', {
    config: { scope: 'write' },
    schema: {
      summary: 'Add to what is published; its text stays as it is',
      description: NEEDS_MATCH,
      ...shape,
      body: amendBody,
    },
    handler: async (request, reply) =>
      act(request, reply, 'amend', (tx, before, by) => {
        step(tx, before, { step: 'amended', by, text: request.body.text });
        return { ...before, life: readLife(tx, before.incidentId) };
      }),
  });
}
