import type { BlindWatch } from '#src/detect/blind.ts';
import type { Detector } from '#src/detect/detector.ts';
import { CANARY_NO } from '#src/domain/canary.ts';
import { type CheckResult, type CheckRow, unknownResult } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { CheckKey } from '#src/domain/ids.ts';
import { HOUR_MS } from '#src/domain/rollup.ts';
import { noteCertificate } from '#src/store/certificates.ts';
import { type CheckOrigin, insertCheck, rowOf } from '#src/store/checks.ts';
import type { Store, Tx } from '#src/store/database.ts';
import { locationNo } from '#src/store/locations.ts';
import { addUnobserved, beat } from '#src/store/pulse.ts';
import { hourOf, markUnrolled } from '#src/store/rollups.ts';

export interface RecorderOptions {
  store: Store;
  detector: Detector;
  blind: BlindWatch;
  /** A batch was committed, so many rows in so many seconds; or, with null, the database did not take it. */
  onCommit?(rows: number | null, seconds: number): void;
  /** A canary that was sent on its way at this time was committed with what detection made of it. */
  onCanary?(at: EpochMs): void;
}

/** A result as it reaches the recorder; `result: null` is a slot in which no probe was started. */
export interface Outcome {
  monitorNo: number;
  at: EpochMs;
  result: CheckResult | null;
}

export interface Recorder {
  /** Resolves when the outcomes are committed; rejects, with nothing of its batch written, when they cannot be. */
  record(location: string, outcomes: readonly Outcome[], origin?: CheckOrigin): Promise<void>;
  /**
   * Writes checks that were made elsewhere, on their own times, in one transaction with what detection makes of them. No
   * alerts. What is there already is counted and left as it is. Throws with nothing written.
   */
  importRows(
    monitorNo: number,
    rows: readonly { location: string; result: CheckResult }[],
  ): { accepted: number; duplicates: number };
  /** Slots that were not even queued: one span of unobserved time. */
  missed(monitorNo: number, from: EpochMs, to: EpochMs): Promise<void>;
  /** Commits what waits, now. */
  flush(): void;
}

/** A batch is at most this old, or this large, when it is committed. */
const MAX_DELAY_MS = 250;
const MAX_ROWS = 500;

interface Entry {
  write(tx: Tx, rows: CheckRow[]): void;
  size: number;
  done(): void;
  failed(error: unknown): void;
}

/**
 * The single writer of what was measured: one transaction for a batch of results, with all that follows from them
 * (status, windows, incidents, outbox). A result that would change a status does not wait for the batch to fill.
 */
export function createRecorder({ store, detector, blind, onCommit, onCanary }: RecorderOptions): Recorder {
  let waiting: Entry[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | null = null;
  let immediate: NodeJS.Immediate | null = null;
  const marked = new Map<number, EpochMs>();
  const certificates = new Map<number, EpochMs>();

  /** A certificate changes once in months: what was seen last is remembered, and the table asked for the rest. */
  function noteCertificates(tx: Tx, outcomes: readonly Outcome[]): void {
    for (const { monitorNo, at, result } of outcomes) {
      const certificate = result?.certificate;
      if (!certificate || certificates.get(monitorNo) === certificate.validTo) continue;
      noteCertificate(tx, monitorNo, at, certificate);
      certificates.set(monitorNo, certificate.validTo);
    }
  }

  /** An hour that is open is marked once; into one that is over a row comes late, whatever was marked before. */
  function markHours(tx: Tx, rows: readonly CheckRow[]): void {
    for (const { monitorNo, at } of rows) {
      if (monitorNo === CANARY_NO) continue;
      const hour = hourOf(at);
      if (marked.get(monitorNo) === hour && hour + HOUR_MS > tx.now) continue;
      markUnrolled(tx, monitorNo, hour);
      marked.set(monitorNo, hour);
    }
  }

  function flush(): void {
    if (timer) clearTimeout(timer);
    if (immediate) clearImmediate(immediate);
    timer = immediate = null;
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    size = 0;
    const rows: CheckRow[] = [];
    const begunAt = performance.now();
    try {
      store.transact((tx) => {
        for (const entry of batch) entry.write(tx, rows);
        markHours(tx, rows);
        detector.apply(tx, rows, { alerts: true });
        beat(tx);
      });
    } catch (error) {
      detector.rollback(rows.map((row) => row.monitorNo));
      blind.rollback();
      marked.clear();
      certificates.clear();
      onCommit?.(null, (performance.now() - begunAt) / 1000);
      for (const entry of batch) entry.failed(error);
      return;
    }
    for (const { at } of rows.filter(({ monitorNo }) => monitorNo === CANARY_NO)) onCanary?.(at);
    onCommit?.(rows.length, (performance.now() - begunAt) / 1000);
    for (const entry of batch) entry.done();
  }

  function add(entry: Omit<Entry, 'done' | 'failed'>, urgent: boolean): Promise<void> {
    return new Promise((done, failed) => {
      waiting.push({ ...entry, done, failed });
      size += entry.size;
      if (urgent || size >= MAX_ROWS) immediate ??= setImmediate(flush);
      else timer ??= setTimeout(flush, MAX_DELAY_MS);
    });
  }

  return {
    record(location, outcomes, origin = 'scheduled') {
      // All are asked, not only the first that matters: the detector remembers what was folded before them.
      const mattering = outcomes.filter(
        ({ monitorNo, result }) => result && detector.matters(store.reader, monitorNo, result.verdict),
      );
      const urgent = origin === 'demand' || mattering.length > 0;
      const real = outcomes.filter(({ monitorNo }) => monitorNo !== CANARY_NO);
      const canaries = outcomes.filter(({ monitorNo }) => monitorNo === CANARY_NO);
      const write = (tx: Tx, rows: CheckRow[]) => {
        const place = locationNo(tx, location);
        for (const outcome of real) writeOutcome(tx, place, outcome, origin, rows);
        for (const { at, result } of canaries)
          if (result) rows.push(rowOf({ monitorNo: CANARY_NO, at, locationNo: place }, result));
        blind.note(tx, location, real);
        noteCertificates(tx, real);
      };
      return add({ write, size: outcomes.length }, urgent);
    },
    importRows(monitorNo, imported) {
      // What waits came earlier, and its transaction must not see this one fail.
      flush();
      const rows: CheckRow[] = [];
      try {
        store.transact((tx) => {
          for (const { location, result } of imported) {
            const row = rowOf({ monitorNo, at: result.startedAt, locationNo: locationNo(tx, location) }, result);
            if (insertCheck(tx, row, result, 'import')) rows.push(row);
          }
          markHours(tx, rows);
          detector.apply(tx, rows, { alerts: false });
        });
      } catch (error) {
        detector.rollback([monitorNo]);
        marked.clear();
        throw error;
      }
      return { accepted: rows.length, duplicates: imported.length - rows.length };
    },
    missed(monitorNo, from, to) {
      const write = (tx: Tx) => addUnobserved(tx, { monitorNo, from, to, reason: 'missed' });
      return add({ write, size: 1 }, false);
    },
    flush,
  };
}

function writeOutcome(tx: Tx, place: number, outcome: Outcome, origin: CheckOrigin, rows: CheckRow[]): void {
  const { monitorNo, at } = outcome;
  const result = outcome.result ?? unknownResult(at, at, 'missed: no probe was started in time for this slot');
  const key: CheckKey = { monitorNo, at, locationNo: place };
  const row = rowOf(key, result);
  if (insertCheck(tx, row, result, origin)) rows.push(row);
}
