import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from './problem.ts';

/** What the tag of a postmortem is made from: all that a read shows. */
export interface Tagged {
  status: string;
  revision: number;
  /** The answer as JSON. */
  shown: unknown;
}

/**
 * The ETag of a postmortem: it changes with whatever is shown. Of a live one the text grows with the clock, and so does
 * its tag; the part before the last dot holds still for as long as nothing but the clock has moved.
 */
export function etagOf({ status, revision, shown }: Tagged): string {
  const hash = createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, 16);
  return status === 'live' ? `"${revision}-live.${hash}"` : `"${revision}-${hash}"`;
}

/** Sets the ETag; true when the caller has this version already (`If-None-Match`, compared weakly: RFC 9110 13.1.2). */
export function isKnown(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  reply.header('etag', etag);
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}

/**
 * Refuses a write that does not say which version it is made on (428), or names an older one (412). `*` is any version
 * (RFC 9110 13.1.1); a weak tag never matches. A tag of a live postmortem is good until something but the clock moved.
 */
export function requireMatch(request: FastifyRequest, etag: string): void {
  const given = request.headers['if-match'];
  if (given === undefined)
    throw new ApiProblem(428, 'a write to a postmortem needs If-Match: the ETag of the read that it is made on', {
      errors: [{ path: 'If-Match', message: 'must be the ETag of a read, in its quotes, or *' }],
    });
  if (given.trim() === '*') return;
  const tags = given.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
  if (tags.length === 0)
    throw new ApiProblem(400, 'If-Match must be the ETag of a read, in its quotes, or *', {
      errors: [{ path: 'If-Match', message: `must be the ETag of a read, in its quotes, or *; now it is ${etag}` }],
    });
  if (!tags.some((tag) => stillPart(tag) === stillPart(etag)))
    throw new ApiProblem(412, 'the postmortem has changed since it was read: read it again, and send its new ETag', {
      headers: { etag },
    });
}

const stillPart = (etag: string) => etag.replace(/(-live)\.[0-9a-f]+"$/, '$1"');
