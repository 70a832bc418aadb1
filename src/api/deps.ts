import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Channel, SendOutcome } from '#src/domain/channel.ts';
import type { CheckResult } from '#src/domain/check.ts';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { LocationHealth } from '#src/domain/location.ts';
import type { Maintenance } from '#src/domain/maintenance.ts';
import type { Monitor, ProbeTarget } from '#src/domain/monitor.ts';
import type { Sealer } from '#src/seal.ts';
import type { Store, Tx } from '#src/store/database.ts';
import type { Health } from '#src/store/health.ts';
import type { StoredPostmortem } from '#src/store/postmortems.ts';
import type { Idempotency } from './idempotency.ts';

/** What the API needs of the stages, handed in: it imports none of them. */
export interface ApiDeps {
  store: Store;
  clock: Clock;
  sealer: Sealer;
  logger: FastifyBaseLogger;
  /** Probes a stored monitor and records the check; answers when it is committed. Throws for what cannot be tried. */
  checkNow(monitor: Monitor): Promise<{ at: EpochMs; location: string; result: CheckResult }>;
  /** Probes without recording. Throws for what cannot be tried. */
  testMonitor(target: ProbeTarget): Promise<CheckResult>;
  /** Records checks that were made elsewhere, all or none, and answers when detection ran. */
  importChecks(
    monitor: Monitor,
    rows: readonly { location: string; result: CheckResult }[],
  ): Promise<{ accepted: number; duplicates: number }>;
  testChannel(channel: Channel): Promise<SendOutcome & { latencyMs: number }>;
  /** Why an address must not be connected to, or null. */
  refuseAddress(address: string): string | null;
  postmortems: {
    /** The newest draft of an incident, drawn now when the stored one is older than its rows. */
    current(incidentId: string): StoredPostmortem | null;
    verify(postmortem: StoredPostmortem): StoredPostmortem['claims'];
  };
  render: {
    json(postmortem: StoredPostmortem): unknown;
    markdown(postmortem: StoredPostmortem): string;
    html(postmortem: StoredPostmortem): string;
  };
  /** What follows from something a person did, in the transaction in which it is written. */
  onIncidentEvent(tx: Tx, incidentId: string, event: 'incident.acknowledged' | 'incident.resolved'): void;
  /** A maintenance was written, or one was ended (null): its windows follow, and what they leave uncounted. */
  onMaintenance(tx: Tx, maintenance: Maintenance | null): void;
  onMonitorDeleted(tx: Tx, monitor: Monitor): void;
  /** What the server counts of itself, as Prometheus reads it. */
  metrics: { contentType: string; text(): Promise<string> };
  /** A page that shows the queues; null where there are none to show. */
  board: QueueBoard | null;
  health(): Health;
  locations(): Promise<LocationHealth[]>;
}

/** A plugin of the HTTP server, from the queues. */
interface QueueBoard {
  path: string;
  plugin: unknown;
  /** Shows the queues that were opened meanwhile. */
  refresh(): void;
}

export interface RouteDeps extends ApiDeps, Idempotency {}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
