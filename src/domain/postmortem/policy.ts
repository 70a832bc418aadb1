import type { EpochMs } from '../clock.ts';
import type { SectionId } from './document.ts';

/** What a team decided about its postmortems, in the file that HINDCAST_CONFIG names. */
export interface PostmortemPolicy {
  deadlines: {
    /** Hours from the recovery until it is due. */
    dueHours: number;
    /** Hours from the recovery at which people are reminded, ascending, all before it is due. */
    remindHours: number[];
    /** Days from publishing to the follow-up review. */
    followUpDays: number;
  };
  /** For monitors that have none of their own, in seconds; null: none. */
  targets: { detectSeconds: number | null; acknowledgeSeconds: number | null; statusUpdateSeconds: number | null };
  privacy: {
    /** What the public version calls something that has another name inside: a monitor, a service, a host. */
    names: Record<string, string>;
    /** What the public version leaves out besides what it always does. */
    redact: Redactable[];
    /** Whose words the public version quotes. */
    quotes: Quotable[];
  };
  /** The sections in their order; one that is not here is not drawn. Title null: the usual one. */
  sections: { id: SectionId; title: string | null }[];
  /** The team's own questions, at the end of a section. */
  questions: Partial<Record<SectionId, string[]>>;
}

/** A revision of the policy, as it is stored. */
export interface PolicyRevision {
  /** `pol_…`; null: nothing is stored, and the defaults hold. */
  id: string | null;
  policy: PostmortemPolicy;
}

export const SECTION_IDS = ['summary', 'timeline', 'root-cause', 'what-went-well', 'action-items'] as const;
/** What happened, and when: without these it is no postmortem. */
export const REQUIRED_SECTIONS = ['summary', 'timeline'] as const satisfies SectionId[];

export const REDACTABLE = ['monitor-names', 'service-names', 'locations'] as const;
export type Redactable = (typeof REDACTABLE)[number];

/** Kinds of timeline entries, the titles of changes, and the impact that a monitor's owner states. */
export const QUOTABLE = [
  'status_update',
  'impact',
  'cause_identified',
  'fix_applied',
  'diagnostic',
  'note',
  'acknowledged',
  'resolved',
  'change',
] as const;
export type Quotable = (typeof QUOTABLE)[number];

/** What a team's question may hold in braces; each is filled in from facts. */
export const PLACEHOLDERS = [
  'date',
  'downtime',
  'duration',
  'end',
  'incident',
  'monitor',
  'monitors',
  'service',
  'severity',
  'start',
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

export const DEFAULT_POLICY: PostmortemPolicy = {
  deadlines: { dueHours: 48, remindHours: [24, 44], followUpDays: 21 },
  targets: { detectSeconds: null, acknowledgeSeconds: null, statusUpdateSeconds: null },
  // What was said in public is public; all other words were written for the team.
  privacy: { names: {}, redact: [], quotes: ['status_update', 'impact'] },
  sections: SECTION_IDS.map((id) => ({ id, title: null })),
  questions: {},
};

/**
 * When the policy of an incident is looked up: at its end (`now` while it is open), or when it was recorded, if that
 * was later, as it is for imported history.
 */
export function policyTime(incident: { resolvedAt: EpochMs | null; recordedAt: EpochMs }, now: EpochMs): EpochMs {
  return Math.max(incident.resolvedAt ?? now, incident.recordedAt);
}
