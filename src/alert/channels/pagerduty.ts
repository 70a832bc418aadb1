import { z } from 'zod';
import type { AlertPayload } from '#src/domain/alert.ts';
import type { AlertMessage, Tone } from '#src/domain/message.ts';
import { cutEnd } from '#src/domain/plain-text.ts';
import { channelUrl, defineChannel, hostOf } from './kind.ts';
import { call, judgeStatus } from './request.ts';

/** https://developer.pagerduty.com/docs/send-alert-event */
const REGIONS = { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' } as const;
const MOST_SUMMARY = 1024;

const ACTIONS: Partial<Record<AlertPayload['type'], 'acknowledge' | 'resolve'>> = {
  'incident.acknowledged': 'acknowledge',
  'incident.resolved': 'resolve',
};
const SEVERITIES: Readonly<Record<Tone, 'critical' | 'error' | 'warning' | 'info'>> = {
  critical: 'critical',
  major: 'error',
  minor: 'warning',
  acknowledged: 'info',
  resolved: 'info',
  notice: 'info',
};
/** Work that is late is an alert of its own, beside that of the outage. */
const APART = new Set<AlertPayload['type']>(['postmortem.due', 'action.overdue']);

/** One alert of PagerDuty per incident of ours: its id is the key that later events go by. */
function keyOf({ event, incident }: AlertMessage, alertId: string): string {
  if (!incident) return `hindcast:${alertId}`;
  return APART.has(event) ? `hindcast:${incident.id}:${event}` : `hindcast:${incident.id}`;
}

function eventOf(message: AlertMessage, alertId: string, routingKey: string, action: string) {
  const { line, tone, fields, links, incident, at, event } = message;
  return {
    routing_key: routingKey,
    event_action: action,
    dedup_key: keyOf(message, alertId),
    client: 'Hindcast',
    ...(links.find(({ label }) => label === 'Incident') && {
      client_url: links.find(({ label }) => label === 'Incident')?.url,
    }),
    payload: {
      summary: cutEnd(line, MOST_SUMMARY),
      source: 'Hindcast',
      severity: SEVERITIES[tone],
      timestamp: at,
      class: event,
      custom_details: {
        ...(incident && { incident: incident.number }),
        ...Object.fromEntries(fields.map(({ label, text }) => [label, text])),
      },
    },
    links: links.map(({ label, url }) => ({ href: url, text: label })),
  };
}

/** Events API v2. A test opens an alert of severity info and resolves it. */
export const pagerduty = defineChannel({
  fields: {
    region: z.enum(['us', 'eu'], { error: 'must be "us" or "eu"' }).default('us'),
    apiUrl: channelUrl.nullable().default(null).describe('in place of the region’s own'),
  },
  secrets: {
    routingKey: {
      schema: z.string().regex(/^[A-Za-z0-9]{32}$/, 'must be an integration key: 32 letters and digits'),
      when: 'required',
    },
  },
  hosts: ({ apiUrl }) => hostOf('apiUrl', apiUrl),
  async send(context) {
    const { message, alertId, settings } = context;
    const url = `${(settings.apiUrl ?? REGIONS[settings.region]).replace(/\/$/, '')}/v2/enqueue`;
    const routingKey = settings.routingKey ?? '';
    const post = async (action: string) => {
      const body = JSON.stringify(eventOf(message, alertId, routingKey, action));
      const { answer, failed } = await call(context, { url, body, hide: [routingKey] });
      if (failed) return failed;
      const { message: words = '', errors = [] } = answer.json ?? {};
      return judgeStatus(
        answer,
        [words, ...(Array.isArray(errors) ? errors : [])].filter(Boolean).join(': ').slice(0, 200),
      );
    };
    const outcome = await post(ACTIONS[message.event] ?? 'trigger');
    return message.event === 'channel.test' && outcome.outcome === 'sent' ? post('resolve') : outcome;
  },
});
