import { z } from 'zod';

/** Shapes that many routes share. */
export const time = z.iso.datetime({ precision: 3 }).meta({ description: 'RFC 3339, UTC, with milliseconds' });

/** A time in a request: RFC 3339 with any precision and any offset, read as epoch milliseconds. */
export const timeInput = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-03-01T03:12:00.000Z' })
  .meta({ description: 'RFC 3339' });

export function toMs(text: string): number {
  return Date.parse(text);
}

/** Text for people: no control characters, not only spaces. */
export const words = (most: number) =>
  z
    .string()
    .min(1, `must have 1 to ${most} characters`)
    .max(most, `must have 1 to ${most} characters`)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters')
    .refine((text) => text.trim() !== '', 'must have visible characters');

/** Text that may have several lines. */
export const lines = (most: number) =>
  z
    .string()
    .min(1, `must have 1 to ${most} characters`)
    .max(most, `must have 1 to ${most} characters`)
    .refine((text) => !/[^\P{Cc}\n\r\t]/u.test(text), 'must not contain control characters but line breaks and tabs')
    .refine((text) => text.trim() !== '', 'must have visible characters');

export const key = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit');

export const idParam = z.strictObject({ id: z.string().min(1).max(100) });

export const bounds = z.object({ earliest: time, best: time, latest: time }).meta({ id: 'Bounds' });
export const seconds = z.object({ min: z.number(), best: z.number(), max: z.number() }).meta({ id: 'Seconds' });

/** Query strings are text: a whole number in a range. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

export const pageQuery = {
  limit: wholeNumber(1, 500).optional().describe('1 to 500; 50 when absent'),
  cursor: z.string().max(500).optional().describe('nextCursor of the page before'),
};

export const page = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });
