import type { EpochMs } from './clock.ts';
import { isMaintained } from './maintenance.ts';
import type { MonitorConfig } from './monitor.ts';

/** A person keeps alerts back for a time, for a reason. Checks, incidents and drafts go on as they would. */
export interface Silence {
  id: string;
  /** Keys of monitors; what matches any of the four is silenced. At least one is named. */
  monitors: string[];
  services: string[];
  /** `name` or `name:value`. */
  tags: string[];
  /** Ids of incidents. */
  incidents: string[];
  startsAt: EpochMs;
  /** Always an end: a silence that is forgotten must not hide an outage for ever. */
  endsAt: EpochMs;
  reason: string;
  by: string;
  createdAt: EpochMs;
}

/** Of these silences the one that keeps back alerts about a monitor in an incident now and ends last; null for none. */
export function silenceOf(
  silences: readonly Silence[],
  incidentId: string,
  config: MonitorConfig | null,
  now: EpochMs,
): Silence | null {
  const matching = silences.filter(
    (silence) => silence.startsAt <= now && now < silence.endsAt && matches(silence, incidentId, config),
  );
  return matching.sort((a, b) => b.endsAt - a.endsAt)[0] ?? null;
}

function matches(silence: Silence, incidentId: string, config: MonitorConfig | null): boolean {
  const { monitors, services, tags, incidents, ...rest } = silence;
  if (incidents.includes(incidentId)) return true;
  if (!config || monitors.length + services.length + tags.length === 0) return false;
  const scope = { monitors, services, tags, title: rest.reason, repeat: null, uptime: 'included' as const };
  return isMaintained({ ...rest, ...scope }, config);
}
