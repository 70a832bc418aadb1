import { badQuery } from './problem.ts';
import { toMs } from './schemas/common.ts';

const DEFAULT_LIMIT = 50;

/** An opaque position in a list. */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The parts of a cursor that this list gave out; 400 for anything else. */
export function decodeCursor<T extends readonly ('number' | 'string')[]>(
  cursor: string | undefined,
  ...types: T
): { [K in keyof T]: T[K] extends 'number' ? number : string } | null {
  if (cursor === undefined) return null;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());

    const fits = Array.isArray(parts) && parts.length === types.length && parts.every((p, i) => typeof p === types[i]);
    if (fits) return parts as never;
  } catch {
    // Falls through to the one refusal there is.
  }
  throw badQuery('cursor', 'must be the nextCursor of the page before');
}

/** Cuts a list that was read with one row more than the limit. */
export function toPage<T, R>(
  rows: T[],
  limit: number,
  show: (row: T) => R,
  position: (row: T) => readonly (string | number)[],
): { data: R[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { data: shown.map(show), nextCursor: rows.length > limit && last ? encodeCursor(position(last)) : null };
}

export function limitOf(query: { limit?: number | undefined }): number {
  return query.limit ?? DEFAULT_LIMIT;
}

/** A half-open range of times; a reversed one is 400. */
export function rangeOf(query: { from?: string | undefined; to?: string | undefined }): { from: number; to: number } {
  const from = query.from === undefined ? 0 : toMs(query.from);
  const to = query.to === undefined ? Number.MAX_SAFE_INTEGER : toMs(query.to);
  if (from > to) throw badQuery('from', 'must not be after to');
  return { from, to };
}
