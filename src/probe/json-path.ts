import { JSONPathEnvironment, type JSONPathQuery, jsonpath } from 'json-p3';
import { evaluateFilter, type Walk } from './json-filter.ts';

const { NameSelector, IndexSelector, SliceSelector, WildcardSelector, FilterSelector } = jsonpath.selectors;

/**
 * json-p3 parses (RFC 9535, with its type checks); the walk is our own: json-p3's evaluator copies a location per node,
 * recurses, spreads arrays into calls and has no bound, so that a document could make a short path cost minutes.
 */
const ENVIRONMENT = new JSONPathEnvironment({ maxRecursionDepth: 1000 });
const descendant = ENVIRONMENT.compile('$..a').segments[0]?.constructor;

const COMPILED = new Map<string, JSONPathQuery>();
const REMEMBERED = 2000;

/** Throws json-p3's errors (syntax, type) for what is not an RFC 9535 query. Remembered. */
export function compileJsonPath(path: string): JSONPathQuery {
  const known = COMPILED.get(path);
  if (known) return known;
  const compiled = ENVIRONMENT.compile(path);
  if (COMPILED.size >= REMEMBERED) COMPILED.clear();
  COMPILED.set(path, compiled);
  return compiled;
}

/** A path may visit this many nodes, about 0.1 s; a body of 1 MiB has at most half as many. */
export const PATH_STEPS = 1_000_000;

export class TooManySteps extends Error {}

/** The values a query selects in a document. Throws TooManySteps beyond PATH_STEPS. Own properties only. */
export function selectValues(query: Pick<JSONPathQuery, 'segments'>, document: unknown): unknown[] {
  let left = PATH_STEPS;
  const walk: Walk = {
    root: document,
    spend(steps) {
      left -= steps;
      if (left < 0) throw new TooManySteps();
    },
    select: (inner, from) => select(inner.segments, from, walk),
  };
  return select(query.segments, document, walk);
}

function select(segments: JSONPathQuery['segments'], from: unknown, walk: Walk): unknown[] {
  let nodes = [from];
  for (const segment of segments) {
    const next: unknown[] = [];
    for (const node of nodes) {
      const visited = segment.constructor === descendant ? descendants(node, walk) : [node];
      for (const each of visited) for (const selector of segment.selectors) apply(selector, each, walk, next);
    }
    nodes = next;
  }
  return nodes;
}

function apply(selector: object, node: unknown, walk: Walk, out: unknown[]): void {
  walk.spend(1);
  if (typeof node !== 'object' || node === null) return;
  if (selector instanceof NameSelector) {
    if (!Array.isArray(node) && Object.hasOwn(node, selector.name)) out.push(Reflect.get(node, selector.name));
  } else if (selector instanceof IndexSelector) {
    if (!Array.isArray(node)) return;
    const index = selector.index < 0 ? node.length + selector.index : selector.index;
    if (index >= 0 && index < node.length) out.push(node[index]);
  } else if (selector instanceof SliceSelector) {
    if (Array.isArray(node)) slice(node, selector, walk, out);
  } else if (selector instanceof WildcardSelector) {
    for (const child of Object.values(node)) {
      walk.spend(1);
      out.push(child);
    }
  } else if (selector instanceof FilterSelector) {
    for (const child of Object.values(node)) {
      walk.spend(1);
      if (evaluateFilter(selector.expression, child, walk)) out.push(child);
    }
  } else throw new TypeError(`a selector that is not implemented: ${selector.constructor.name}`);
}

/** RFC 9535 2.3.4.2.2. */
function slice(
  array: unknown[],
  selector: { start?: number | undefined; stop?: number | undefined; step?: number | undefined },
  walk: Walk,
  out: unknown[],
): void {
  const step = selector.step ?? 1;
  if (step === 0) return;
  const { length } = array;
  const normalize = (index: number) => (index >= 0 ? index : length + index);
  const clamp = (index: number, low: number, high: number) => Math.min(Math.max(index, low), high);
  const start = normalize(selector.start ?? (step > 0 ? 0 : length - 1));
  const stop = selector.stop === undefined ? (step > 0 ? length : -1) : normalize(selector.stop);
  const [from, to] =
    step > 0
      ? [clamp(start, 0, length), clamp(stop, 0, length)]
      : [clamp(start, -1, length - 1), clamp(stop, -1, length - 1)];
  for (let index = from; step > 0 ? index < to : index > to; index += step) {
    walk.spend(1);
    out.push(array[index]);
  }
}

/** The node and everything below it, in document order; iterative, since a body may nest half a million deep. */
function descendants(node: unknown, walk: Walk): unknown[] {
  const out: unknown[] = [];
  const stack = [node];
  while (stack.length > 0) {
    const next = stack.pop();
    walk.spend(1);
    out.push(next);
    if (typeof next !== 'object' || next === null) continue;
    const children: unknown[] = Object.values(next);
    for (let index = children.length - 1; index >= 0; index -= 1) stack.push(children[index]);
  }
  return out;
}
