import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { Store } from './database.ts';
import { oldestDueAlert } from './outbox.ts';

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
}

const MOST_LAG_MS = 5_000;
const OLDEST_BEAT_MS = 15_000;
const OLDEST_ALERT_MS = 15 * 60_000;

/** What `/readyz` answers: schedule lag, the last write, the oldest alert that is due. */
export function createHealth({ store, clock, lagMs, lastBeatAt }: HealthOptions): () => Health {
  return () => {
    const now = clock.now();
    const lag = lagMs();
    const sinceWrite = now - lastBeatAt();
    const due = oldestDueAlert(store.reader, now);
    const alertAge = due === null ? 0 : now - due;
    const checks = {
      schedule: { ok: lag <= MOST_LAG_MS, detail: `the most overdue check is ${Math.round(lag)} ms late` },
      database: { ok: sinceWrite <= OLDEST_BEAT_MS, detail: `last written ${sinceWrite} ms ago` },
      alerts: { ok: alertAge <= OLDEST_ALERT_MS, detail: `the oldest due alert waits ${alertAge} ms` },
    };
    return { live: true, ready: Object.values(checks).every((check) => check.ok), checks };
  };
}
