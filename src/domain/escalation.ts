import { humanSeconds } from './alert.ts';
import type { EpochMs } from './clock.ts';
import type { QuietHours } from './quiet-hours.ts';

export interface EscalationStep {
  /** After the first alert of the incident, while nobody has acknowledged. */
  afterSeconds: number;
  /** Keys. */
  channels: string[];
}

/** Who is told when nobody acknowledges. A monitor's own `channels` are always part of what is told at once. */
export interface Escalation {
  no: number;
  id: string;
  key: string;
  name: string;
  /** In the order of their delays, which all differ. */
  steps: EscalationStep[];
  /** All steps again, so often, each time so long after the time before; null: once is all. */
  repeat: { times: number; everySeconds: number } | null;
  /** Everyone who was told is reminded until somebody acknowledges; null: nobody is. */
  reminders: { everySeconds: number } | null;
  quietHours: QuietHours | null;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

/** How far an escalation has come for an incident. */
export interface EscalationRun {
  /** When the first alert left: what delays count from. */
  startedAt: EpochMs;
  /** Over all rounds; the step at 0 s is not counted, it is the first alert. */
  stepsDone: number;
  remindedAt: EpochMs | null;
}

export type NextEscalation =
  | {
      kind: 'escalate';
      /** In words, for the timeline: `step 2 of 3: not acknowledged for 15 min`. */
      reason: string;
      /** 1-based position of the last step that is due, counting the step at 0 s. */
      step: number;
      round: number;
      channels: string[];
      stepsDone: number;
    }
  | { kind: 'wait'; until: EpochMs }
  | { kind: 'over' };

interface Due {
  at: EpochMs;
  step: number;
  round: number;
  channels: string[];
}

/**
 * What an escalation wants now. Steps that fell due together, or while nobody looked, are one: everyone in them is told
 * once. The caller asks only while the incident is open and not acknowledged.
 */
export function nextEscalation(escalation: Escalation, run: EscalationRun, now: EpochMs): NextEscalation {
  const ladder = dueTimes(escalation, run.startedAt);
  const due = ladder.slice(run.stepsDone).filter(({ at }) => at <= now);
  const last = due.at(-1);
  if (last) {
    const channels = [...new Set(due.flatMap((step) => step.channels))];
    const stepsDone = run.stepsDone + due.length;
    const again = last.round > 1 ? `, round ${last.round}` : '';
    const reason = `step ${last.step} of ${escalation.steps.length}${again}: not acknowledged for ${waited(run, now)}`;
    return { kind: 'escalate', reason, step: last.step, round: last.round, channels, stepsDone };
  }
  const next = ladder[run.stepsDone];
  return next ? { kind: 'wait', until: next.at } : { kind: 'over' };
}

function dueTimes({ steps, repeat }: Escalation, startedAt: EpochMs): Due[] {
  const rounds = 1 + (repeat?.times ?? 0);
  const every = (repeat?.everySeconds ?? 0) * 1000;
  return Array.from({ length: rounds }, (_, round) =>
    steps
      .map(({ afterSeconds, channels }, index) => ({
        at: startedAt + round * every + afterSeconds * 1000,
        step: index + 1,
        round: round + 1,
        channels,
      }))
      // Of the first round, what is due at once is the first alert itself.
      .filter(({ at }) => at > startedAt),
  ).flat();
}

/** Whether those who were told are reminded now (however many reminders were missed, one is sent), or when. */
export function nextReminder(
  { reminders }: Escalation,
  run: EscalationRun,
  now: EpochMs,
): { kind: 'remind'; reason: string } | { kind: 'wait'; until: EpochMs } | { kind: 'over' } {
  if (!reminders) return { kind: 'over' };
  const until = (run.remindedAt ?? run.startedAt) + reminders.everySeconds * 1000;
  if (until > now) return { kind: 'wait', until };
  return { kind: 'remind', reason: `not acknowledged for ${waited(run, now)}` };
}

function waited({ startedAt }: EscalationRun, now: EpochMs): string {
  return humanSeconds(Math.round((now - startedAt) / 1000));
}

/** Who is told at once by an escalation. */
export function firstChannels({ steps }: Escalation): string[] {
  return steps.filter(({ afterSeconds }) => afterSeconds === 0).flatMap(({ channels }) => channels);
}
