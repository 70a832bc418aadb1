import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CheckResult } from './domain/check.ts';
import type { EpochMs } from './domain/clock.ts';

/** Upper ends of buckets in seconds: a probe takes from a millisecond to a minute. */
const PROBE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const LATE_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const SEND_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

/** What is read anew at each scrape; each value is as of now. */
export interface Levels {
  monitors: { status: string; count: number }[];
  incidents: { kind: string; count: number }[];
  alerts: { state: string; count: number }[];
  /** How long the most overdue alert that could be sent waits, in s. */
  oldestDueAlertSeconds: number;
  lagSeconds: number;
  queues: { queue: string; depth: number }[];
  locations: { location: string; healthy: boolean; workers: number; lastSeenSeconds: number | null }[];
  databaseBytes: number;
  /** Postmortems past their due time that are not published. */
  overduePostmortems: number;
}

/**
 * What the server counts of itself, in the Prometheus text format. Names and units follow the Prometheus conventions:
 * base units, `_total` for what only grows, one meaning for each label.
 */
export function createMetrics(readLevels: () => Promise<Levels>) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `hindcast_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name: `hindcast_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[]) =>
    new Histogram({ name: `hindcast_${name}`, help, buckets, labelNames, registers });

  const probes = counter('probes_total', 'Checks that were recorded, by verdict.', ['location', 'verdict']);
  const failures = counter('probe_failures_total', 'Checks that were down, by what failed.', ['location', 'failure']);
  const probeSeconds = histogram('probe_duration_seconds', 'Time a probe took.', PROBE_SECONDS, ['location']);
  const lateSeconds = histogram('probe_lateness_seconds', 'From the slot to the probe.', LATE_SECONDS, ['location']);
  const missed = counter('slots_missed_total', 'Slots in which no probe was started.', ['location']);
  const published = counter('queue_published_total', 'Messages offered to a queue, by its answer.', [
    'queue',
    'outcome',
  ]);
  const commitSeconds = histogram('recorder_commit_duration_seconds', 'One commit of results.', COMMIT_SECONDS, []);
  const rows = counter('recorder_rows_total', 'Check rows that were written.', []);
  const refused = counter('recorder_commit_failures_total', 'Commits that the database did not take.', []);
  const attempts = counter('alert_attempts_total', 'Attempts to deliver an alert, by outcome.', ['type', 'outcome']);
  const attemptSeconds = histogram('alert_attempt_duration_seconds', 'One attempt to deliver.', SEND_SECONDS, ['type']);
  const faults = counter('stage_errors_total', 'Errors of a stage that were logged.', ['stage']);

  const levels = {
    monitors: gauge('monitors', 'Monitors, by status.', ['status']),
    incidents: gauge('incidents_open', 'Incidents that are open, by kind.', ['kind']),
    alerts: gauge('outbox_alerts', 'Alerts in the outbox that are not delivered, by state.', ['state']),
    oldest: gauge('outbox_oldest_due_seconds', 'How long the most overdue alert waits.', []),
    lag: gauge('schedule_lag_seconds', 'How late the most overdue check is.', []),
    depth: gauge('queue_depth', 'Messages that wait or are being handled.', ['queue']),
    workers: gauge('location_workers', 'Workers that are alive at a location.', ['location']),
    healthy: gauge('location_healthy', '1 while a location has a worker.', ['location']),
    seen: gauge('location_last_seen_seconds', 'Time since a worker of a location signed.', ['location']),
    database: gauge('database_size_bytes', 'Size of the database file.', []),
    overdue: gauge('postmortems_overdue', 'Postmortems past their due time and not published.', []),
  };

  function setLevels(now: Levels): void {
    for (const one of Object.values(levels)) one.reset();
    for (const { status, count } of now.monitors) levels.monitors.set({ status }, count);
    for (const { kind, count } of now.incidents) levels.incidents.set({ kind }, count);
    for (const { state, count } of now.alerts) levels.alerts.set({ state }, count);
    levels.oldest.set(now.oldestDueAlertSeconds);
    levels.lag.set(now.lagSeconds);
    for (const { queue, depth } of now.queues) levels.depth.set({ queue }, depth);
    for (const { location, healthy, workers, lastSeenSeconds } of now.locations) {
      levels.workers.set({ location }, workers);
      levels.healthy.set({ location }, healthy ? 1 : 0);
      if (lastSeenSeconds !== null) levels.seen.set({ location }, lastSeenSeconds);
    }
    levels.database.set(now.databaseBytes);
    levels.overdue.set(now.overduePostmortems);
  }

  return {
    contentType: registry.contentType,
    async text(): Promise<string> {
      setLevels(await readLevels());
      return registry.metrics();
    },
    /** Results that were committed. `result: null` is a slot in which no probe was started. */
    recorded(location: string, outcomes: readonly { at: EpochMs; result: CheckResult | null }[]): void {
      for (const { at, result } of outcomes) {
        if (!result) {
          missed.inc({ location });
          continue;
        }
        const { verdict, failure, startedAt, endedAt } = result;
        probes.inc({ location, verdict });
        if (verdict === 'down' && failure) failures.inc({ location, failure });
        if (verdict !== 'unknown') probeSeconds.observe({ location }, Math.max(0, endedAt - startedAt) / 1000);
        lateSeconds.observe({ location }, Math.max(0, startedAt - at) / 1000);
      }
    },
    /** Slots that were not even queued. */
    missed: (location: string, slots: number) => missed.inc({ location }, slots),
    published: (queue: string, outcome: 'queued' | 'duplicate' | 'full' | 'failed') =>
      published.inc({ queue, outcome }),
    committed(count: number, seconds: number): void {
      commitSeconds.observe(seconds);
      rows.inc(count);
    },
    commitFailed: () => refused.inc(),
    attempted(type: string, outcome: string, seconds: number): void {
      attempts.inc({ type, outcome });
      attemptSeconds.observe({ type }, seconds);
    },
    failed: (stage: string) => faults.inc({ stage }),
  };
}
