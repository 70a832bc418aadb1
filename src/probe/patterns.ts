import { Worker } from 'node:worker_threads';
import { RE2JS } from 're2js';

const COMPILED = new Map<string, RE2JS>();
const REMEMBERED = 2000;

/** Compiles in linear-time syntax (RE2: no look-around, no back-references); throws RE2JSException. Remembered. */
export function compilePattern(pattern: string): RE2JS {
  const known = COMPILED.get(pattern);
  if (known) return known;
  const compiled = RE2JS.compile(pattern);
  if (COMPILED.size >= REMEMBERED) COMPILED.clear();
  COMPILED.set(pattern, compiled);
  return compiled;
}

/**
 * Steps (program size × text length) a search may cost at worst on the main thread, about 0.1 s. Linear time is no
 * small time: a pattern of 512 characters can compile to thousands of states, and its worst text costs 50 s per MiB.
 */
const MAIN_THREAD_STEPS = 10_000_000;

/** The most a search of `pattern` in a text of `length` characters can cost, in steps. */
export function patternSteps(pattern: string, length: number): number {
  return compilePattern(pattern).programSize() * (length + 1);
}

/**
 * Whether the pattern is found in the text; null when it took more than `leftMs`. Searches that could hold up the event
 * loop go to a worker thread, which is ended when the time is up.
 */
export async function findPattern(pattern: string, text: string, leftMs: number): Promise<boolean | null> {
  if (leftMs <= 0) return null;
  if (patternSteps(pattern, text.length) <= MAIN_THREAD_STEPS) return compilePattern(pattern).test(text);
  const worker = new Worker(new URL('./pattern-worker.ts', import.meta.url), { workerData: { pattern, text } });
  const { promise, resolve, reject } = Promise.withResolvers<boolean | null>();
  const timer = setTimeout(() => resolve(null), Math.max(0, leftMs));
  worker.once('message', (found: boolean) => resolve(found));
  worker.once('error', reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
