import type { Closing } from './closing.ts';
import { type Draft, lead, nameOf, symptomNames } from './draft.ts';
import type { Fact } from './facts.ts';
import { lengthOf } from './format.ts';
import { figure, length, type Said, words } from './say.ts';
import { describeSymptom } from './symptom-words.ts';

/** A shorter stretch is not worth an action. */
const LEAST_SECONDS = 60;

export interface Proposal {
  id: string;
  /** The measured gap that it is about; the largest comes first. */
  gap: Fact;
  seconds: number;
  title: Said;
  reason: Said;
  doneWhen: Said;
  /** The end as rows can show it. */
  closing?: Closing;
}

/** What the measured gaps give, each with an end that can be checked. May be none: then there is `smallest`. */
export function proposalsOf(draft: Draft): Proposal[] {
  return [
    detection(draft),
    alerting(draft),
    acknowledging(draft),
    telling(draft),
    ...repairing(draft),
    observing(draft),
  ].filter((proposal): proposal is Proposal => proposal !== null && isWorth(proposal));
}

/** Measured against a target it counts; a stretch of the repair or of blindness has to be longer than checks tell apart. */
function isWorth({ id, gap, seconds }: Proposal): boolean {
  if (!['cause', 'fix', 'restore', 'recover', 'observe'].includes(id)) return true;
  const unsure = Number(gap.max ?? gap.value) - Number(gap.min ?? gap.value);
  return seconds >= Math.max(LEAST_SECONDS, unsure);
}

const keyOf = (draft: Draft): Said => {
  const first = lead(draft);
  return first ? { text: first.config.key, facts: [draft.ledger.get('monitorName', first.id).id] } : words`the service`;
};

function detection(draft: Draft): Proposal | null {
  const { ledger } = draft;
  const first = lead(draft);
  const gap = ledger.get('detectSeconds');
  const aim = ledger.get('proposedSeconds', 'detect');
  const seconds = Number(gap.max ?? gap.value);
  if (!first || seconds <= Number(aim.value)) return null;
  const interval = ledger.get('intervalSeconds', first.id);
  const shorter = ledger.get('proposedIntervalSeconds', first.id);
  if (Number(shorter.value) >= Number(interval.value)) return null;
  const max = { text: lengthOf(seconds), facts: [gap.id] };
  return {
    id: 'detect',
    gap,
    seconds,
    title: words`Shorten the check interval of ${nameOf(draft, first.id)} from ${length(interval)} to ${length(shorter)}`,
    reason: words`from the start to detection up to ${max}`,
    doneWhen: words`${keyOf(draft)} has an interval of at most ${length(shorter)} and replaying this incident detects it within ${length(aim)}`,
    closing: {
      kind: 'detection',
      monitor: first.id,
      intervalSeconds: Number(shorter.value),
      detectSeconds: Number(aim.value),
    },
  };
}

/** Every gap was within its target: the largest part that is left is still a proposal. */
export function smallest(draft: Draft): Proposal {
  const { ledger } = draft;
  const first = lead(draft);
  const gap = first ? ledger.get('detectSeconds') : ledger.get('spanSeconds');
  if (draft.rows.pattern) {
    const name = figure(ledger.get('patternMonitor'));
    return {
      id: 'pattern',
      gap,
      seconds: Number(gap.max ?? gap.value),
      title: words`Find what made ${name} fail briefly ${figure(ledger.get('patternCount'))} times (${figure(ledger.get('patternFailure'))}), or confirm sooner`,
      reason: words`${figure(ledger.get('patternFailed'))} failed checks within ${length(gap)}, none confirmed`,
      doneWhen: words`no near-miss of ${name} with this failure is recorded for a week after somebody took this on`,
      closing: {
        kind: 'no-near-miss',
        monitor: draft.rows.pattern.monitorId,
        failure: draft.rows.pattern.failure,
        days: 7,
      },
    };
  }
  const name = first ? nameOf(draft, first.id) : words`what this incident was about`;
  return {
    id: 'replay',
    gap,
    seconds: Number(gap.max ?? gap.value),
    title: first
      ? words`Add a replay of this incident to the tests of ${name}`
      : words`Add a monitor that sees ${name}`,
    reason: words`${length(gap)} ${first ? 'from the start to detection' : 'of incident without a monitor that was down'}`,
    doneWhen: first
      ? words`replaying this incident detects it within ${length(ledger.get('proposedSeconds', 'detect'))}`
      : words`its checks fail in a rehearsal of this incident`,
  };
}

function alerting(draft: Draft): Proposal | null {
  const { ledger } = draft;
  const first = lead(draft);
  const gap = ledger.known('unalertedSeconds') ?? ledger.known('alertSeconds');
  const aim = ledger.get('proposedSeconds', 'alert');
  if (!first || !gap || Number(gap.value) <= Number(aim.value)) return null;
  const name = nameOf(draft, first.id);
  const none = gap.name === 'unalertedSeconds';
  const channels = ledger.get('channelCount');
  if (none && Number(channels.value) === 0) {
    return {
      id: 'alert',
      gap,
      seconds: Number(gap.value),
      title: words`Connect ${name} to a channel that reaches a person within ${length(aim)}`,
      reason: words`${length(gap)} after detection without a delivered alert, with ${figure(channels)} channels for people connected`,
      doneWhen: words`${keyOf(draft)} names a channel for people that is not switched off`,
      closing: { kind: 'people-channels', monitor: first.id, count: 1 },
    };
  }
  return {
    id: 'alert',
    gap,
    seconds: Number(gap.value),
    title: words`Add a second channel for people to ${name}, so that a failed delivery is made up for within ${length(aim)}`,
    reason: words`${length(gap)} after detection ${none ? 'without a delivered alert' : 'until the first delivered alert'}`,
    doneWhen: words`${keyOf(draft)} names a second channel for people, and neither is switched off`,
    closing: { kind: 'people-channels', monitor: first.id, count: 2 },
  };
}

