import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App, CurrentPostmortem, RouteDeps } from './deps.ts';
import { claims, currentOf, factsAnswer, postmortemAnswer } from './postmortem-view.ts';
import { etagOf, isKnown } from './preconditions.ts';
import { ApiProblem } from './problem.ts';
import { idParam } from './schemas/common.ts';

const tags = ['postmortems'];
/** The document loads nothing and runs nothing. */
const CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'";

const FORMS = {
  json: { type: 'application/json', suffix: '', called: 'JSON' },
  markdown: { type: 'text/markdown; charset=utf-8', suffix: 'md', called: 'Markdown' },
  html: { type: 'text/html; charset=utf-8', suffix: 'html', called: 'HTML' },
  pdf: { type: 'application/pdf', suffix: 'pdf', called: 'PDF' },
} as const;
type Form = keyof typeof FORMS;

const reading = z.strictObject({
  audience: z
    .enum(['internal', 'public'])
    .default('internal')
    .describe('public: without names, people, addresses and evidence; what is taken out reads [redacted]'),
});

export function postmortemRoutes(app: App, deps: RouteDeps): void {
  const { render, postmortems } = deps;
  const current = (id: string): CurrentPostmortem => currentOf(deps, id);
  const send = async (request: FastifyRequest, reply: FastifyReply, form: Form, id: string) => {
    const { audience } = request.query as z.output<typeof reading>;
    const postmortem = current(id);
    const shown = render.json(postmortem, { audience });
    if (isKnown(request, reply, etagOf({ ...postmortem, shown }))) return reply.code(304).send();
    if (form === 'json') return shown;
    if (form === 'html') reply.header('content-security-policy', CSP);
    reply.type(FORMS[form].type);
    if (form === 'pdf') {
      const name = `incident-${postmortem.document.header.number}${audience === 'public' ? '-public' : ''}.pdf`;
      reply.header('content-disposition', `inline; filename="${name}"`);
      return reply.send((await render.pdf(postmortem, { audience })) as never);
    }
    return reply.serializer(String).send(render[form](postmortem, { audience }));
  };

  app.get('/incidents/:id/postmortem', {
    config: { scope: 'read' },
    schema: {
      summary: 'The postmortem: live while the incident is open, a draft once it is over',
      description:
        'JSON, or `text/markdown`, `text/html` or `application/pdf` by `Accept`; also by suffix: `.md`, `.html`, `.pdf`. With `?audience=public` names, people, addresses and evidence are taken out.',
      tags,
      params: idParam,
      querystring: reading,
      response: { 200: postmortemAnswer },
    },
    handler: async (request, reply) => {
      reply.header('vary', 'accept');
      return (await send(request, reply, wanted(request.headers.accept), request.params.id)) as never;
    },
  });
  for (const form of ['markdown', 'html', 'pdf'] as const) {
    const { suffix, type, called } = FORMS[form];
    app.get(`/incidents/:id/postmortem.${suffix}`, {
      config: { scope: 'read' },
      schema: {
        summary: `The postmortem as ${called}`,
        tags,
        params: idParam,
        querystring: reading,
        produces: [type.replace(/;.*/, '')],
      },
      handler: async (request, reply) => send(request, reply, form, request.params.id),
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

/** The type a caller likes best (RFC 9110 12.5.1): JSON when nothing else is liked better. */
function wanted(accept: string | undefined): Form {
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
  const types = Object.values(FORMS).map(({ type }) => type.replace(/;.*/, ''));
  let choice: { form: Form | null; q: number } = { form: null, q: 0 };
  for (const [i, form] of (Object.keys(FORMS) as Form[]).entries()) {
    const q = weight(types[i] ?? '');
    if (q > choice.q) choice = { form, q };
  }
  if (!choice.form) throw new ApiProblem(406, `a postmortem comes as ${types.join(', ')}`);
  return choice.form;
}
