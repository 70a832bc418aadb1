import { z } from 'zod';
import { DEFAULT_LOCATION } from '#src/domain/monitor.ts';
import { key, time, words } from './common.ts';
import { type RequestIssue, requestIssues, requestPatchShape, requestShape } from './request.ts';
import { latencyLimits } from './request-expect.ts';

const number = (least: number, most: number, what: string) => {
  const message = `must be ${least} to ${most}${what}`;
  return z.number({ error: message }).min(least, message).max(most, message);
};
const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.int32({ error: message }).min(least, message).max(most, message);
};

const intervalSeconds = number(1, 86_400, ' seconds');
const confirmShape = {
  failures: whole(1, 20),
  recoveries: whole(1, 20),
  retrySeconds: number(1, 3600, ' seconds'),
  locations: whole(1, 100),
};
const seconds = number(1, 604_800, ' seconds').nullable();
const targetsShape = {
  detectSeconds: seconds,
  acknowledgeSeconds: seconds,
  statusUpdateSeconds: seconds,
  uptimePercent: number(0, 100, ' percent').nullable(),
};
const impactShape = {
  summary: words(300).nullable(),
  usersPerMinute: number(0, 1e9, '').nullable(),
};
const locationName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit');
const unique = (what: string) => (list: string[]) => new Set(list).size === list.length || `${what} are named twice`;
const listOf = (item: z.ZodString, what: string, least: number, most: number) =>
  z
    .array(item)
    .min(least, `must name ${least} to ${most} ${what}`)
    .max(most, `must name ${least} to ${most} ${what}`)
    .refine((list) => unique(what)(list) === true, `${what} must not be named twice`);
const locations = listOf(locationName, 'locations', 1, 100);
const keys = (what: string) => listOf(key, what, 0, 100);
const tags = z
  .record(
    z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/, 'a tag name must be 1 to 63 of letters, digits, _, . and -'),
    words(200),
  )
  .refine((all) => Object.keys(all).length <= 50, 'must be at most 50 tags');
const severity = z.enum(['critical', 'major', 'minor'], { error: 'must be "critical", "major" or "minor"' });

const optionalMembers = <T extends Record<string, z.ZodType>>(shape: T) =>
  z.strictObject(
    Object.fromEntries(Object.entries(shape).map(([name, type]) => [name, type.optional()])) as {
      [K in keyof T]: z.ZodOptional<T[K]>;
    },
  );

/** A monitor as it is created or replaced. What is absent takes the default. */
export const monitorInput = z
  .strictObject({
    key: key.optional(),
    name: words(200),
    ...requestShape,
    timeoutSeconds: requestShape.timeoutSeconds.unwrap().optional(),
    intervalSeconds: intervalSeconds.default(60),
    confirm: z
      .strictObject({
        failures: confirmShape.failures.default(2),
        recoveries: confirmShape.recoveries.default(2),
        retrySeconds: confirmShape.retrySeconds.default(5),
        locations: confirmShape.locations.default(1),
      })
      .prefault({}),
    locations: locations.default([DEFAULT_LOCATION]),
    service: words(200).nullable().default(null),
    dependsOn: keys('monitors').default([]),
    tags: tags.default({}),
    severity: severity.default('major'),
    owner: words(200).nullable().default(null),
    impact: optionalMembers(impactShape).nullable().default(null),
    targets: optionalMembers(targetsShape).prefault({}),
    channels: keys('channels').default([]),
    escalation: key.nullable().default(null),
    paused: z.boolean().default(false),
  })
  .meta({ id: 'MonitorDefinition' });

/** Changes to a monitor: fields that are given replace; `confirm`, `targets`, `tls` and `expect` member by member. */
export const monitorPatch = z
  .strictObject({
    key: key.optional(),
    name: words(200).optional(),
    ...requestPatchShape,
    intervalSeconds: intervalSeconds.optional(),
    confirm: optionalMembers(confirmShape).optional(),
    locations: locations.optional(),
    service: words(200).nullable().optional(),
    dependsOn: keys('monitors').optional(),
    tags: tags.optional(),
    severity: severity.optional(),
    owner: words(200).nullable().optional(),
    impact: optionalMembers(impactShape).nullable().optional(),
    targets: optionalMembers(targetsShape).optional(),
    channels: keys('channels').optional(),
    escalation: key.nullable().optional(),
    paused: z.boolean().optional(),
  })
  .meta({ id: 'MonitorChanges' });

