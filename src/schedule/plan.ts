import type { EpochMs } from '#src/domain/clock.ts';
import { nextSlot, phaseMs } from '#src/domain/due.ts';
import { intervalMs, type Monitor, type ProbeTarget, probeTargetOf, retryMs } from '#src/domain/monitor.ts';
import type { MonitorStatus } from '#src/domain/status.ts';
import { DueHeap } from './heap.ts';

/** One monitor at one location: when it is due, and whether a check of it is under way. */
export interface Entry {
  monitorNo: number;
  location: string;
  target: ProbeTarget;
  intervalMs: number;
  retryMs: number;
  phaseMs: number;
  /** While the status is being confirmed, checks come every `retryMs`. */
  confirming: boolean;
  slot: EpochMs;
  /** The slot of the last check that was queued. */
  lastSlot: EpochMs;
  /** Until when a check that was queued may still be under way; 0 when none is. */
  busyUntil: EpochMs;
  /** Due, and waiting for the check under way. */
  held: boolean;
  removed: boolean;
}

/** A probe may take this much longer than its timeout before it is taken for lost. */
const LOST_AFTER_MS = 5_000;

/** Who is due when. In memory only: it is made from the monitors and their statuses, and a restart makes it again. */
export class Plan {
  readonly #entries = new Map<number, Entry[]>();
  readonly #heap = new DueHeap<{ entry: Entry; slot: EpochMs }>();

  put(monitor: Monitor, now: EpochMs): void {
    const before = this.#entries.get(monitor.no) ?? [];
    this.remove(monitor.no);
    const { config } = monitor;
    if (config.paused) return;
    const entries = config.locations.map((location): Entry => {
      const old = before.find((entry) => entry.location === location);
      const interval = intervalMs(config);
      const phase = phaseMs(`${monitor.id}/${location}`, interval);
      return {
        monitorNo: monitor.no,
        location,
        target: probeTargetOf(monitor),
        intervalMs: interval,
        retryMs: retryMs(config),
        phaseMs: phase,
        confirming: old?.confirming ?? false,
        slot: nextSlot(now, interval, phase),
        lastSlot: old?.lastSlot ?? 0,
        busyUntil: old?.busyUntil ?? 0,
        held: false,
        removed: false,
      };
    });
    this.#entries.set(monitor.no, entries);
    for (const entry of entries) this.#setDue(entry, entry.confirming ? now + entry.retryMs : entry.slot);
  }

  remove(monitorNo: number): void {
    for (const entry of this.#entries.get(monitorNo) ?? []) entry.removed = true;
    this.#entries.delete(monitorNo);
  }

  setStatus(monitorNo: number, status: MonitorStatus, now: EpochMs): void {
    const confirming = status === 'suspect' || status === 'down' || status === 'recovering';
    for (const entry of this.#entries.get(monitorNo) ?? []) {
      if (entry.confirming === confirming) continue;
      entry.confirming = confirming;
      const retry = Math.max(now, (entry.lastSlot || now) + entry.retryMs);
      this.#setDue(entry, confirming ? retry : nextSlot(now, entry.intervalMs, entry.phaseMs));
    }
  }

  nextDue(): EpochMs | null {
    return this.#heap.peek()?.due ?? null;
  }

  /** Takes the entries that are due by `now`, earliest first. Each goes on with `started`, `skipped` or `held`. */
  *takeDue(now: EpochMs): Generator<Entry> {
    for (let top = this.#heap.peek(); top && top.due <= now; top = this.#heap.peek()) {
      this.#heap.pop();
      const { entry, slot } = top.item;
      if (!entry.removed && entry.slot === slot) yield entry;
    }
  }

  started(entry: Entry, now: EpochMs): void {
    entry.lastSlot = entry.slot;
    entry.busyUntil = now + entry.target.timeoutSeconds * 1000 + LOST_AFTER_MS;
    this.#advance(entry, now);
  }

  skipped(entry: Entry, now: EpochMs): void {
    this.#advance(entry, now);
  }

  /** One check of a monitor at a time: what comes due meanwhile waits for it, or until it is taken for lost. */
  held(entry: Entry): void {
    entry.held = true;
    this.#heap.push(entry.busyUntil, { entry, slot: entry.slot });
  }

  /** The check of a slot is recorded; true when another slot waited for that and is due now. */
  settle(monitorNo: number, location: string, at: EpochMs): boolean {
    const entry = this.#entries.get(monitorNo)?.find((candidate) => candidate.location === location);
    if (entry?.lastSlot !== at) return false;
    entry.busyUntil = 0;
    if (!entry.held) return false;
    entry.held = false;
    this.#heap.push(entry.slot, { entry, slot: entry.slot });
    return true;
  }

  #advance(entry: Entry, now: EpochMs): void {
    entry.held = false;
    const retry = Math.max(entry.slot + entry.retryMs, now);
    this.#setDue(
      entry,
      entry.confirming ? retry : nextSlot(Math.max(entry.slot, now), entry.intervalMs, entry.phaseMs),
    );
  }

  #setDue(entry: Entry, due: EpochMs): void {
    entry.slot = due;
    this.#heap.push(due, { entry, slot: due });
  }
}
