import { z } from 'zod';
import { urlProblem } from '#src/domain/http-url.ts';

/** A URL that can be requested. */
export const httpUrl = z.string().check((context) => {
  const problem = urlProblem(context.value);
  // `continue`: in a union, the other kinds are then not blamed as well.
  if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value, continue: true });
});
