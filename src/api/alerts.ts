import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { ALERT_STATES, type AlertQuery, type ListedAlert, readAlerts } from '#src/store/alert-list.ts';
import { readChannel } from '#src/store/channels.ts';
import type { App, RouteDeps } from './deps.ts';
import { recordOf } from './incidents.ts';
import { decodeCursor, limitOf, toPage } from './paging.ts';
import { badQuery } from './problem.ts';
import { idParam, page, pageQuery, time } from './schemas/common.ts';

const tags = ['alerts'];

const alertAnswer = z
  .object({
    id: z.string().describe('the webhook-id'),
    incident: z.object({ id: z.string(), number: z.int32() }).nullable().describe('null for a digest'),
    channel: z.string().describe("the channel's key"),
    event: z.string(),
    state: z.enum(ALERT_STATES),
    reason: z.string().nullable().describe('why it is told'),
    summary: z.string().nullable().describe('its line; null while more may still join what it says'),
    silence: z.string().nullable().describe('id of the silence that kept it back'),
    createdAt: time,
    nextAttemptAt: time.nullable(),
    deliveredAt: time.nullable(),
    undeliverableReason: z.string().nullable(),
    attempts: z.array(
      z.object({
        attempt: z.int32(),
        startedAt: time,
        endedAt: time.nullable(),
        outcome: z
          .enum(['sent', 'retry', 'rejected', 'gone', 'cut-off'])
          .nullable()
          .describe('null while it is under way; cut-off: the server ended meanwhile'),
        statusCode: z.number().nullable(),
        detail: z.string().nullable(),
        latencyMs: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'Alert' });

const timeOf = (at: number | null) => (at === null ? null : toRfc3339(at));

function view(alert: ListedAlert): z.input<typeof alertAnswer> {
  const { id, incidentId, incidentNumber, channelKey, event, state, reason, silenceId, undeliverableReason } = alert;
  const { payload } = alert;
  return {
    id,
    incident: incidentId !== null && incidentNumber !== null ? { id: incidentId, number: incidentNumber } : null,
    channel: channelKey,
    event,
    state,
    reason,
    summary: payload === null ? null : (JSON.parse(payload) as { data: { summary: string } }).data.summary,
    silence: silenceId,
    createdAt: toRfc3339(alert.createdAt),
    nextAttemptAt: state === 'pending' ? toRfc3339(alert.nextAt) : null,
    deliveredAt: timeOf(alert.deliveredAt),
    undeliverableReason,
    attempts: alert.attempts.map(({ attempt, startedAt, endedAt, outcome, statusCode, detail }) => ({
      attempt,
      startedAt: toRfc3339(startedAt),
      endedAt: timeOf(endedAt),
      outcome,
      statusCode,
      detail,
      latencyMs: endedAt === null || outcome === 'cut-off' ? null : endedAt - startedAt,
    })),
  };
}

const filters = {
  state: z.enum(ALERT_STATES, { error: `must be one of ${ALERT_STATES.join(', ')}` }).optional(),
  channel: z.string().max(100).optional().describe('id or key'),
  ...pageQuery,
};

export function alertRoutes(app: App, { store }: RouteDeps): void {
  const { reader } = store;

  function list(query: z.output<z.ZodObject<typeof filters>>, incidentId: string | null) {
    const limit = limitOf(query);
    const [before = null] = decodeCursor(query.cursor, 'number') ?? [];
    const channel = query.channel === undefined ? null : readChannel(reader, query.channel);
    if (query.channel !== undefined && !channel) throw badQuery('channel', 'must be the id or key of a channel');
    const wanted: AlertQuery = {
      state: query.state ?? null,
      channelNo: channel?.no ?? null,
      incidentId,
      before,
      limit: limit + 1,
    };
    return toPage(readAlerts(reader, wanted), limit, view, ({ place }) => [place]);
  }

  app.get('/alerts', {
    config: { scope: 'read' },
    schema: {
      summary: 'The outbox: who is told what and why, with every attempt, newest first',
      tags,
      querystring: z.strictObject({ ...filters, incident: z.string().max(100).optional().describe('id or number') }),
      response: { 200: page(alertAnswer) },
    },
    handler: async ({ query }) =>
      list(query, query.incident === undefined ? null : recordOf(reader, query.incident).id),
  });
  app.get('/incidents/:id/alerts', {
    config: { scope: 'read' },
    schema: {
      summary: 'Alerts of an incident, with every attempt, newest first',
      tags,
      params: idParam,
      querystring: z.strictObject(filters),
      response: { 200: page(alertAnswer) },
    },
    handler: async ({ params, query }) => list(query, recordOf(reader, params.id).id),
  });
}
