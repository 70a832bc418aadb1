import type { Span, SpanKind } from './document.ts';
import type { Fact } from './facts.ts';
import { dateOf, lengthOf, plural, timeOfDay } from './format.ts';

/** A piece of text with the facts that it states. */
export interface Said {
  text: string;
  facts: string[];
}

type Piece = Said | string;

/** Joins words and facts. Whatever is put in carries its facts along, so that no figure goes without its source. */
export function words(strings: TemplateStringsArray, ...pieces: Piece[]): Said {
  let text = strings[0] ?? '';
  const facts: string[] = [];
  for (const [index, piece] of pieces.entries()) {
    text += (typeof piece === 'string' ? piece : piece.text) + (strings[index + 1] ?? '');
    if (typeof piece !== 'string') facts.push(...piece.facts);
  }
  return { text, facts: [...new Set(facts)] };
}

type Tag = (strings: TemplateStringsArray, ...pieces: Piece[]) => Span;

const tag =
  (kind: SpanKind): Tag =>
  (strings, ...pieces) => ({ kind, ...words(strings, ...pieces) });

export const observed = tag('observed');
export const derived = tag('derived');
export const reported = tag('reported');
export const question = tag('question');

/** With a capital letter, to begin a sentence. */
export const capitalized = (said: Said): Said => ({
  ...said,
  text: said.text.charAt(0).toUpperCase() + said.text.slice(1),
});

export function join(pieces: readonly Said[], between = ', ', last = between): Said {
  const facts = [...new Set(pieces.flatMap((piece) => piece.facts))];
  const texts = pieces.map((piece) => piece.text);
  const text = texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(between)}${last}${texts.at(-1)}`;
  return { text, facts };
}

const value = (fact: Fact): string => String(fact.value);

export const time = (fact: Fact): Said => ({ text: timeOfDay(value(fact)), facts: [fact.id] });
export const date = (fact: Fact): Said => ({ text: dateOf(value(fact)), facts: [fact.id] });
export const length = (fact: Fact): Said => ({ text: lengthOf(Number(fact.value)), facts: [fact.id] });
export const figure = (fact: Fact): Said => ({ text: value(fact), facts: [fact.id] });
export const days = (fact: Fact): Said => ({
  text: `${fact.value} ${plural(Number(fact.value), 'day')}`,
  facts: [fact.id],
});
export const millis = (fact: Fact): Said => ({ text: `${Math.round(Number(fact.value))} ms`, facts: [fact.id] });
/** Words that rest on a fact without printing it. */
export const resting = (text: string, ...facts: (Fact | null)[]): Said => ({
  text,
  facts: facts.flatMap((fact) => fact?.id ?? []),
});

/** `14 min 35 s (14 min 20 s to 15 min 40 s)`; one figure where the bounds say the same. */
export function boundedLength(fact: Fact): Said {
  const [best, min, max] = [fact.value, fact.min ?? fact.value, fact.max ?? fact.value].map((s) => lengthOf(Number(s)));
  const text = min === best && max === best ? `${best}` : `${best} (${min} to ${max})`;
  return { text, facts: [fact.id] };
}

/** `between 14:25:40 and 14:26:41`, or `at 14:26:40` where the bounds are one second. */
export function between(fact: Fact): Said {
  const [min, max] = [fact.min ?? value(fact), fact.max ?? value(fact)].map((at) => timeOfDay(at));
  return { text: min === max ? `at ${min}` : `between ${min} and ${max}`, facts: [fact.id] };
}

/** `34 of 36`. */
export const share = (part: Fact, whole: Fact): Said => ({
  text: `${part.value} of ${whole.value}`,
  facts: [part.id, whole.id],
});
