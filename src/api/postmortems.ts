import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { StoredPostmortem } from '#src/store/postmortems.ts';
import type { App, RouteDeps } from './deps.ts';
import { recordOf } from './incidents.ts';
import { ApiProblem, notFound } from './problem.ts';
import { idParam, time } from './schemas/common.ts';

const tags = ['postmortems'];
/** The document loads nothing and runs nothing. */
const CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'";

const failedClaim = z.object({ blockId: z.string(), text: z.string(), reason: z.string() });
const claims = z.object({ total: z.int32(), verified: z.int32(), failed: z.array(failedClaim) }).meta({ id: 'Claims' });
const finding = z.object({ rule: z.string(), message: z.string(), blockId: z.string() });
const span = z.object({
  kind: z.enum(['observed', 'derived', 'reported', 'question']),
  text: z.string(),
  facts: z.array(z.string()),
});
const action = z.object({
  id: z.string(),
  title: z.string(),
  reason: z.string(),
  doneWhen: z.string(),
  owner: z.string().nullable(),
  dueOn: z.string().nullable(),
  tracker: z.string().nullable(),
  state: z.enum(['proposed', 'open', 'done', 'dropped']),
  cites: z.array(z.string()),
});
const postmortemAnswer = z
  .object({
    incidentId: z.string(),
    number: z.int32(),
    title: z.string(),
    status: z.enum(['live', 'draft', 'in_review', 'published']),
    revision: z.int32(),
    createdAt: time,
    dueAt: time.nullable(),
    snapshot: z.string(),
    claims,
    blocking: z.array(finding),
    warnings: z.array(finding),
    header: z.array(z.object({ label: z.string(), spans: z.array(span) })),
    sections: z.array(
      z.object({
        id: z.enum(['summary', 'timeline', 'root-cause', 'what-went-well', 'action-items']),
        title: z.string(),
        blocks: z.array(
          z.object({
            id: z.string(),
            origin: z.enum(['machine', 'human', 'edited']),
            stale: z.boolean(),
            spans: z.array(span),
          }),
        ),
      }),
    ),
    actions: z.array(action),
  })
  .meta({ id: 'Postmortem' });
const factValue = z.union([z.number(), z.string()]);
const factsAnswer = z
  .object({
    snapshot: z.string(),
    facts: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        value: factValue.nullable(),
        unit: z.string(),
        min: factValue.optional(),
        max: factValue.optional(),
        about: z.string().optional(),
        rows: z.array(z.string()),
        rowCount: z.int32().optional(),
      }),
    ),
  })
  .meta({ id: 'Facts' });

export function postmortemRoutes(app: App, deps: RouteDeps): void {
  const { store, render, postmortems } = deps;
  const current = (id: string): StoredPostmortem => {
    const record = recordOf(store.reader, id);
    const postmortem = postmortems.current(record.id);
    if (!postmortem) throw notFound(`postmortem as ${id}`);
    return postmortem;
  };
  const sendText = (request: FastifyRequest, reply: FastifyReply, type: 'markdown' | 'html', id: string) => {
    const postmortem = current(id);
    if (isKnown(request, reply, postmortem)) return reply.code(304).send();
    if (type === 'html') reply.header('content-security-policy', CSP);
    return reply.type(`text/${type}; charset=utf-8`).serializer(String).send(render[type](postmortem));
  };

  app.get('/incidents/:id/postmortem', {
    config: { scope: 'read' },
    schema: {
      summary: 'The postmortem: live while the incident is open, a draft once it is over',
      description: 'JSON, or `text/markdown` or `text/html` by `Accept`; also by suffix: `.md`, `.html`.',
      tags,
      params: idParam,
      response: { 200: postmortemAnswer },
    },
    handler: async (request, reply) => {
      const type = wanted(request.headers.accept);
      reply.header('vary', 'accept');
      if (type !== 'json') return sendText(request, reply, type, request.params.id) as never;
      const postmortem = current(request.params.id);
      if (isKnown(request, reply, postmortem)) return (reply as FastifyReply).code(304).send() as never;
      return render.json(postmortem) as z.input<typeof postmortemAnswer>;
    },
  });
  for (const [suffix, type] of [
    ['md', 'markdown'],
    ['html', 'html'],
  ] as const) {
    app.get(`/incidents/:id/postmortem.${suffix}`, {
      config: { scope: 'read' },
      schema: {
        summary: `The postmortem as ${type === 'html' ? 'HTML' : 'Markdown'}`,
        tags,
        params: idParam,
        produces: [`text/${type}`],
      },
      handler: async (request, reply) => sendText(request, reply, type, request.params.id),
    });
  }
  app.get('/incidents/:id/postmortem/facts', {
    config: { scope: 'read' },
    schema: {
      summary: 'The ledger: every figure with the rows behind it',
      tags,
      params: idParam,
      response: { 200: factsAnswer },
    },
    handler: async ({ params }) => {
      const { snapshot, ledger } = current(params.id);
      return { snapshot, facts: ledger };
    },
  });
  app.post('/incidents/:id/postmortem/verify', {
    config: { scope: 'read' },
    schema: {
      summary: 'Recompute every claim from the rows, by other code than the one that drew it',
      tags,
      params: idParam,
      body: z.strictObject({}).nullish(),
      response: { 200: claims },
    },
    handler: async ({ params }) => postmortems.verify(current(params.id)),
  });
}

/** Sets the ETag; true when the caller has this version already. */
function isKnown(request: FastifyRequest, reply: FastifyReply, { revision, snapshot }: StoredPostmortem): boolean {
  const etag = `"${revision}-${snapshot.replace('sha256:', '').slice(0, 16)}"`;
  reply.header('etag', etag);
  const known = (request.headers['if-none-match'] ?? '').split(',');
  return known.some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

const TYPES = { 'application/json': 'json', 'text/markdown': 'markdown', 'text/html': 'html' } as const;

/** The type a caller likes best (RFC 9110 12.5.1): JSON when nothing else is liked better. */
function wanted(accept: string | undefined): 'json' | 'markdown' | 'html' {
  if (!accept) return 'json';
  const ranges = accept.split(',').map((part) => {
    const [range = '', ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const q = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    return { range, q: Number.isFinite(q) ? q : 0 };
  });
  const weight = (type: string) => {
    const [family] = type.split('/');
    const best = [type, `${family}/*`, '*/*'].map((range) => ranges.find((r) => r.range === range)).find(Boolean);
    return best?.q ?? 0;
  };
  let choice: { type: string; q: number } = { type: '', q: 0 };
  for (const type of Object.keys(TYPES)) {
    const q = weight(type);
    if (q > choice.q) choice = { type, q };
  }
  const found = TYPES[choice.type as keyof typeof TYPES];
  if (!found) throw new ApiProblem(406, `a postmortem comes as ${Object.keys(TYPES).join(', ')}`);
  return found;
}
