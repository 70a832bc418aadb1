import { type JSONPathQuery, jsonpath } from 'json-p3';
import { equalJson } from './json-equal.ts';
import { compilePattern, patternSteps } from './patterns.ts';

const {
  NullLiteral,
  BooleanLiteral,
  StringLiteral,
  NumberLiteral,
  PrefixExpression,
  InfixExpression,
  LogicalExpression,
  RelativeQuery,
  RootQuery,
  FunctionExtension,
} = jsonpath.expressions;

/** One evaluation of a path: its document, its budget and the way back into the walk for queries inside filters. */
export interface Walk {
  readonly root: unknown;
  /** Throws when nothing is left. */
  spend(steps: number): void;
  select(query: JSONPathQuery, from: unknown): unknown[];
}

/** RFC 9535's Nothing: no value, which equals only itself. */
const NOTHING = Symbol('Nothing');
/** What a query in a filter gave. */
class Nodes {
  readonly values: unknown[];
  constructor(values: unknown[]) {
    this.values = values;
  }
}

/** Whether a filter selector holds for `current` (RFC 9535 2.3.5). */
export function evaluateFilter(expression: object, current: unknown, walk: Walk): boolean {
  return truth(evaluate(expression, current, walk));
}

function truth(value: unknown): boolean {
  return value instanceof Nodes ? value.values.length > 0 : value === true;
}

/** The value of a comparable or of a function's argument: a query gives its only value, or Nothing. */
function single(value: unknown): unknown {
  if (!(value instanceof Nodes)) return value;
  return value.values.length === 1 ? value.values[0] : NOTHING;
}

function evaluate(expression: object, current: unknown, walk: Walk): unknown {
  walk.spend(1);
  if (expression instanceof NullLiteral) return null;
  if (
    expression instanceof BooleanLiteral ||
    expression instanceof StringLiteral ||
    expression instanceof NumberLiteral
  )
    return expression.value;
  if (expression instanceof RelativeQuery) return new Nodes(walk.select(expression.path, current));
  if (expression instanceof RootQuery) return new Nodes(walk.select(expression.path, walk.root));
  if (expression instanceof LogicalExpression) return truth(evaluate(expression.expression, current, walk));
  if (expression instanceof PrefixExpression) return !truth(evaluate(expression.right, current, walk));
  if (expression instanceof FunctionExtension)
    return call(
      expression.name,
      expression.args.map((argument) => evaluate(argument, current, walk)),
      walk,
    );
  if (!(expression instanceof InfixExpression)) throw new TypeError('a filter expression that is not implemented');
  const left = evaluate(expression.left, current, walk);
  if (expression.operator === '&&') return truth(left) && truth(evaluate(expression.right, current, walk));
  if (expression.operator === '||') return truth(left) || truth(evaluate(expression.right, current, walk));
  return compare(single(left), expression.operator, single(evaluate(expression.right, current, walk)), walk);
}

function compare(left: unknown, operator: string, right: unknown, walk: Walk): boolean {
  const equal = () => equalJson(left, right, walk);
  const less = (a: unknown, b: unknown) =>
    (typeof a === 'number' && typeof b === 'number' && a < b) ||
    (typeof a === 'string' && typeof b === 'string' && a < b);
  switch (operator) {
    case '==':
      return equal();
    case '!=':
      return !equal();
    case '<':
      return less(left, right);
    case '>':
      return less(right, left);
    case '<=':
      return less(left, right) || equal();
    case '>=':
      return less(right, left) || equal();
    default:
      throw new TypeError(`an operator that is not implemented: ${operator}`);
  }
}

/** The functions of RFC 9535 2.4; match and search by the linear-time engine. */
function call(name: string, args: unknown[], walk: Walk): unknown {
  const [first, second] = args;
  switch (name) {
    case 'count':
      return first instanceof Nodes ? first.values.length : 0;
    case 'value':
      return single(first);
    case 'length':
      return lengthOf(single(first), walk);
    case 'match':
      return regular(single(first), single(second), (pattern) => `^(?:${pattern})$`, walk);
    case 'search':
      return regular(single(first), single(second), (pattern) => pattern, walk);
    default:
      throw new TypeError(`a function that is not implemented: ${name}`);
  }
}

function lengthOf(value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') {
    walk.spend(value.length);
    return [...value].length;
  }
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : NOTHING;
}

/** Steps of the pattern engine are about ten times cheaper than those of the walk. */
const PATTERN_STEPS = 10;
const COMPILE_STEPS = 200;

function regular(text: unknown, pattern: unknown, form: (pattern: string) => string, walk: Walk): boolean {
  if (typeof text !== 'string' || typeof pattern !== 'string' || pattern.length > 512) return false;
  walk.spend(COMPILE_STEPS);
  const source = form(pattern);
  try {
    walk.spend(patternSteps(source, text.length) / PATTERN_STEPS);
    return compilePattern(source).test(text);
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('RE2JS')) return false;
    throw error;
  }
}
