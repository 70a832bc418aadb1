import { z } from 'zod';
import type { ApiDeps, CurrentPostmortem } from './deps.ts';
import { recordOf } from './incidents.ts';
import { etagOf } from './preconditions.ts';
import { notFound } from './problem.ts';
import { time } from './schemas/common.ts';

const failedClaim = z.object({ blockId: z.string(), text: z.string(), reason: z.string() });
export const claims = z
  .object({
    total: z.int32(),
    verified: z.int32(),
    failed: z.array(failedClaim),
    unresolved: z.array(failedClaim).optional().describe("figures in people's own words that no fact states"),
  })
  .meta({ id: 'Claims' });
export const finding = z
  .object({
    rule: z.string(),
    level: z.enum(['blocking', 'warning']),
    message: z.string(),
    fix: z.string(),
    blockId: z.string(),
    excerpt: z.string().optional(),
    suggestion: z.string().optional(),
  })
  .meta({
    id: 'Finding',
    description: 'A rule that is broken, where, what to do, and a better phrasing if there is one',
  });
export const status = z.enum(['live', 'draft', 'in_review', 'published']);
const span = z.object({
  kind: z.enum(['observed', 'derived', 'reported', 'question']),
  text: z.string(),
  facts: z.array(z.string()),
});
const factValue = z.union([z.number(), z.string()]);
export const factChange = z
  .object({
    name: z.string(),
    about: z.string().optional(),
    before: factValue.nullable(),
    now: factValue.nullable(),
  })
  .meta({
    id: 'FactChange',
    description: 'A fact that is not what it was; null: not stated, or looked for and not there',
  });
const written = { by: z.string(), at: time };
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
  origin: z.enum(['machine', 'human']).optional(),
  note: z.string().optional().describe('why it was dropped, or how its end was seen'),
});
const stretch = z.object({ from: time, to: time.nullable() });
const medianMs = z.number().nullable();
const chart = z
  .object({
    monitorId: z.string(),
    monitor: z.string(),
    from: time,
    to: time,
    stepSeconds: z.number(),
    points: z.array(
      z.object({
        at: time,
        passed: z.int32(),
        failed: z.int32(),
        ms: medianMs,
        phases: z.object({ dns: medianMs, connect: medianMs, tls: medianMs, firstByte: medianMs, download: medianMs }),
      }),
    ),
    windows: z.array(stretch),
    unobserved: z.array(stretch),
    marks: z.array(
      z.object({
        moment: z.enum(['started', 'detected', 'alerted', 'acknowledged', 'cause', 'fix', 'restored']),
        at: time,
      }),
    ),
    others: z.array(z.object({ monitorId: z.string(), monitor: z.string(), windows: z.array(stretch) })),
    rows: z.array(z.string()),
    rowCount: z.int32(),
  })
  .meta({ id: 'Chart' });
export const postmortemAnswer = z
  .object({
    incidentId: z.string(),
    number: z.int32(),
    title: z.string(),
    status,
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
            written: z.object(written).optional().describe('who wrote it, on blocks that are not the drafter’s'),
            since: z
              .object({ facts: z.array(factChange), vanished: z.boolean() })
              .optional()
              .describe('why it is stale: what changed under it'),
          }),
        ),
      }),
    ),
    actions: z.array(action),
    chart: chart.nullable().describe('response times around the incident, as the HTML page and the PDF draw them'),
    removed: z
      .array(z.object({ id: z.string(), sectionId: z.string(), text: z.string(), ...written }))
      .describe('blocks of the drafter that a person took out'),
    reason: z.enum(['drawn', 'edited', 'submitted', 'published']).describe('why this revision was stored'),
    by: z.string().nullable(),
    submitted: z.object(written).nullable(),
    published: z.object({ ...written, revision: z.int32() }).nullable(),
    override: z
      .object({ ...written, reason: z.string(), rules: z.array(z.string()) })
      .nullable()
      .describe('published with findings left: which, and why'),
    amendments: z.array(z.object({ ...written, text: z.string() })),
    newerRows: z.boolean().describe('the rows say otherwise than the published text: amend it'),
    followUp: z.object({ dueAt: time, status: z.enum(['scheduled', 'done']) }).nullable(),
    newer: z.array(factChange).describe('what they say otherwise'),
  })
  .meta({ id: 'Postmortem' });
export const factsAnswer = z
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

/** The postmortem of a path; 404 when there is no such incident. */
export function currentOf({ store, postmortems }: ApiDeps, idOrNumber: string): CurrentPostmortem {
  const record = recordOf(store.reader, idOrNumber);
  const postmortem = postmortems.current(record.id);
  if (!postmortem) throw notFound(`postmortem as ${idOrNumber}`);
  return postmortem;
}

/** The tag of what a read shows, whatever form it is read in. */
export function etagFor({ render }: ApiDeps, postmortem: CurrentPostmortem): string {
  const { status, revision } = postmortem;
  return etagOf({ status, revision, shown: render.json(postmortem) });
}
