import type { CheckRow } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { MonitorConfig } from '#src/domain/monitor.ts';
import type { MonitorState } from '#src/domain/status.ts';
import type { Span } from '#src/domain/uptime.ts';
import { readLastCheck } from '#src/store/checks.ts';
import type { Reader } from '#src/store/database.ts';
import { type LocationOutage, readLocationOutages } from '#src/store/locations.ts';
import { readMaintenanceSpans } from '#src/store/maintenances.ts';
import { readCurrentState } from '#src/store/monitor-states.ts';
import { readRevisions } from '#src/store/monitors.ts';

/** What the fold of one monitor needs: its state, how far it has come, and the policies it ran under. */
export interface Folded {
  state: MonitorState;
  /** Key of the newest row that is folded; null before the first. */
  last: { at: EpochMs; locationNo: number } | null;
}

const NONE: ReadonlySet<number> = new Set();

interface Revision {
  fromAt: EpochMs;
  config: MonitorConfig;
}

/**
 * The database is the truth; this spares reading it for each check. Whatever was put here inside a transaction that
 * failed is dropped with `forget`.
 */
export class MonitorCache {
  readonly #folded = new Map<number, Folded>();
  readonly #revisions = new Map<number, Revision[]>();
  readonly #maintenance = new Map<number, Span[]>();
  #outages: LocationOutage[] | null = null;

  /** As of the rows that are stored; those of a transaction that is not folded yet count as well. */
  folded(reader: Reader, monitorNo: number): Folded {
    const known = this.#folded.get(monitorNo);
    if (known) return known;
    const last = readLastCheck(reader, monitorNo);
    return { state: readCurrentState(reader, monitorNo), last: last && { at: last.at, locationNo: last.locationNo } };
  }

  /** The same, kept from here on. Only where every stored row is folded: not in the transaction that writes more. */
  remember(reader: Reader, monitorNo: number): Folded {
    const folded = this.folded(reader, monitorNo);
    this.#folded.set(monitorNo, folded);
    return folded;
  }

  put(monitorNo: number, folded: Folded): void {
    this.#folded.set(monitorNo, folded);
  }

  forget(monitorNos: Iterable<number>): void {
    for (const no of monitorNos) this.#folded.delete(no);
  }

  /** The configuration in force at a time; the first one for times before it. */
  configAt(reader: Reader, monitorNo: number, at: EpochMs): MonitorConfig | null {
    let revisions = this.#revisions.get(monitorNo);
    if (!revisions) {
      revisions = readRevisions(reader, monitorNo);
      this.#revisions.set(monitorNo, revisions);
    }
    return (revisions.findLast((revision) => revision.fromAt <= at) ?? revisions[0])?.config ?? null;
  }

  /** Whether a check at this time is one of planned work, and does not count. */
  isMaintained(reader: Reader, monitorNo: number, at: EpochMs): boolean {
    let spans = this.#maintenance.get(monitorNo);
    if (!spans) {
      spans = readMaintenanceSpans(reader, monitorNo);
      this.#maintenance.set(monitorNo, spans);
    }
    return spans.some(([from, to]) => at >= from && at < to);
  }

  /** Numbers of the locations that were lost at a time. */
  lostAt(reader: Reader, at: EpochMs): ReadonlySet<number> {
    this.#outages ??= readLocationOutages(reader);
    if (this.#outages.length === 0) return NONE;
    const lost = this.#outages.filter(({ from, to }) => at >= from && (to === null || at < to));
    return lost.length === 0 ? NONE : new Set(lost.map(({ locationNo }) => locationNo));
  }

  /** A location was lost or came back. */
  forgetOutages(): void {
    this.#outages = null;
  }

  /** Configurations changed: read them again when they are next needed. */
  forgetConfigs(): void {
    this.#revisions.clear();
    this.#maintenance.clear();
  }
}

export function comesAfter(check: CheckRow, last: Folded['last']): boolean {
  return last === null || check.at > last.at || (check.at === last.at && check.locationNo > last.locationNo);
}
