import { z } from 'zod';
import { Misuse, must, type Service } from './stand-in.ts';

/** Services that take messages and give nothing back to refer to: Teams Workflows, PagerDuty Events v2, ntfy. */

/** https://adaptivecards.io/explorer/ 1.5, in the envelope of a Workflows webhook */
const textBlock = z.strictObject({
  type: z.literal('TextBlock'),
  text: z.string().min(1),
  wrap: z.boolean(),
  weight: z.enum(['Bolder', 'Default', 'Lighter']).optional(),
  size: z.enum(['Small', 'Default', 'Medium', 'Large', 'ExtraLarge']).optional(),
  isSubtle: z.boolean().optional(),
});
const container = z.strictObject({
  type: z.literal('Container'),
  style: z.enum(['default', 'emphasis', 'good', 'attention', 'warning', 'accent']),
  bleed: z.boolean(),
  items: z.array(textBlock),
});
const factSet = z.strictObject({
  type: z.literal('FactSet'),
  facts: z.array(z.strictObject({ title: z.string().min(1), value: z.string().min(1) })).min(1),
});
const card = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.literal('1.5'),
  msteams: z.strictObject({ width: z.literal('Full') }),
  body: z.array(z.discriminatedUnion('type', [textBlock, container, factSet])).min(1),
  actions: z.array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.url() })).max(6),
});
const teamsMessage = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: card,
      }),
    )
    .length(1),
});

export const teamsService: Service = ({ method, path, body }) => {
  if (method !== 'POST' || !path.startsWith('/workflows/'))
    throw new Misuse('no such route', { status: 404, body: {} });
  must(teamsMessage, body, (why) => ({
    status: 400,
    body: { error: { code: 'TriggerInputSchemaMismatch', message: why } },
  }));
  if (JSON.stringify(body).length > 28 * 1024) throw new Misuse('larger than 28 KB', { status: 413, body: {} });
  return { status: 202, body: '' };
};

/** https://developer.pagerduty.com/docs/send-alert-event */
const event = z.strictObject({
  routing_key: z.string().length(32),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().min(1).max(255),
  client: z.string().optional(),
  client_url: z.url().optional(),
  payload: z.strictObject({
    summary: z.string().min(1).max(1024),
    source: z.string().min(1),
    severity: z.enum(['critical', 'error', 'warning', 'info']),
    timestamp: z.iso.datetime(),
    class: z.string().optional(),
    custom_details: z.record(z.string(), z.unknown()),
  }),
  links: z.array(z.strictObject({ href: z.url(), text: z.string() })),
});

export const pagerdutyService: Service = ({ method, path, body }) => {
  if (method !== 'POST' || path !== '/v2/enqueue') throw new Misuse('no such route', { status: 404, body: {} });
  const { dedup_key } = must(event, body, (why) => ({
    status: 400,
    body: { status: 'invalid event', message: 'Event object is invalid', errors: [why] },
  }));
  return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key } };
};

/** https://docs.ntfy.sh/publish/#publish-as-json */
const view = z.strictObject({ action: z.literal('view'), label: z.string(), url: z.url() });
const http = z.strictObject({
  action: z.literal('http'),
  label: z.string(),
  url: z.url(),
  method: z.enum(['POST', 'PUT', 'GET']),
  headers: z.record(z.string(), z.string()),
  clear: z.boolean(),
});
const ntfyMessage = z.strictObject({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  title: z.string().max(250),
  message: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= 4096, 'longer than 4096 bytes'),
  priority: z.int().min(1).max(5),
  tags: z.array(z.string()),
  click: z.url().optional(),
  actions: z.array(z.discriminatedUnion('action', [view, http])).max(3),
  sequence_id: z
    .string()
    .regex(/^[-_A-Za-z0-9]{1,64}$/)
    .optional(),
});

export const NTFY_TOKEN = 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2';

export const ntfyService: Service = ({ method, path, headers, body }) => {
  if (method !== 'POST' || path !== '/') throw new Misuse('JSON is published to the root', { status: 404, body: {} });
  if (headers.authorization !== `Bearer ${NTFY_TOKEN}`)
    return { status: 403, body: { code: 40301, http: 403, error: 'forbidden' } };
  const { topic, title } = must(ntfyMessage, body, (why) => ({
    status: 400,
    body: { code: 40024, http: 400, error: why },
  }));
  return { status: 200, body: { id: 'xE73Iyuabi', time: 1_700_000_000, event: 'message', topic, title } };
};
