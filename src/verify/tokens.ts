import type { Fact } from '#src/domain/postmortem/facts.ts';

export type TokenKind = 'quote' | 'date' | 'time' | 'length' | 'code' | 'number';

export interface Token {
  kind: TokenKind;
  text: string;
}

const PATTERNS: [TokenKind, RegExp][] = [
  ['date', /\b\d{4}-\d{2}-\d{2}\b/gu],
  ['time', /\b\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?\b/gu],
  ['length', /\d+(?:\.\d+)? (?:days?|d|h|min|ms|s)\b(?: \d+(?:\.\d+)? (?:h|min|s)\b)*/gu],
  ['code', /\bHTTP \d{3}\b/gu],
  ['number', /\d+(?:[.,]\d+)*\s?%?/gu],
];

/** The figures in a text, each once where it stands; what one pattern took is no longer there for the next. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let rest = text;
  for (const [kind, pattern] of PATTERNS) {
    rest = rest.replaceAll(pattern, (found) => {
      tokens.push({ kind, text: found.trim() });
      return ' ';
    });
  }
  return tokens;
}

/** The words that people and integrations said, which stand between “ and ”, and the text around them. */
export function quotesOf(text: string): { quotes: string[]; around: string } {
  const quotes: string[] = [];
  let around = '';
  let depth = 0;
  let quote = '';
  for (const character of text) {
    if (character === '“' && depth++ === 0) quote = '';
    else if (character === '”' && depth > 0 && --depth === 0) quotes.push(quote);
    else if (depth > 0) quote += character;
    else around += character;
  }
  return { quotes, around };
}

export type Part = 'value' | 'min' | 'max';

/** How a part of a fact is written, by the kind of token. */
export function formsOf(fact: Fact, part: Part): Token[] {
  const value = fact[part];
  if (value === null || value === undefined) return [];
  const forms: Token[] = [];
  if (fact.unit === 'time') {
    forms.push({ kind: 'date', text: String(value).slice(0, 10) }, { kind: 'time', text: String(value).slice(11, 19) });
  } else if (fact.unit === 'd') forms.push({ kind: 'length', text: `${value} ${value === 1 ? 'day' : 'days'}` });
  else if (fact.unit === 's') forms.push({ kind: 'length', text: lengthText(Number(value)) });
  else if (fact.unit === 'ms') forms.push({ kind: 'length', text: `${Math.round(Number(value))} ms` });
  else if (fact.unit === 'count') forms.push({ kind: 'number', text: String(value) });
  else forms.push(...tokensOf(String(value)));
  const status = part === 'value' && /\/status:(\d{3})$/.exec(fact.about ?? '');
  if (status) forms.push({ kind: 'code', text: `HTTP ${status[1]}` });
  return forms;
}

const FIGURE =
  '(?<![\\d-])(?:\\d{4}-\\d{2}-\\d{2} )?(?:\\d\\d:\\d\\d:\\d\\d|\\d+(?:\\.\\d+)?)(?: (?:d|h|min|ms|s)\\b)?(?: \\d+ (?:h|min|s)\\b)*';
const BOUNDS: [RegExp, Part[]][] = [
  [
    new RegExp(`(${FIGURE})(?: UTC| users)? \\((?:between )?(${FIGURE}) (?:to|and) (${FIGURE})\\)`, 'g'),
    ['value', 'min', 'max'],
  ],
  [new RegExp(`(${FIGURE}),? at most (${FIGURE})`, 'g'), ['value', 'max']],
  [new RegExp(`between (${FIGURE}) and (${FIGURE})`, 'g'), ['min', 'max']],
  [new RegExp(`\\b(?:at most|up to) (${FIGURE})`, 'g'), ['max']],
];

/** Figures that stand as bounds: all parts must be those of one fact. `rest` is the text without them. */
export function boundsOf(text: string): { bounds: { text: string; parts: [Part, string][] }[]; rest: string } {
  const bounds: { text: string; parts: [Part, string][] }[] = [];
  let rest = text;
  for (const [pattern, parts] of BOUNDS) {
    rest = rest.replaceAll(pattern, (...found: string[]) => {
      bounds.push({ text: found[0] as string, parts: parts.map((part, i) => [part, (found[i + 1] as string).trim()]) });
      return ' ';
    });
  }
  return { bounds, rest };
}

/** 7,504.4 → `2 h 5 min 4 s`; below a minute with at most one decimal place. */
export function lengthText(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  if (tenths < 600) return `${tenths / 10} s`;
  let left = Math.round(seconds);
  const text: string[] = [];
  for (const [unit, size] of [
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text.push(`${count} ${unit}`);
  }
  return text.join(' ');
}
