import { jsonpath } from 'json-p3';
import { RE2JS } from 're2js';
import { z } from 'zod';
import { HTTP_VERSIONS } from '#src/domain/monitor.ts';
import { headerName } from './request-credentials.ts';

const MAX_PATTERN = 512;
const MAX_LIST = 100;
const text = z.string().min(1, 'must not be empty').max(4096);

const pattern = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_PATTERN, `must be at most ${MAX_PATTERN} characters`)
  .check((context) => {
    try {
      RE2JS.compile(context.value);
    } catch (error) {
      const why = error instanceof Error ? error.message : '';
      const message = `must be a regular expression in RE2 syntax (no look-around, no back-references): ${why}`;
      context.issues.push({ code: 'custom', message, input: context.value });
    }
  });

const jsonPath = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_PATTERN, `must be at most ${MAX_PATTERN} characters`)
  .check((context) => {
    try {
      jsonpath.compile(context.value);
    } catch (error) {
      const why = error instanceof Error ? error.message : '';
      const message = `must be a JSONPath (RFC 9535) such as $.status: ${why}`;
      context.issues.push({ code: 'custom', message, input: context.value });
    }
  });

/** Refuses an object that has none or several of the operators. */
function oneOf(operators: string[]) {
  return (context: z.core.ParsePayload<object>) => {
    const given = operators.filter((operator) => Object.hasOwn(context.value, operator));
    if (given.length === 1) return;
    const message = `must have exactly one of ${operators.join(', ')}`;
    context.issues.push({ code: 'custom', message, input: context.value });
  };
}

const bodyOperators = {
  contains: text.exactOptional(),
  notContains: text.exactOptional(),
  matches: pattern.exactOptional(),
  notMatches: pattern.exactOptional(),
};
const bodyExpectation = z.strictObject(bodyOperators).check(oneOf(Object.keys(bodyOperators)));

/** Any JSON value, null too; what is compared with it is compared by type. */
const jsonValue = z
  .unknown()
  .refine(
    (value) => value !== undefined && (JSON.stringify(value)?.length ?? 0) <= 8192,
    'must be JSON of at most 8 KiB',
  );
const jsonOperators = {
  equals: jsonValue.exactOptional(),
  notEquals: jsonValue.exactOptional(),
  above: z.number().exactOptional(),
  below: z.number().exactOptional(),
  atLeast: z.number().exactOptional(),
  atMost: z.number().exactOptional(),
  contains: text.exactOptional(),
  notContains: text.exactOptional(),
  matches: pattern.exactOptional(),
  oneOf: z.array(jsonValue).min(1, 'must not be empty').max(MAX_LIST).exactOptional(),
  exists: z.boolean().exactOptional(),
  count: z.int32().min(0).exactOptional(),
};
const jsonExpectation = z.strictObject({ path: jsonPath, ...jsonOperators }).check(oneOf(Object.keys(jsonOperators)));

const headerOperators = {
  equals: z.string().max(8192).exactOptional(),
  contains: text.exactOptional(),
  notContains: text.exactOptional(),
  matches: pattern.exactOptional(),
  notMatches: pattern.exactOptional(),
  exists: z.boolean().exactOptional(),
};
const headerExpectation = z
  .strictObject({ name: headerName, ...headerOperators })
  .check(oneOf(Object.keys(headerOperators)));

const urlOperators = {
  equals: z.string().min(1, 'must not be empty').max(2048).exactOptional(),
  contains: text.exactOptional(),
  notContains: text.exactOptional(),
  matches: pattern.exactOptional(),
  notMatches: pattern.exactOptional(),
};
const finalUrl = z
  .strictObject(urlOperators)
  .check(oneOf(Object.keys(urlOperators)))
  .nullable();
const versions = HTTP_VERSIONS.map((version) => `"${version}"`).join(', ');
const httpVersion = z
  .array(z.enum(HTTP_VERSIONS, { error: `must be one of ${versions}` }))
  .min(1, `must have at least one of ${versions}`)
  .max(HTTP_VERSIONS.length)
  .nullable();

const statusRange = z
  .string()
  .regex(/^[1-9]\d\d(-[1-9]\d\d)?$/, 'must be "NNN" or "NNN-NNN", such as "200" or "200-299"')
  .refine((range) => {
    const [low = 0, high = low] = range.split('-').map(Number);
    return low <= high;
  }, 'the first status must not be above the second');

const milliseconds = z.number().gt(0, 'must be above 0').max(60_000, 'must be at most 60000 ms').nullable();
const days = z.number().min(0, 'must be 0 or more').max(3650, 'must be at most 3650 days').nullable();

const lists = {
  status: z.array(statusRange).min(1, 'must have at least one range such as "200-299"').max(MAX_LIST),
  body: z.array(bodyExpectation).max(MAX_LIST),
  json: z.array(jsonExpectation).max(MAX_LIST),
  headers: z.array(headerExpectation).max(MAX_LIST),
};

/** What must come back; every part has a default. */
export const expectInput = z.strictObject({
  status: lists.status.default(['200-299']),
  body: lists.body.default([]),
  json: lists.json.default([]),
  headers: lists.headers.default([]),
  finalUrl: finalUrl.default(null),
  httpVersion: httpVersion.default(null),
  latencyMs: limits(milliseconds),
  certificateDays: limits(days),
});

function limits(limit: typeof milliseconds) {
  return z
    .strictObject({ degraded: limit.default(null), down: limit.default(null) })
    .default({ degraded: null, down: null });
}

/** Limits of latency of which some may be given. */
export const latencyLimits = z.strictObject({
  degraded: milliseconds.exactOptional(),
  down: milliseconds.exactOptional(),
});

/** The same without defaults, for a PATCH: what is absent stays as it is. */
export const expectPatch = z.strictObject({
  status: lists.status.exactOptional(),
  body: lists.body.exactOptional(),
  json: lists.json.exactOptional(),
  headers: lists.headers.exactOptional(),
  finalUrl: finalUrl.exactOptional(),
  httpVersion: httpVersion.exactOptional(),
  latencyMs: latencyLimits.exactOptional(),
  certificateDays: z.strictObject({ degraded: days.exactOptional(), down: days.exactOptional() }).exactOptional(),
});
