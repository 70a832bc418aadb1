/** Names of the queues in Redis; BullMQ allows no colon in them. */
export const RESULTS_QUEUE = 'hindcast-results';

export function probeQueueName(location: string): string {
  return `hindcast-probe-${location}`;
}

/** Hash of the workers of all locations: field `<location>/<worker>`, value their last sign of life (epoch ms), negative when it was to sign off. */
export const WORKERS_KEY = 'hindcast:workers';
/** Alerts that a worker is to deliver, and what came of them. */
export const ERRANDS_QUEUE = 'hindcast-alerts';
export const ERRANDS_DONE_QUEUE = 'hindcast-alerts-done';
/** Hash of the workers that deliver alerts, like the one above. */
export const ALERT_WORKERS_KEY = 'hindcast:alert-workers';
/** A worker signs this often, and is taken for lost after three missed signs. */
export const WORKER_BEAT_MS = 3_000;
export const WORKER_LOST_MS = 10_000;
