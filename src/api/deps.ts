import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { AlertEvent } from '#src/domain/alert.ts';
import type { Channel, ChannelType, SendOutcome } from '#src/domain/channel.ts';
import type { CheckResult } from '#src/domain/check.ts';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { LocationHealth } from '#src/domain/location.ts';
import type { Maintenance } from '#src/domain/maintenance.ts';
import type { Monitor, ProbeTarget } from '#src/domain/monitor.ts';
import type { Deadlines } from '#src/domain/postmortem/deadlines.ts';
import type { ActionItem, Claims, FactChange } from '#src/domain/postmortem/document.ts';
import type { Life } from '#src/domain/postmortem/life.ts';
import type { Drawn } from '#src/domain/postmortem/merge.ts';
import type { MissClaim } from '#src/domain/postmortem/near-misses.ts';
import type { PostmortemJson } from '#src/domain/postmortem/render/json.ts';
import type { Tracker, TrackerAnswer, TrackerType } from '#src/domain/tracker.ts';
import type { Sealer } from '#src/seal.ts';
import type { Reader, Store, Tx } from '#src/store/database.ts';
import type { Health } from '#src/store/health.ts';
import type { StoredFollowUp } from '#src/store/postmortem-due.ts';
import type { StoredPostmortem } from '#src/store/postmortems.ts';
import type { Idempotency } from './idempotency.ts';

/** A revision with what is shown beside its text. */
/** For whom a postmortem is rendered: for the public, names, people and evidence are taken out. */
export type Audience = 'internal' | 'public';

export interface CurrentPostmortem extends StoredPostmortem {
  life: Life;
  /** What the rows say otherwise since it was published. */
  newer: FactChange[];
  followUp: StoredFollowUp | null;
  /** Action items as they are now, where the text stands still. */
  actions?: ActionItem[];
}

/** What a kind of channel is set up with: its fields, each with a schema, and what must hold for them together. */
export interface ChannelKind {
  fields: Readonly<Record<string, z.ZodType>>;
  secrets: Readonly<Record<string, { schema: z.ZodType<string>; when: 'required' | 'optional' | 'made' }>>;
  problem(settings: Readonly<Record<string, unknown>>): { path: string; message: string } | null;
  hosts(settings: Readonly<Record<string, unknown>>): { path: string; host: string }[];
}

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
  channelKinds: Readonly<Record<ChannelType, ChannelKind>>;
  /** What a link that acknowledges says when its signature is ours, or null. */
  readAcknowledgeLink(token: string): { incidentId: string; channelId: string; expiresAt: EpochMs } | null;
  /** The fields of each kind of tracker. */
  trackerKinds: Readonly<Record<TrackerType, TrackerKind>>;
  /** Whether a tracker's settings work. */
  testTracker(tracker: Tracker): Promise<TrackerAnswer<null>>;
  testChannel(channel: Channel): Promise<SendOutcome & { latencyMs: number }>;
  /** Why an address must not be connected to, or null. */
  refuseAddress(address: string): string | null;
  postmortems: {
    /** The postmortem as of now: drawn again when the stored one is older than its rows; as it was once published. */
    current(incidentId: string): CurrentPostmortem | null;
    /** What the drafter alone says now, without what people wrote. */
    drawn(reader: Reader, incidentId: string): Drawn | null;
    /** Lays what people wrote over a new draft, in the transaction that wrote it; a revision when anything changed. */
    revise(tx: Tx, incidentId: string, why: Pick<StoredPostmortem, 'reason' | 'by'>): CurrentPostmortem | null;
    /** How long the team of an incident gives itself. */
    deadlinesOf(reader: Reader, incidentId: string): Deadlines;
    verify(postmortem: StoredPostmortem): StoredPostmortem['claims'];
  };
  /** Recomputes what the paragraph on a group of near-misses says. */
  verifyNearMisses(claim: MissClaim): Claims;
  render: {
    json(postmortem: CurrentPostmortem, who?: { audience: Audience }): PostmortemJson;
    markdown(postmortem: CurrentPostmortem, who?: { audience: Audience }): string;
    html(postmortem: CurrentPostmortem, who?: { audience: Audience }): string;
    pdf(postmortem: CurrentPostmortem, who?: { audience: Audience }): Promise<Buffer>;
  };
  /** What follows from something a person did, in the transaction in which it is written. */
  onIncidentEvent(tx: Tx, incidentId: string, event: AlertEvent, summary?: string): void;
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

/** What the API needs to know of a kind of tracker. */
export interface TrackerKind {
  fields: Readonly<Record<string, z.ZodType>>;
  secret: { schema: z.ZodType<string>; when: 'required' | 'made'; what: string };
  hosts(settings: Readonly<Record<string, unknown>>): { path: string; host: string }[];
}

export interface RouteDeps extends ApiDeps, Idempotency {}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
