import type { EpochMs } from './clock.ts';

/** A place that checks are made from. */
export interface LocationHealth {
  name: string;
  /** Somebody makes its checks. */
  healthy: boolean;
  workers: number;
  /** How late its most overdue check is, in ms. */
  lagMs: number;
  lastSeenAt: EpochMs | null;
}
