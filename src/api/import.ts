import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { type CheckResult, FAILURES, VERDICTS } from '#src/domain/check.ts';
import { toRfc3339 } from '#src/domain/clock.ts';
import { importedResult, importProblem } from '#src/domain/imported.ts';
import type { Expectations, Monitor } from '#src/domain/monitor.ts';
import { readHorizon } from '#src/store/horizon.ts';
import type { App, RouteDeps } from './deps.ts';
import { replay } from './idempotency.ts';
import { monitorOf } from './monitors.ts';
import { ApiProblem, type FieldError } from './problem.ts';
import { idParam, time, timeInput } from './schemas/common.ts';

const MOST_ROWS = 100_000;
const MOST_LINE_BYTES = 16_384;
/** So many bad lines are named; the rest are counted. */
const NAMED = 100;
const TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines'];

const ms = z
  .number({ error: 'must be milliseconds from 0 to 3600000' })
  .min(0, 'must be milliseconds from 0 to 3600000')
  .max(3_600_000, 'must be milliseconds from 0 to 3600000')
  .nullable()
  .optional();
const row = z.strictObject({
  at: timeInput,
  verdict: z.enum(VERDICTS, { error: `must be one of ${VERDICTS.join(', ')}` }).optional(),
  status: z
    .int({ error: 'must be an HTTP status from 100 to 999' })
    .min(100, 'must be an HTTP status from 100 to 999')
    .max(999, 'must be an HTTP status from 100 to 999')
    .nullable()
    .optional(),
  failure: z
    .enum(FAILURES, { error: `must be one of ${FAILURES.join(', ')}` })
    .nullable()
    .optional(),
  detail: z.string().max(300, 'must be at most 300 characters').nullable().optional(),
  latencyMs: ms,
  phases: z.strictObject({ dns: ms, connect: ms, tls: ms, firstByte: ms, download: ms }).optional(),
  location: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit')
    .optional(),
});

const answer = z
  .object({ accepted: z.int32(), duplicates: z.int32(), from: time.nullable(), to: time.nullable() })
  .meta({ id: 'Imported' });

/** Imports of one process run one after the other: each may hold a hundred thousand rows. */
export function importRoutes(app: App, deps: RouteDeps): void {
  const { store, clock } = deps;
  app.addContentTypeParser(TYPES, (_request, payload, done) => done(null, payload));
  let turn: Promise<unknown> = Promise.resolve();
  app.post('/monitors/:id/checks/import', {
    config: { scope: 'ingest' },
    schema: {
      summary: 'Import checks that were made elsewhere',
      description:
        'NDJSON, one check a line: `{"at", "verdict"?, "status"?, "failure"?, "detail"?, "latencyMs"?, "phases"?, "location"?}`; ' +
        "without a verdict the monitor's `expect` judges status and latency. At most 100,000 rows a request, in any order, " +
        'all or none; a row that is there already (same monitor, location, at) is counted as a duplicate. The answer comes ' +
        'after detection ran: incidents and drafts are as if we had been there. No alerts are sent.',
      tags: ['measurements'],
      params: idParam,
      consumes: TYPES,
      response: { 200: answer },
    },
    handler: async (request, reply) => {
      const monitor = monitorOf(store.reader, request.params.id);
      if (!isStream(request.body))
        throw new ApiProblem(415, `content-type: must be ${TYPES[0]}, one JSON object a line`);
      const hash = createHash('sha256');
      const bounds = { now: clock.now(), horizon: readHorizon(store.reader) ?? 0 };
      const rows = await readRows(hashing(request.body, hash), monitor, bounds);
      const before = deps.answered(request, hash.digest('hex'));
      if (before) return replay(reply, before.status, before.body) as never;
      const mine = turn.then(() => deps.importChecks(monitor, rows));
      turn = mine.catch(() => {});
      const { accepted, duplicates } = await mine;
      const times = rows.map(({ result }) => result.startedAt);
      const [from, to] = [times.reduce((a, b) => Math.min(a, b), Infinity), times.reduce((a, b) => Math.max(a, b), 0)];
      return {
        accepted,
        duplicates,
        from: times.length > 0 ? toRfc3339(from) : null,
        to: times.length > 0 ? toRfc3339(to) : null,
      };
    },
  });
}

