/**
 * Quantiles of durations that can be merged: DDSketch (Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable
 * quantile sketch with relative-error guarantees", VLDB 2019), with logarithmic buckets and no collapsing. A quantile is
 * within 1 % of the value at its rank. Durations are whole microseconds; 0 has a bucket of its own.
 */
export class Sketch {
  /** Counts by bucket; null while it is only what was read. */
  #counts: Map<number, number> | null = new Map();
  #pairs: readonly number[] = [];
  #total = 0;

  get count(): number {
    return this.#total;
  }

  add(us: number, count = 1): void {
    const counts = this.#open();
    const bucket = us <= 0 ? ZERO : Math.ceil(Math.log(us) / LOG_GAMMA);
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    this.#total += count;
  }

  merge(other: Sketch): void {
    const counts = this.#open();
    const pairs = other.#sorted();
    for (let i = 0; i < pairs.length; i += 2) {
      const bucket = pairs[i] as number;
      counts.set(bucket, (counts.get(bucket) ?? 0) + (pairs[i + 1] as number));
    }
    this.#total += other.#total;
  }

  /** The values (µs) at the nearest ranks of shares in (0, 1] that do not fall; null when it is empty. */
  quantiles(shares: readonly number[]): number[] | null {
    if (this.#total === 0) return null;
    const pairs = this.#sorted();
    let next = 0;
    let seen = 0;
    let bucket = ZERO;
    return shares.map((share) => {
      const rank = Math.max(1, Math.ceil(this.#total * share - 1e-9));
      for (; seen < rank; next += 2) {
        bucket = pairs[next] as number;
        seen += pairs[next + 1] as number;
      }
      return bucket === ZERO ? 0 : (2 * GAMMA ** bucket) / (GAMMA + 1);
    });
  }

  /** Buckets and counts as variable-length integers, each bucket as its distance from the one before. */
  encode(): Uint8Array {
    const bytes: number[] = [];
    const pairs = this.#sorted();
    let before = ZERO;
    for (let i = 0; i < pairs.length; i += 2) {
      writeVarint(bytes, (pairs[i] as number) - before);
      writeVarint(bytes, pairs[i + 1] as number);
      before = pairs[i] as number;
    }
    return Uint8Array.from(bytes);
  }

  static decode(bytes: Uint8Array): Sketch {
    const pairs: number[] = [];
    const sketch = new Sketch();
    let bucket = ZERO;
    let isCount = false;
    for (let at = 0; at < bytes.length; ) {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at++] ?? 0;
        value += (byte & 127) * factor;
        if (byte < 128) break;
      }
      if (isCount) sketch.#total += value;
      else bucket += value;
      pairs.push(isCount ? value : bucket);
      isCount = !isCount;
    }
    sketch.#counts = null;
    sketch.#pairs = pairs;
    return sketch;
  }

  #open(): Map<number, number> {
    if (this.#counts) return this.#counts;
    const counts = new Map<number, number>();
    for (let i = 0; i < this.#pairs.length; i += 2) counts.set(this.#pairs[i] as number, this.#pairs[i + 1] as number);
    this.#counts = counts;
    this.#pairs = [];
    return counts;
  }

  /** Bucket, count, bucket, count, …, by bucket. */
  #sorted(): readonly number[] {
    return this.#counts ? [...this.#counts].sort((a, b) => a[0] - b[0]).flat() : this.#pairs;
  }
}

const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** Below the bucket of 1 µs, which is 0. */
const ZERO = -1;

function writeVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}
