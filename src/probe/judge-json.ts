import type { JSONPathQuery } from 'json-p3';
import type { JsonExpectation } from '#src/domain/monitor.ts';
import { equalJson } from './json-equal.ts';
import { compileJsonPath, PATH_STEPS, selectValues, TooManySteps } from './json-path.ts';
import { findPattern } from './patterns.ts';

/** Why the expectation does not hold, in words; null when it does. */
export type Unmet = string | null;

/**
 * Judges one JSON expectation. A path that selects nothing fails everything but `exists: false`; one that selects
 * several values must hold for each of them. `count` of a single array is its length, otherwise the values selected.
 */
export async function judgeJson(expectation: JsonExpectation, document: unknown, left: () => number): Promise<Unmet> {
  const { path } = expectation;
  if (left() <= 0) return `${path}: not judged within the time of the check`;
  const query = compileJsonPath(path);
  let values: unknown[];
  try {
    values = selectValues(query, document);
    if (expectation.exists !== undefined) {
      if (expectation.exists === values.length > 0) return null;
      return `${path}: expected ${expectation.exists ? 'to exist, it is missing' : 'to be absent, it exists'}`;
    }
    if (expectation.count !== undefined) return judgeCount(expectation.count, query, path, values, document);
  } catch (error) {
    if (error instanceof TooManySteps) return `${path}: not found within ${PATH_STEPS} steps`;
    throw error;
  }
  if (values.length === 0) return `${path}: expected ${wanted(expectation)}, it is missing`;
  for (const value of values)
    if (!(await holds(expectation, value, left))) return `${path}: expected ${wanted(expectation)}, got ${show(value)}`;
  return null;
}

function judgeCount(count: number, query: JSONPathQuery, path: string, values: unknown[], document: unknown): Unmet {
  const [value] = values;
  const singular = query.singularQuery();
  const parent = () => selectValues({ segments: query.segments.slice(0, -1) }, document).length > 0;
  if (values.length === 0 && (singular || !parent())) return `${path}: expected count ${count}, it is missing`;
  const got = singular && Array.isArray(value) ? value.length : values.length;
  return got === count ? null : `${path}: expected count ${count}, got ${got}`;
}

async function holds(expectation: JsonExpectation, value: unknown, left: () => number): Promise<boolean> {
  if (expectation.equals !== undefined) return equalJson(value, expectation.equals);
  if (expectation.notEquals !== undefined) return !equalJson(value, expectation.notEquals);
  if (expectation.oneOf !== undefined) return expectation.oneOf.some((each) => equalJson(value, each));
  if (expectation.contains !== undefined) return containsText(value, expectation.contains) === true;
  if (expectation.notContains !== undefined) return containsText(value, expectation.notContains) === false;
  if (expectation.matches !== undefined)
    return typeof value === 'string' && (await findPattern(expectation.matches, value, left())) === true;
  const number = asNumber(value);
  if (number === null) return false;
  if (expectation.above !== undefined) return number > expectation.above;
  if (expectation.below !== undefined) return number < expectation.below;
  if (expectation.atLeast !== undefined) return number >= expectation.atLeast;
  if (expectation.atMost !== undefined) return number <= expectation.atMost;
  throw new TypeError(`an expectation without an operator at ${expectation.path}`);
}

/** A substring of a text, or an element of an array; null for values that cannot contain a text. */
function containsText(value: unknown, text: string): boolean | null {
  if (typeof value === 'string') return value.includes(text);
  if (Array.isArray(value)) return value.includes(text);
  return null;
}

/** A number, or a text that is wholly a decimal number. */
function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value.slice(0, 100)))
    return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

const OPERATORS: [keyof JsonExpectation, string][] = [
  ['equals', ''],
  ['notEquals', 'anything but '],
  ['above', 'above '],
  ['below', 'below '],
  ['atLeast', 'at least '],
  ['atMost', 'at most '],
  ['contains', 'to contain '],
  ['notContains', 'not to contain '],
  ['matches', 'to match '],
];

function wanted(expectation: JsonExpectation): string {
  if (expectation.oneOf) return `one of ${expectation.oneOf.map(show).join(', ')}`;
  for (const [operator, words] of OPERATORS)
    if (expectation[operator] !== undefined) return words + show(expectation[operator]);
  return 'a value';
}

/** A value in a few words; never the whole of something large or deep. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object of ${Object.keys(value).length}`;
  return String(value);
}