export interface ImportedRow {
  location: string;
  result: CheckResult;
}

async function* hashing(body: Readable, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    hash.update(chunk as Buffer);
    yield chunk as Buffer;
  }
}

function isStream(body: unknown): body is Readable {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** Reads and judges the lines as they come in. Throws 400, 413 or 422 naming each bad line by its number. */
async function readRows(body: AsyncIterable<Buffer>, { config }: Monitor, bounds: Bounds): Promise<ImportedRow[]> {
  const rows: ImportedRow[] = [];
  const bad: FieldError[] = [];
  let [count, badLines] = [0, 0];
  let malformed = false;
  let tooLarge: string | null = null;
  const home = config.locations[0] ?? 'default';
  // What is refused is still read to its end: a sender who is cut off sees a lost connection, not the reason.
  for await (const { number, text } of linesOf(body)) {
    if (tooLarge !== null || text?.trim() === '') continue;
    count++;
    if (text === null) tooLarge = `line ${number} is longer than ${MOST_LINE_BYTES} bytes`;
    else if (count > MOST_ROWS)
      tooLarge = `a request may have at most ${MOST_ROWS} rows; send longer histories in several`;
    if (tooLarge !== null || text === null) {
      rows.length = 0;
      continue;
    }
    const read = readLine(text, config.expect, home, bounds);
    if ('row' in read) {
      if (badLines === 0) rows.push(read.row);
      continue;
    }
    rows.length = 0;
    badLines++;
    malformed ||= read.malformed;
    if (bad.length >= NAMED) continue;
    for (const { path, message } of read.errors) bad.push({ path: `line ${number}${path && `: ${path}`}`, message });
  }
  if (tooLarge !== null) throw new ApiProblem(413, tooLarge);
  if (badLines === 0) return rows;
  const more = badLines > NAMED ? ` (the first ${NAMED} are named)` : '';
  const first = bad[0] ? `${bad[0].path}: ${bad[0].message}` : '';
  const detail = `nothing was imported: ${badLines} ${badLines === 1 ? 'line is' : 'lines are'} not valid${more}; ${first}`;
  throw new ApiProblem(malformed ? 400 : 422, detail, { errors: bad });
}

type ReadLine = { row: ImportedRow } | { malformed: boolean; errors: FieldError[] };

/** Rows before `horizon` may be deleted already: what came after them could not be told from what was there. */
interface Bounds {
  now: number;
  horizon: number;
}

function readLine(text: string, expect: Expectations, home: string, { now, horizon }: Bounds): ReadLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { malformed: true, errors: [{ path: '', message: 'is not valid JSON' }] };
  }
  const parsed = row.safeParse(value);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    return { malformed: false, errors };
  }
  const { location = home, at: atText, phases, ...rest } = parsed.data;
  const at = Date.parse(atText);
  const check = { ...rest, at, ...(phases && { phases: withoutUndefined(phases) }) };
  const problem =
    at > now
      ? { path: 'at', message: `must not be in the future (it is ${toRfc3339(now)})` }
      : at < 0
        ? { path: 'at', message: 'must be 1970 or later' }
        : at < horizon
          ? { path: 'at', message: `must be within the retention of rows (from ${toRfc3339(horizon)})` }
          : importProblem(check);
  return problem
    ? { malformed: false, errors: [problem] }
    : { row: { location, result: importedResult(check, expect) } };
}

function withoutUndefined<T extends object>(members: T) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** The lines of a stream with their numbers, from 1; null for the text of one that is too long to be kept. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<{ number: number; text: string | null }> {
  const decoder = new TextDecoder();
  let rest = '';
  let isLong = false;
  let number = 0;
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      yield { number: ++number, text: isLong || text.length > MOST_LINE_BYTES ? null : text };
      isLong = false;
    }
    if (rest.length > MOST_LINE_BYTES) {
      isLong = true;
      rest = '';
    }
  }
  const last = rest + decoder.decode();
  if (isLong || last !== '') yield { number: number + 1, text: isLong ? null : last };
}
