import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App, CurrentPostmortem, RouteDeps } from './deps.ts';
import { claims, currentOf, etagFor, factsAnswer, postmortemAnswer } from './postmortem-view.ts';
import { etagOf, isKnown } from './preconditions.ts';
import { ApiProblem } from './problem.ts';
import { idParam } from './schemas/common.ts';

const tags = ['postmortems'];
/** The document loads nothing and runs nothing. */
const CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'";

export function postmortemRoutes(app: App, deps: RouteDeps): void {
  const { render, postmortems } = deps;
  const current = (id: string): CurrentPostmortem => currentOf(deps, id);
  const sendText = (request: FastifyRequest, reply: FastifyReply, type: 'markdown' | 'html', id: string) => {
    const postmortem = current(id);
    if (isKnown(request, reply, etagFor(deps, postmortem))) return reply.code(304).send();
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
      const shown = render.json(postmortem);
      const known = isKnown(request, reply, etagOf({ ...postmortem, shown }));
      if (known) return (reply as FastifyReply).code(304).send() as never;
      return shown as z.input<typeof postmortemAnswer>;
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
