import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** One field that was refused: where it is, and what would be accepted. */
export interface FieldError {
  path: string;
  message: string;
}

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Authentication required',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not valid',
  428: 'Precondition required',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available',
};

/** A refusal that the caller can act on; every answer that is not a success is made from one (RFC 9457). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly errors: FieldError[];
  readonly headers: Record<string, string>;
  /** Members of its own (RFC 9457 3.2). */
  readonly extensions: object;

  constructor(
    status: number,
    detail: string,
    options: { errors?: FieldError[]; headers?: Record<string, string>; extensions?: object } = {},
  ) {
    super(detail);
    this.status = status;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
    this.extensions = options.extensions ?? {};
  }
}

/** A well-formed request that makes no sense: 422, naming the field. */
export function notValid(path: string, message: string): ApiProblem {
  return new ApiProblem(422, `${path}: ${message}`, { errors: [{ path, message }] });
}

export function badQuery(path: string, message: string): ApiProblem {
  return new ApiProblem(400, `${path}: ${message}`, { errors: [{ path, message }] });
}

export function notFound(what: string): ApiProblem {
  return new ApiProblem(404, `there is no such ${what}`);
}

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int32(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
  })
  .meta({
    id: 'Problem',
    description: 'RFC 9457 problem details; each error names a field and what would be accepted.',
  });

export function problemBody(problem: ApiProblem, instance: string) {
  const title = TITLES[problem.status] ?? 'Error';
  const type = `urn:hindcast:problem:${title.toLowerCase().replaceAll(' ', '-')}`;
  const { status, message: detail, errors, extensions } = problem;
  return { type, title, status, detail, instance, errors, ...extensions };
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: ApiProblem): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '/';
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemBody(problem, path));
}

/** The one place where errors become answers. What nobody foresaw is 500, without its text, and logged. */
export function onError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error);
  if (problem.status >= 500) request.log.error({ event: 'api.error', err: error });
  return sendProblem(request, reply, problem);
}

interface SqliteError {
  code?: string;
}

function toProblem(error: FastifyError): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return fromValidation(error);
  const code = (error as SqliteError).code ?? '';
  if (/^SQLITE_(FULL|IOERR|READONLY|BUSY|CANTOPEN)/.test(code)) {
    return new ApiProblem(503, 'the database cannot be written at the moment; nothing was kept', {
      headers: { 'retry-after': '5' },
    });
  }
  const { publicMessage, path } = error as { publicMessage?: string; path?: string };
  if (publicMessage && path) return notValid(path, publicMessage);
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return new ApiProblem(status, clientDetail(error));
  return new ApiProblem(500, 'something went wrong on our side; it is in the log under this request');
}

const CLIENT_DETAILS: Record<string, string> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'send the body as application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; send JSON, or no content-type',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not valid JSON',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is larger than 256 KiB',
};

function clientDetail(error: FastifyError): string {
  if (error instanceof SyntaxError) return 'the body is not valid JSON';
  return CLIENT_DETAILS[error.code] ?? error.message;
}

type ValidationError = Parameters<typeof hasZodFastifySchemaValidationErrors>[0] & {
  validation: { instancePath: string; message?: string; params?: { issue?: z.core.$ZodIssue } }[];
  validationContext?: string;
};

/** Body fields that make no sense are 422; a query or path that cannot be read is 400. */
function fromValidation(error: unknown): ApiProblem {
  const { validation, validationContext } = error as ValidationError;
  const errors = validation.flatMap((entry) => fieldErrors(entry));
  const detail = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return new ApiProblem(validationContext === 'body' ? 422 : 400, detail.slice(0, 2000), { errors });
}

function fieldErrors(entry: ValidationError['validation'][number]): FieldError[] {
  const path = entry.instancePath.split('/').filter(Boolean).map(unescapePointer).join('.');
  const issue = entry.params?.issue ?? (entry.params as unknown as z.core.$ZodIssue | undefined);
  const keys = (issue as { keys?: string[] } | undefined)?.keys;
  if (keys && keys.length > 0) {
    return keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: 'is not a known field' }));
  }
  return [{ path, message: entry.message ?? 'is not valid' }];
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
