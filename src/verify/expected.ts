import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';
import { isCapturedOf } from './captured-text.ts';
import { FACT_UNITS } from './units.ts';

/** What a fact must say. Times are RFC 3339 text; `raw` is a person's text as stored, of which the fact is a capture. */
export interface Expected {
  value: number | string | null;
  min?: number | string;
  max?: number | string;
  raw?: string;
  /** It need not be stated. */
  optional?: boolean;
}

/** What the rows say, by name and subject. */
export class Expectation {
  readonly #facts = new Map<string, Expected>();

  number(name: FactName, value: number | null, about?: string): void {
    this.set(name, { value }, about);
  }

  bounded(name: FactName, of: { value: number | null; min?: number; max?: number }, about?: string): void {
    this.set(name, of, about);
  }

  time(name: FactName, at: number | null, about?: string): void {
    this.set(name, { value: iso(at) }, about);
  }

  times(name: FactName, of: { value: number; min: number; max: number } | null, about?: string): void {
    this.set(
      name,
      of ? { value: iso(of.value), min: iso(of.min) as string, max: iso(of.max) as string } : { value: null },
      about,
    );
  }

  text(name: FactName, value: string | null, about?: string): void {
    this.set(name, { value }, about);
  }

  /** A person's words: null stays null. */
  words(name: FactName, raw: string | null, about?: string): void {
    this.set(name, raw === null ? { value: null } : { value: null, raw }, about);
  }

  set(name: FactName, expected: Expected, about?: string): void {
    this.#facts.set(keyOf(name, about), expected);
  }

  get(name: FactName, about?: string): Expected | undefined {
    return this.#facts.get(keyOf(name, about));
  }

  /** Keys of facts that must be stated and are not. */
  missing(ledger: readonly Fact[]): string[] {
    const stated = new Set(ledger.map((fact) => keyOf(fact.name, fact.about)));
    return [...this.#facts].filter(([key, { optional }]) => !optional && !stated.has(key)).map(([key]) => key);
  }
}

function keyOf(name: string, about: string | undefined): string {
  return about === undefined ? name : `${name} of ${about}`;
}

export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Why a stated fact is not what the rows say, or null. */
export function disagreement(fact: Fact, expected: Expected | undefined): string | null {
  if (!expected) return 'the rows give no such fact';
  if (FACT_UNITS[fact.name] !== fact.unit) return `its unit is ${FACT_UNITS[fact.name]}, not ${fact.unit}`;
  if (expected.raw !== undefined) {
    const fits = typeof fact.value === 'string' && isCapturedOf(fact.value, expected.raw);
    return fits ? null : 'it is not what was written';
  }
  for (const part of ['value', 'min', 'max'] as const) {
    if (!equal(fact[part], expected[part]))
      return `${part} is ${String(expected[part])} by the rows, not ${String(fact[part])}`;
  }
  return null;
}

function equal(stated: number | string | null | undefined, rows: number | string | null | undefined): boolean {
  if (typeof stated === 'number' && typeof rows === 'number') return Math.abs(stated - rows) < 1e-6;
  return stated === rows;
}