/** What of a monitor a replay may have otherwise. */
export const replayPolicy = z
  .strictObject({
    confirm: optionalMembers(confirmShape).optional(),
    locations: locations.optional(),
    intervalSeconds: intervalSeconds.optional(),
    latencyMs: latencyLimits.optional(),
  })
  .meta({ id: 'ReplayPolicy' });

export type MonitorInput = z.output<typeof monitorInput>;
export type MonitorPatch = z.output<typeof monitorPatch>;

/** What is wrong between the fields of a whole monitor. */
export function monitorIssues(
  monitor: {
    intervalSeconds: number;
    timeoutSeconds: number;
    confirm: { locations: number };
    locations: string[];
    dependsOn: string[];
    key: string;
  } & Parameters<typeof requestIssues>[0],
): RequestIssue[] {
  const issues = requestIssues(monitor);
  const { intervalSeconds: interval, timeoutSeconds: timeout } = monitor;
  if (timeout > interval) {
    issues.push({ path: ['timeoutSeconds'], message: `must be at most intervalSeconds (${interval})` });
  }
  if (monitor.confirm.locations > monitor.locations.length) {
    const message = `must be at most the number of locations (${monitor.locations.length})`;
    issues.push({ path: ['confirm', 'locations'], message });
  }
  if (monitor.dependsOn.includes(monitor.key)) {
    issues.push({ path: ['dependsOn'], message: 'must not name the monitor itself' });
  }
  return issues;
}

const limits = z.object({ degraded: z.number().nullable(), down: z.number().nullable() });
const open = z.record(z.string(), z.unknown());

/** A monitor as it is answered: everything but its secrets. */
export const monitorAnswer = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    url: z.string(),
    method: z.string(),
    headers: z.record(z.string(), z.union([z.string(), z.object({ secret: z.null() })])),
    body: z.union([z.string(), z.object({ json: z.unknown() }), z.object({ form: open })]).nullable(),
    auth: z
      .union([
        z.object({ basic: z.object({ username: z.string(), password: z.null() }) }),
        z.object({ bearer: z.null() }),
        z.object({
          oauth2: z.object({
            tokenUrl: z.string(),
            clientId: z.string(),
            clientSecret: z.null(),
            scopes: z.array(z.string()),
            audience: z.string().nullable(),
            authMethod: z.string(),
          }),
        }),
      ])
      .nullable(),
    intervalSeconds: z.number(),
    timeoutSeconds: z.number(),
    followRedirects: z.number(),
    tls: z.object({
      verify: z.boolean(),
      ca: z.string().nullish(),
      cert: z.string().nullish(),
      key: z.null().optional(),
    }),
    proxy: z
      .union([z.string(), z.object({ url: z.string(), basic: z.object({ username: z.string(), password: z.null() }) })])
      .nullable(),
    ipFamily: z.union([z.literal('any'), z.literal(4), z.literal(6)]),
    httpVersion: z.string(),
    expect: z.object({
      status: z.array(z.string()),
      body: z.array(open),
      json: z.array(open),
      headers: z.array(open),
      finalUrl: open.nullable(),
      httpVersion: z.array(z.string()).nullable(),
      latencyMs: limits,
      certificateDays: limits,
    }),
    confirm: z.object({
      failures: z.number(),
      recoveries: z.number(),
      retrySeconds: z.number(),
      locations: z.number(),
    }),
    locations: z.array(z.string()),
    service: z.string().nullable(),
    dependsOn: z.array(z.string()),
    tags: z.record(z.string(), z.string()),
    severity: z.string(),
    owner: z.string().nullable(),
    impact: z.object({ summary: z.string().nullable(), usersPerMinute: z.number().nullable() }).nullable(),
    targets: z.object({
      detectSeconds: z.number().nullable(),
      acknowledgeSeconds: z.number().nullable(),
      statusUpdateSeconds: z.number().nullable(),
      uptimePercent: z.number().nullable(),
    }),
    channels: z.array(z.string()),
    escalation: z.string().nullable(),
    paused: z.boolean(),
    createdAt: time,
    updatedAt: time,
    state: z.object({
      status: z.enum(['pending', 'up', 'degraded', 'suspect', 'down', 'recovering', 'paused', 'maintenance']),
      since: time,
      lastCheck: z
        .object({
          id: z.string(),
          at: time,
          location: z.string(),
          verdict: z.string(),
          status: z.number().nullable(),
          failure: z.string().nullable(),
          latencyMs: z.number().nullable(),
        })
        .nullable(),
      incidentId: z.string().nullable(),
    }),
  })
  .meta({ id: 'Monitor' });
