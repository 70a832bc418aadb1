import type { EpochMs } from './clock.ts';
import { type Escalation, firstChannels } from './escalation.ts';
import type { MonitorConfig, Severity } from './monitor.ts';
import { quietUntil } from './quiet-hours.ts';
import { type Silence, silenceOf } from './silence.ts';

/** A monitor of an incident. */
export interface Party {
  config: MonitorConfig;
  /** Its window is not over. */
  isOpen: boolean;
}

export interface RoutingInput {
  incidentId: string;
  severity: Severity;
  parties: readonly Party[];
  /** By key. */
  escalations: ReadonlyMap<string, Escalation>;
  silences: readonly Silence[];
  now: EpochMs;
}

/** Whether a channel is told now, once quiet hours are over, or not while a silence lasts. */
export type Verdict =
  | { kind: 'tell' }
  | { kind: 'hold'; until: EpochMs }
  | { kind: 'silence'; until: EpochMs; silenceId: string };

export interface Routing {
  /** What holds for each channel (by key) that is told at once of this incident. */
  channels: Map<string, Verdict>;
  /** What holds for each escalation that its monitors name. */
  escalations: Map<string, Verdict>;
  /** What holds for a channel that was told and that no monitor names any more, or that was escalated to. */
  rest: Verdict;
  /** Monitors left out because one that they depend on is down as well: their alert is that one's. */
  dependents: string[];
}

/**
 * Who is told of an incident. A channel that several monitors name is told once: now if any of them says so, otherwise
 * when the first of them does. A monitor that depends on another one which is down in the same incident brings no
 * channels of its own, unless then nobody would be told.
 */
export function routeIncident(input: RoutingInput): Routing {
  const { parties } = input;
  const open = parties.some(({ isOpen }) => isOpen) ? parties.filter(({ isOpen }) => isOpen) : parties;
  const down = new Set(open.map(({ config }) => config.key));
  const isDependent = ({ config }: Party) => config.dependsOn.some((key) => key !== config.key && down.has(key));
  const causes = open.filter((party) => !isDependent(party));
  const telling = causes.some((party) => hasChannels(party, input)) ? causes : open;

  const channels = new Map<string, Verdict>();
  const escalations = new Map<string, Verdict>();
  let rest: Verdict | null = null;
  for (const party of telling) {
    const verdict = verdictOf(party, input);
    rest = earlier(rest, verdict);
    const escalation = escalationOf(party, input);
    if (escalation) escalations.set(escalation.key, earlier(escalations.get(escalation.key) ?? null, verdict));
    for (const key of [...party.config.channels, ...(escalation ? firstChannels(escalation) : [])])
      channels.set(key, earlier(channels.get(key) ?? null, verdict));
  }
  const silence = silenceOf(input.silences, input.incidentId, null, input.now);
  const dependents = open.filter((party) => !telling.includes(party)).map(({ config }) => config.key);
  return { channels, escalations, rest: rest ?? (silence ? silenced(silence) : { kind: 'tell' }), dependents };
}

function escalationOf({ config }: Party, { escalations }: RoutingInput): Escalation | undefined {
  return config.escalation ? escalations.get(config.escalation) : undefined;
}

function hasChannels(party: Party, input: RoutingInput): boolean {
  const escalation = escalationOf(party, input);
  return party.config.channels.length > 0 || (escalation?.steps.some(({ channels }) => channels.length > 0) ?? false);
}

function verdictOf(party: Party, input: RoutingInput): Verdict {
  const silence = silenceOf(input.silences, input.incidentId, party.config, input.now);
  if (silence) return silenced(silence);
  const quiet = escalationOf(party, input)?.quietHours;
  const until = quiet ? quietUntil(quiet, input.severity, input.now) : null;
  return until === null ? { kind: 'tell' } : { kind: 'hold', until };
}

const silenced = ({ id, endsAt }: Silence): Verdict => ({ kind: 'silence', until: endsAt, silenceId: id });

const RANK = { tell: 0, hold: 1, silence: 2 };

function earlier(a: Verdict | null, b: Verdict): Verdict {
  if (!a || a.kind === 'tell' || b.kind === 'tell') return a && a.kind === 'tell' ? a : b;
  if (a.kind !== b.kind) return RANK[a.kind] < RANK[b.kind] ? a : b;
  return a.until <= b.until ? a : b;
}
