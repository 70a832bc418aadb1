import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { LocationHealth } from '#src/domain/location.ts';
import type { Store, Tx } from '#src/store/database.ts';
import {
  closeLocationOutage,
  type LocationDemand,
  openLocationOutage,
  readLocationDemands,
  readLostLocations,
} from '#src/store/locations.ts';
import type { Detector } from './detector.ts';
import { closeTrouble, openTrouble, readTrouble, readTroubleNames } from './own-trouble.ts';

export interface LocationWatchOptions {
  store: Store;
  clock: Clock;
  detector: Detector;
  /** The locations that workers sign for. Rejects when nobody can tell: then nothing is lost. */
  read(): Promise<LocationHealth[]>;
  publicUrl: () => string;
}

const EVERY_MS = 3_000;
/** Without a worker for so long, a location is lost: longer than one takes to be started anew. */
const LOST_AFTER_MS = 10_000;
/** After a start workers need a moment to be seen. */
const SETTLE_MS = 15_000;

/** What the incident of a lost location is known by, before its name. */
const TROUBLE = 'lost:';

/**
 * Keeps as rows which locations have no worker. A lost one is unobserved, never down. When that leaves a monitor with
 * fewer locations than have to agree on an outage, everyone is told: until it is back, nobody would be told of one.
 */
export function createLocationWatch({ store, clock, detector, read, publicUrl }: LocationWatchOptions) {
  /** Since when a location that had a worker has none. */
  const missingSince = new Map<string, EpochMs>();
  const settledAt = clock.now() + SETTLE_MS;
  let demands: LocationDemand[] | null = null;
  store.on('monitors', () => {
    demands = null;
  });

  function follow(places: readonly LocationHealth[], now: EpochMs): void {
    demands ??= readLocationDemands(store.reader);
    const named = new Set(demands.flatMap(({ locations }) => locations));
    const healthy = new Set(places.filter((place) => place.healthy).map(({ name }) => name));
    const before = readLostLocations(store.reader);
    for (const { name } of places) {
      if (healthy.has(name) || !named.has(name)) missingSince.delete(name);
      else if (!missingSince.has(name)) missingSince.set(name, now);
    }
    const isLost = (since: EpochMs) => now >= settledAt && now - since >= LOST_AFTER_MS;
    const gone = [...missingSince]
      .filter(([name, since]) => isLost(since) && !before.includes(name))
      .map(([name]) => name);
    const back = before.filter((name) => healthy.has(name) || !named.has(name));
    const lost = new Set([...before.filter((name) => !back.includes(name)), ...gone]);
    const told = readTroubleNames(store.reader, TROUBLE);
    const short = [...lost].filter((name) => monitorsShort(demands ?? [], name, lost) > 0);
    const untold = short.filter((name) => !told.includes(name));
    const over = told.filter((name) => !short.includes(name));
    if (gone.length + back.length + untold.length + over.length === 0) return;
    store.transact((tx) => {
      for (const name of gone) openLocationOutage(tx, name);
      for (const name of back) closeLocationOutage(tx, name);
      for (const name of untold)
        tell(tx, name, monitorsShort(demands ?? [], name, lost), missingSince.get(name) ?? now);
      for (const name of over) tellOver(tx, name);
    });
    if (gone.length + back.length > 0) detector.forgetLocations();
  }

  function tell(tx: Tx, name: string, monitors: number, startedAt: EpochMs): void {
    const which = monitors === 1 ? '1 monitor has' : `${monitors} monitors have`;
    const title = `No worker makes the checks at ${name}: ${which} fewer locations than must agree on an outage`;
    openTrouble(tx, { name: TROUBLE + name, title, startedAt, detectedAt: tx.now }, publicUrl());
  }

  function tellOver(tx: Tx, name: string): void {
    const record = readTrouble(tx, TROUBLE + name);
    if (record) closeTrouble(tx, TROUBLE + name, record, { startedAt: tx.now, endedAt: tx.now }, publicUrl());
  }

  return {
    async pass(): Promise<{ wakeAt: EpochMs }> {
      const places = await read().catch(() => null);
      const now = clock.now();
      if (places) follow(places, now);
      return { wakeAt: now + EVERY_MS };
    },
  };
}

/** How many monitors at this location have fewer that are not lost than must agree. */
function monitorsShort(demands: readonly LocationDemand[], location: string, lost: ReadonlySet<string>): number {
  const short = demands.filter(({ locations, quorum }) => {
    const alive = locations.filter((name) => !lost.has(name)).length;
    return locations.includes(location) && alive < quorum;
  });
  return short.reduce((sum, { monitors }) => sum + monitors, 0);
}
