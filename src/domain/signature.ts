import { type Failure, type Layer, layerOf, PHASES, type Phase } from './check.ts';

/** How an incident failed, as it can be held against how another one did. */
export interface Signature {
  /** What failed at first and what failed most; a failure, for `status` with the code: `status:503`. */
  began: string;
  mostly: string;
  symptoms: string[];
  /** Of `mostly`. */
  layer: Layer;
  /** Of the checks that failed so: the last phase that came to an end, null when no phase was measured. */
  reached: Phase | null;
  /** The phase that took more than half of their time, if one did. */
  long: Phase | null;
  /** Names of the locations that saw a check fail, in the order of their names. */
  locations: string[];
  /** UTC hour in which it began. */
  hour: number;
}

/** Failed checks that are alike, counted. */
export interface SignatureRow {
  failure: Failure;
  status: number | null;
  location: string;
  count: number;
  /** `at` of the first of them, then its location, for the order among equals. */
  firstAt: number;
  reached: Phase | null;
  /** What their phases took together, in µs. */
  phases: Record<Phase, number>;
}

const symptomOf = ({ failure, status }: Pick<SignatureRow, 'failure' | 'status'>) =>
  failure === 'status' && status !== null ? `status:${status}` : failure;

/** Null when no check failed. Of equally frequent ones, the symptom that came first and the phase that comes first count. */
export function signatureOf(rows: readonly SignatureRow[], startedAt: number): Signature | null {
  const ordered = rows.toSorted((a, b) => a.firstAt - b.firstAt || (a.location < b.location ? -1 : 1));
  const [first] = ordered;
  if (!first) return null;
  const counts = new Map<string, number>();
  for (const row of ordered) counts.set(symptomOf(row), (counts.get(symptomOf(row)) ?? 0) + row.count);
  const mostly = mostFrequent(counts) ?? symptomOf(first);
  const own = ordered.filter((row) => symptomOf(row) === mostly);
  const reached = new Map<Phase, number>();
  for (const phase of PHASES) {
    const count = own.filter((row) => row.reached === phase).reduce((sum, row) => sum + row.count, 0);
    if (count > 0) reached.set(phase, count);
  }
  const took = (phase: Phase) => own.reduce((sum, row) => sum + row.phases[phase], 0);
  const all = PHASES.reduce((sum, phase) => sum + took(phase), 0);
  return {
    began: symptomOf(first),
    mostly,
    symptoms: [...counts.keys()],
    layer: layerOf(own[0]?.failure ?? first.failure),
    reached: mostFrequent(reached),
    long: PHASES.find((phase) => took(phase) * 2 > all) ?? null,
    locations: [...new Set(ordered.map((row) => row.location))].sort(),
    hour: new Date(startedAt).getUTCHours(),
  };
}

/** The first of equals. */
function mostFrequent<K>(counts: ReadonlyMap<K, number>): K | null {
  let best: K | null = null;
  for (const [key, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = key;
  return best;
}

export const TRAITS = ['failure', 'beginning', 'phase', 'locations', 'hour'] as const;
export type Trait = (typeof TRAITS)[number];

export interface Likeness {
  /** The failure (or how it began), the phase and a location are the same; the hour is told, and decides nothing. */
  same: boolean;
  agrees: Trait[];
  differs: Trait[];
}

/**
 * Is it the same thing again? Symmetric. What failed most must be the same; or else how it began, when one of the two
 * showed nothing that the other did not show too (an incident that is minutes old has not shown all of it yet).
 */
export function compareSignatures(a: Signature, b: Signature): Likeness {
  const within = (one: Signature, other: Signature) =>
    one.symptoms.every((symptom) => other.symptoms.includes(symptom));
  const hours = Math.abs(a.hour - b.hour);
  const holds: Record<Trait, boolean> = {
    failure: a.mostly === b.mostly,
    beginning: a.began === b.began && (within(a, b) || within(b, a)),
    phase: samePhase(a, b),
    locations: a.locations.some((location) => b.locations.includes(location)),
    hour: Math.min(hours, 24 - hours) <= 1,
  };
  return {
    same: (holds.failure || holds.beginning) && holds.phase && holds.locations,
    agrees: TRAITS.filter((trait) => holds[trait]),
    differs: TRAITS.filter((trait) => !holds[trait]),
  };
}

/** Phases of two different failures say nothing about each other; neither do phases that nobody measured. */
function samePhase(a: Signature, b: Signature): boolean {
  if (a.mostly !== b.mostly) return true;
  const reached = a.reached === null || b.reached === null || a.reached === b.reached;
  // Slow is not slow: which phase took the time is what the failure is about.
  const long = a.layer !== 'limit' || a.long === null || b.long === null || a.long === b.long;
  return reached && long;
}
