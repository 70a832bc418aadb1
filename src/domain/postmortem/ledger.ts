import { type EpochMs, toRfc3339 } from '../clock.ts';
import { FACT_CATALOG, type Fact, type FactName } from './facts.ts';
import { MAX_IDS, type Tally } from './observe.ts';

interface Parts {
  about?: string | undefined;
  rows: readonly string[] | Tally;
  min?: number | string | undefined;
  max?: number | string | undefined;
}

/** Collects facts and finds them again by name and subject. */
export class Ledger {
  readonly facts: Fact[] = [];
  readonly #byKey = new Map<string, Fact>();

  add(name: FactName, value: number | string | null, { about, rows, min, max }: Parts): Fact {
    const fact: Fact = { id: `f${this.facts.length + 1}`, name, value, unit: FACT_CATALOG[name].unit, rows: [] };
    if (value !== null && min !== undefined) fact.min = min;
    if (value !== null && max !== undefined) fact.max = max;
    if (about !== undefined) fact.about = about;
    const { count, ids } = 'ids' in rows ? rows : { count: new Set(rows).size, ids: [...new Set(rows)] };
    fact.rows = ids.length <= MAX_IDS ? [...ids] : [...ids.slice(0, MAX_IDS - 1), ids.at(-1) as string];
    if (count > fact.rows.length) fact.rowCount = count;
    this.facts.push(fact);
    this.#byKey.set(keyOf(name, about), fact);
    return fact;
  }

  /** A time, or null, with bounds where they are known. */
  time(name: FactName, at: EpochMs | null, parts: Omit<Parts, 'min' | 'max'> & { min?: EpochMs; max?: EpochMs }): Fact {
    const text = (time: EpochMs | undefined) => (time === undefined ? undefined : toRfc3339(time));
    return this.add(name, at === null ? null : toRfc3339(at), { ...parts, min: text(parts.min), max: text(parts.max) });
  }

  find(name: FactName, about?: string): Fact | null {
    return this.#byKey.get(keyOf(name, about)) ?? null;
  }

  /** The fact, which the ledger always has. */
  get(name: FactName, about?: string): Fact {
    const fact = this.find(name, about);
    if (!fact) throw new Error(`the ledger has no ${keyOf(name, about)}`);
    return fact;
  }

  /** The fact, unless it is missing or null. */
  known(name: FactName, about?: string): Fact | null {
    const fact = this.find(name, about);
    return fact && fact.value !== null ? fact : null;
  }

  number(name: FactName, about?: string): number {
    return Number(this.find(name, about)?.value ?? 0);
  }
}

function keyOf(name: FactName, about: string | undefined): string {
  return about === undefined ? name : `${name} ${about}`;
}
