import type { CheckResult } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import { type Monitor, type ProbeTarget, probeTargetOf } from '#src/domain/monitor.ts';
import type { Prober } from './prober.ts';

export interface OnDemandOptions {
  prober: Prober;
  /** Resolves when the check is committed. */
  record(location: string, outcome: { monitorNo: number; at: EpochMs; result: CheckResult }): Promise<void>;
}

/** Checks that a person asks for. Both throw CannotProbe for what cannot be tried. */
export function createOnDemand({ prober, record }: OnDemandOptions) {
  const lastAt = new Map<number, EpochMs>();
  return {
    /** Probes a stored monitor now and records the check; answers when it is committed. */
    async checkNow(monitor: Monitor): Promise<{ at: EpochMs; location: string; result: CheckResult }> {
      const result = await prober.probe(probeTargetOf(monitor));
      // Two checks in one millisecond would be one row.
      const at = Math.max(result.startedAt, (lastAt.get(monitor.no) ?? 0) + 1);
      lastAt.set(monitor.no, at);
      const location = monitor.config.locations[0] ?? 'default';
      await record(location, { monitorNo: monitor.no, at, result });
      return { at, location, result };
    },
    /** Probes without recording anything. */
    testMonitor: (target: ProbeTarget): Promise<CheckResult> => prober.probe(target),
  };
}