function acknowledging(draft: Draft): Proposal | null {
  const { ledger } = draft;
  const first = lead(draft);
  const gap = ledger.known('acknowledgeSeconds') ?? ledger.known('unacknowledgedSeconds');
  const aim = ledger.get('proposedSeconds', 'acknowledge');
  if (!first || !gap || Number(gap.value) <= Number(aim.value)) return null;
  const none = gap.name === 'unacknowledgedSeconds';
  return {
    id: 'acknowledge',
    gap,
    seconds: Number(gap.value),
    title: words`Escalate alerts of ${nameOf(draft, first.id)} to a second role after ${length(aim)} without acknowledgment`,
    reason: words`${length(gap)} after the first delivered alert ${none ? 'without an acknowledgment' : 'until the acknowledgment'}`,
    doneWhen: words`${keyOf(draft)} has an escalation with a second step that reaches a person at most ${length(aim)} after the first alert`,
    closing: { kind: 'escalation', monitor: first.id, afterSeconds: Number(aim.value) },
  };
}

function telling(draft: Draft): Proposal | null {
  const { ledger } = draft;
  const first = lead(draft);
  const said = ledger.known('statusUpdateSeconds');
  const gap = said ?? ledger.get('spanSeconds');
  const aim = ledger.get('proposedSeconds', 'statusUpdate');
  if (!first || Number(gap.value) <= Number(aim.value)) return null;
  return {
    id: 'status-update',
    gap,
    seconds: Number(gap.value),
    title: words`Write a public message for a failure of ${nameOf(draft, first.id)} that can be sent within ${length(aim)} of the start`,
    reason: said
      ? words`${length(gap)} from the start to the first public word`
      : words`${length(gap)} without a public word on record`,
    doneWhen: words`a rehearsal with ${keyOf(draft)} down has a status update on its timeline within ${length(aim)}`,
  };
}

/** One for the longest stretch of the repair; with nothing recorded, for the way from detection to recovery as a whole. */
function repairing(draft: Draft): Proposal[] {
  const { ledger } = draft;
  const first = lead(draft);
  if (!first) return [];
  const name = nameOf(draft, first.id);
  const what = symptomNames(draft, first, describeSymptom);
  const result: Proposal[] = [];
  const add = (
    id: string,
    gapName: 'cause' | 'fix' | 'restore' | 'recover',
    build: (aim: Fact, gap: Fact) => Pick<Proposal, 'title' | 'reason' | 'doneWhen'>,
  ) => {
    const gap = ledger.known(`${gapName}Seconds`);
    const aim = ledger.known('proposedSeconds', gapName);
    if (gap && aim && Number(gap.value) > Number(aim.value))
      result.push({ id, gap, seconds: Number(gap.value), ...build(aim, gap) });
  };
  add('cause', 'cause', (aim, gap) => ({
    title: words`Write the first diagnostic steps for ${what} at ${name} into a runbook that takes at most ${length(aim)}`,
    reason: words`${length(gap)} from the acknowledgment to the cause being reported`,
    doneWhen: words`its alerts link to the runbook, and a rehearsal with this failure names the failing component within ${length(aim)}`,
  }));
  add('fix', 'fix', (aim, gap) => ({
    title: words`Script the fix that was applied, so that it runs within ${length(aim)} of the decision`,
    reason: words`${length(gap)} from the cause being reported to the fix`,
    doneWhen: words`a rehearsal applies it to ${name} within ${length(aim)}`,
  }));
  add('restore', 'restore', (aim, gap) => ({
    title: words`Cut the time that ${name} takes to serve again after a fix to ${length(aim)}`,
    reason: words`${length(gap)} from the fix to the first check that passed`,
    doneWhen: words`a rehearsal shows the first passing check of ${keyOf(draft)} within ${length(aim)} of the fix`,
  }));
  if (result.length > 0) return result;
  add('recover', 'recover', (aim, gap) => ({
    title: words`Document one way to restore ${name} within ${length(aim)} when it shows ${what}`,
    reason: words`${length(gap)} from detection to recovery, with no step of the repair on record`,
    doneWhen: words`a rehearsal with this failure has a passing check of ${keyOf(draft)} within ${length(aim)} of detection`,
  }));
  return result;
}

/** Time that nobody decided not to watch; a pause and maintenance are decisions. */
function observing(draft: Draft): Proposal | null {
  const { ledger, rows } = draft;
  const first = lead(draft);
  const gap = ledger.get('unobservedSeconds');
  const reasons = new Set(rows.unobserved.map(({ reason }) => reason));
  reasons.delete('paused');
  reasons.delete('maintenance');
  if (Number(gap.value) === 0 || !first || reasons.size === 0) return null;
  const interval = ledger.get('intervalSeconds', first.id);
  const base = {
    id: 'observe',
    gap,
    seconds: Number(gap.value),
    reason: words`${length(gap)} of the incident went unobserved`,
  };
  if (reasons.has('process-down') || reasons.has('clock-jump')) {
    return {
      ...base,
      title: words`Run Hindcast under a supervisor that restarts it within ${length(interval)}, the check interval of ${nameOf(draft, first.id)}`,
      doneWhen: words`killing its process leaves at most ${length(interval)} without a check of ${keyOf(draft)}`,
    };
  }
  return {
    ...base,
    title: words`Watch ${nameOf(draft, first.id)} from a second location, so that a lost one leaves at most ${length(interval)} unobserved`,
    doneWhen: words`${keyOf(draft)} is checked from a second location`,
    closing: { kind: 'locations', monitor: first.id, count: 2 },
  };
}
