import { z } from 'zod';
import { urlProblem } from '#src/domain/http-url.ts';

/** Base of an API, without a slash at its end. */
export const apiUrl = z
  .string()
  .check((context) => {
    const problem = urlProblem(context.value);
    if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value, continue: true });
  })
  .transform((url) => url.replace(/\/+$/, ''));

export const hostOf = (path: string, url: string) => {
  const host = URL.parse(url)?.hostname;
  return host ? [{ path, host }] : [];
};
