import type { AlertEvent } from '../alert.ts';
import type { Failure } from '../check.ts';
import type { EpochMs } from '../clock.ts';
import type { IncidentRecord } from '../incident.ts';
import type { LeadUp } from '../lead-up.ts';
import type { MonitorConfig } from '../monitor.ts';
import type { Recurrence } from '../recurrence.ts';
import type { DowntimeWindow, NearMiss } from '../window.ts';
import type { StoredAction } from './action.ts';
import type { Series } from './chart.ts';
import type { MonitorObservation } from './observe.ts';
import type { PolicyRevision } from './policy.ts';

/** Everything a draft is made of, read at one moment. The draft is a pure function of this. */
export interface DraftRows {
  /** Matters only while the incident is open. */
  now: EpochMs;
  record: IncidentRecord;
  /** In force when the incident ended, or when it was recorded if that was later. */
  policy: PolicyRevision;
  /** Affected monitors in the order of their first windows. */
  monitors: DraftMonitor[];
  /** What the chart shows of the first of them. */
  series: Series | null;
  notAffected: { count: number; first: { id: string; name: string }[]; services: (string | null)[] };
  locations: ReadonlyMap<number, string>;
  /** Origin of the check that confirmed first is `imported`, or the row is not there: the wall clock says nothing. */
  confirmedByImport: boolean;
  alerts: DraftAlert[];
  /** Channels with human = 1 that the affected monitors name. */
  humanChannels: number;
  entries: DraftEntry[];
  changes: DraftChange[];
  changeBase: { kind: string; total: number; followed: number }[];
  unobserved: { monitorNo: number | null; from: EpochMs; to: EpochMs | null; reason: string }[];
  /** Locations of the affected monitors that had no worker for a while. */
  lostPlaces: { name: string; from: EpochMs; to: EpochMs | null }[];
  /** With the status of its first bad check. */
  nearMisses: (NearMiss & { status: number | null })[];
  /** What an incident of kind `pattern` is made of. */
  pattern: { monitorId: string; name: string; failure: Failure; misses: NearMiss[] } | null;
  peers: Peer[];
  /** What people made of actions, oldest first. */
  actions: StoredAction[];
  /** Null when no monitor was down: nothing failed that could come back. */
  recurrence: Recurrence | null;
}

export interface DraftMonitor {
  no: number;
  id: string;
  /** As it was in force when its first window began. */
  config: MonitorConfig;
  windows: DowntimeWindow[];
  seen: MonitorObservation;
  leadUp: LeadUp | null;
  /** Until when the certificate was valid that was shown last before the start. */
  certificateEnd: EpochMs | null;
}

export interface DraftAlert {
  id: string;
  channelKey: string;
  human: boolean;
  event: AlertEvent;
  state: string;
  createdAt: EpochMs;
  deliveredAt: EpochMs | null;
  undeliverableReason: string | null;
  attempts: { attempt: number; endedAt: EpochMs; outcome: string; statusCode: number | null; detail: string | null }[];
}

export const ENTRY_KINDS = [
  'acknowledged',
  'diagnostic',
  'cause_identified',
  'fix_applied',
  'note',
  'status_update',
  'resolved',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface DraftEntry {
  id: string;
  at: EpochMs;
  recordedAt: EpochMs;
  kind: EntryKind;
  source: 'person' | 'integration';
  text: string;
}

export interface DraftChange {
  id: string;
  at: EpochMs;
  kind: string;
  service: string | null;
  title: string;
}

/** An earlier incident of the same service: its moments, for the medians. */
export interface Peer {
  id: string;
  startedAt: EpochMs;
  endedAt: EpochMs | null;
  detectedAt: EpochMs;
  alertedAt: EpochMs | null;
  acknowledgedAt: EpochMs | null;
  causeAt: EpochMs | null;
  fixAt: EpochMs | null;
  statusUpdateAt: EpochMs | null;
}
