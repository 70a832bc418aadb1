import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import { incidentJson } from '#src/domain/incident.ts';
import { plainText } from '#src/domain/plain-text.ts';
import { readChannel } from '#src/store/channels.ts';
import type { Reader } from '#src/store/database.ts';
import { assemble, readIncidentRecord } from '#src/store/incidents.ts';
import { markUsed, wasUsed } from '#src/store/used-links.ts';
import { acknowledge, whoAcknowledged } from './acknowledge.ts';
import { PAGE_HEADERS, renderPage } from './acknowledge-page.ts';
import { tooMany } from './auth.ts';
import type { ApiDeps, App } from './deps.ts';
import { ApiProblem } from './problem.ts';
import { RateLimit } from './rate-limit.ts';
import { words } from './schemas/common.ts';

/** From one address: links opened or used. */
const PER_ADDRESS = { burst: 30, perSecond: 1 };
const MOST_FORM_BYTES = 4096;

const params = z.strictObject({ token: z.string().max(200) });
const body = z.strictObject({ by: words(200).optional() }).nullish();

type Claim = NonNullable<ReturnType<ApiDeps['readAcknowledgeLink']>>;
interface Usable {
  claim: Claim;
  record: IncidentRecord;
  /** Where the link was sent, by its key; or that the channel is no more. */
  channel: string;
}

/**
 * The link in alerts that acknowledges, without an API key: a GET shows a page with a button and changes nothing, since
 * link scanners and previews make GETs; only the POST of its form acknowledges, once.
 */
export function acknowledgeLinkRoutes(app: App, deps: ApiDeps): void {
  const limit = new RateLimit(PER_ADDRESS, deps.clock);
  app.register(async (plain) => {
    const scope = plain as unknown as App;
    const form = { parseAs: 'string', bodyLimit: MOST_FORM_BYTES } as const;
    scope.addContentTypeParser('application/x-www-form-urlencoded', form, (_request, text, done) => {
      const by = new URLSearchParams(String(text)).get('by')?.trim();
      done(null, by ? { by: plainText(by).slice(0, 200) } : {});
    });
    scope.addHook('onRequest', async (request) => {
      const waitMs = limit.take(request.ip);
      if (waitMs > 0) throw tooMany('too many requests from this address; try again in a moment', waitMs);
    });
    scope.setErrorHandler((error, request, reply) => {
      if (!(error instanceof ApiProblem) || wantsJson(request)) throw error;
      return show(reply.headers(error.headers), error.status, { heading: 'Not acknowledged', lines: [error.message] });
    });
    scope.get('/acknowledge/:token', {
      config: { scope: 'public' },
      schema: { hide: true, params },
      handler: async (request, reply) => {
        const { record, channel } = usable(deps, deps.store.reader, request.params.token);
        return show(reply, 200, {
          heading: record.title,
          lines: [
            `Incident ${record.number}, ${record.severity}, since ${toRfc3339(record.startedAt).slice(0, 19).replace('T', ' ')} UTC. The link was sent to ${channel}.`,
            'Are you on it?',
          ],
          form: { action: `/acknowledge/${request.params.token}`, label: 'Acknowledge' },
        });
      },
    });
    scope.post('/acknowledge/:token', {
      config: { scope: 'public' },
      schema: { hide: true, params, body },
      handler: async (request, reply) => {
        const done = deps.store.transact((tx) => {
          const { claim, record, channel } = usable(deps, tx, request.params.token);
          const by = request.body?.by ?? `link in ${channel}`;
          const how = request.body?.by
            ? `acknowledged by ${by}, by the link in ${channel}`
            : `acknowledged by the ${by}`;
          const written = acknowledge(tx, deps, record, { by, at: deps.clock.now(), how });
          markUsed(tx, claim, written.entryId);
          return assemble(tx, written.record, deps.clock.now());
        });
        if (wantsJson(request))
          return reply.type('application/json').serializer(JSON.stringify).send(incidentJson(done));
        return show(reply, 200, {
          heading: 'Acknowledged',
          lines: [done.title, `Incident ${done.number} was ${whoAcknowledged(done)}.`],
        });
      },
    });
  });
}

/** What a link may still acknowledge. @throws ApiProblem in words for whoever holds the link. */
function usable({ readAcknowledgeLink, clock }: ApiDeps, reader: Reader, token: string): Usable {
  const claim = readAcknowledgeLink(token);
  const record = claim && readIncidentRecord(reader, claim.incidentId);
  if (!claim || !record) throw new ApiProblem(404, 'This link is not one of ours, or it was cut off on its way.');
  const what = `Incident ${record.number} (${record.title})`;
  if (record.acknowledgedAt !== null) throw new ApiProblem(409, `${what} is already ${whoAcknowledged(record)}.`);
  if (record.resolvedAt !== null)
    throw new ApiProblem(409, `${what} is over already; there is nothing to acknowledge.`);
  if (wasUsed(reader, claim))
    throw new ApiProblem(410, `This link was used already. ${what} can be acknowledged by a newer alert's link.`);
  if (claim.expiresAt <= clock.now())
    throw new ApiProblem(410, `This link has expired. ${what} can be acknowledged by a newer alert's link.`);
  return { claim, record, channel: readChannel(reader, claim.channelId)?.key ?? 'a channel that is gone' };
}

function wantsJson(request: FastifyRequest): boolean {
  return /\bjson\b/.test(request.headers['content-type'] ?? '') || request.headers.accept === 'application/json';
}

function show(reply: FastifyReply, status: number, page: Parameters<typeof renderPage>[0]): FastifyReply {
  return reply.code(status).headers(PAGE_HEADERS).type('text/html; charset=utf-8').send(renderPage(page));
}
