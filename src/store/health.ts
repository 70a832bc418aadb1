import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { Store } from './database.ts';
import { oldestDueAlert, readUnheard } from './outbox.ts';

export interface Health {
  /** The process turns. */
  live: boolean;
  /** It does its work in time. */
  ready: boolean;
  checks: Record<string, { ok: boolean; detail: string }>;
}

export interface HealthOptions {
  store: Store;
  clock: Clock;
  /** How late the most overdue check is, in ms. */
  lagMs(): number;
  /** When the database last took a write. */
  lastBeatAt(): EpochMs;
  /** The folder of the database, and of the lock that keeps a second server off it. */
  dataDir: string;
}

const MOST_LAG_MS = 5_000;
const OLDEST_BEAT_MS = 15_000;
const OLDEST_ALERT_MS = 15 * 60_000;

/** An alert that nobody took for so long. */
const UNHEARD_MS = 5 * 60_000;
const LEAST_DISK_BYTES = 100 * 1024 * 1024;
const LOCK_FILE = 'server.lock';

/**
 * What `/readyz` answers: schedule lag, the last write, the oldest alert that is due, incidents that nobody heard of, the
 * room on the disk, and whether the folder is still ours.
 */
export function createHealth({ store, clock, lagMs, lastBeatAt, dataDir }: HealthOptions): () => Health {
  const lockFile = () => statSync(join(dataDir, LOCK_FILE), { throwIfNoEntry: false })?.ino ?? null;
  const ours = lockFile();
  return () => {
    const now = clock.now();
    const lag = lagMs();
    const sinceWrite = now - lastBeatAt();
    const due = oldestDueAlert(store.reader, now);
    const alertAge = due === null ? 0 : now - due;
    const unheard = readUnheard(store.reader, now - UNHEARD_MS);
    const freeBytes = freeBytesAt(dataDir);
    const checks = {
      schedule: { ok: lag <= MOST_LAG_MS, detail: `the most overdue check is ${Math.round(lag)} ms late` },
      database: { ok: sinceWrite <= OLDEST_BEAT_MS, detail: `last written ${sinceWrite} ms ago` },
      alerts: { ok: alertAge <= OLDEST_ALERT_MS, detail: `the oldest due alert waits ${alertAge} ms` },
      heard: {
        ok: unheard.length === 0,
        detail:
          unheard.length === 0
            ? 'every open incident reached somebody'
            : `no alert of incident ${unheard.join(', ')} reached anybody; see /api/v1/alerts?state=undeliverable`,
      },
      disk: {
        ok: freeBytes >= LEAST_DISK_BYTES,
        detail: `${Math.floor(freeBytes / 1024 / 1024)} MiB are free, at least ${LEAST_DISK_BYTES / 1024 / 1024} are wanted`,
      },
      lease: {
        ok: ours !== null && lockFile() === ours,
        detail:
          lockFile() === ours ? 'the data folder is held by this server' : 'the lock of the data folder was replaced',
      },
    };
    return { live: true, ready: Object.values(checks).every((check) => check.ok), checks };
  };
}

function freeBytesAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
