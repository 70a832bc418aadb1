import type { Span } from './document.ts';
import type { Draft } from './draft.ts';
import type { Fact } from './facts.ts';
import { plural } from './format.ts';
import type { DraftEntry, EntryKind } from './rows.ts';
import { derived, figure, join, question, reported, share, time } from './say.ts';
import { atMs, type Row } from './timeline-row.ts';

/** Differences between sources below this are the precision of people's clocks. */
const DISAGREE_MS = 60_000;
/** Of several times for one thing, so many are named. */
const NAMED = 4;

/** What two sources say about the same thing, side by side, at the later of the two times. */
export function conflictRows(draft: Draft): Row[] {
  return [
    ...againstMeasured(draft),
    ...draft.rows.entries.flatMap((entry) => entryConflicts(draft, entry)),
    ...differingNotes(draft, 'cause_identified'),
    ...differingNotes(draft, 'fix_applied'),
  ];
}

function conflict(id: string, at: Fact, ...spans: Span[]): Row {
  return {
    id: `timeline.conflict.${id}`,
    kind: 'conflict',
    source: 'detector',
    at,
    to: null,
    spans,
    fold: 'conflicts',
  };
}

const apart = (later: Fact | null, earlier: Fact | null): later is Fact =>
  later !== null && earlier !== null && atMs(later) - atMs(earlier) > DISAGREE_MS;

function againstMeasured({ ledger }: Draft): Row[] {
  const result: Row[] = [];
  const [fix, end] = [ledger.known('fixAppliedAt'), ledger.known('end')];
  if (end && apart(fix, end)) {
    result.push(
      conflict(
        'fix',
        fix,
        derived`Sources disagree: the fix is reported for ${time(fix)}, the checks passed again from ${time(end)}.`,
      ),
    );
  }
  const [acknowledged, alerted] = [ledger.known('acknowledgedAt'), ledger.known('alertedAt')];
  if (acknowledged && apart(alerted, acknowledged)) {
    result.push(
      conflict(
        'acknowledged',
        alerted,
        derived`Sources disagree: acknowledged at ${time(acknowledged)}, before the first alert was delivered at ${time(alerted)}.`,
        question`Who noticed it before the alert, and how?`,
      ),
    );
  }
  return result;
}

const EARLY_WORDS: Partial<Record<EntryKind, string>> = {
  acknowledged: 'an acknowledgment is on record',
  diagnostic: 'a diagnostic step is reported',
  cause_identified: 'the cause is reported as identified',
  fix_applied: 'a fix is reported',
  status_update: 'a public update is on record',
};

function entryConflicts({ ledger, rows }: Draft, { id, kind }: DraftEntry): Row[] {
  const result: Row[] = [];
  const [at, start, end] = [ledger.get('entryAt', id), ledger.get('start'), ledger.known('end')];
  const early = EARLY_WORDS[kind];
  if (early && rows.monitors.length > 0 && apart(start, at)) {
    result.push(
      conflict(
        `early.${id}`,
        start,
        derived`Sources disagree: ${early} for ${time(at)}, the first failed check is from ${time(start)}.`,
        question`What was seen before ${time(start)} that no check saw?`,
      ),
    );
  }
  if (kind === 'resolved' && end && apart(end, at)) {
    result.push(
      conflict(
        `resolved.${id}`,
        end,
        derived`Sources disagree: declared resolved at ${time(at)}, the checks passed again from ${time(end)}.`,
      ),
    );
  }
  const text = ledger.get('entryText', id);
  if (kind === 'status_update' && claimsRecovery(String(text.value)) && ledger.number('downAtUpdate', id) > 0) {
    const [down, affected] = [ledger.get('downAtUpdate', id), ledger.get('affectedCount')];
    const monitors = plural(Number(affected.value), 'monitor');
    result.push(
      conflict(
        `update.${id}`,
        at,
        derived`Sources disagree: the public update of ${time(at)} says`,
        reported`“${figure(text)}”`,
        derived`while ${share(down, affected)} affected ${monitors} still failed ${plural(Number(affected.value), 'its', 'their')} checks.`,
      ),
    );
  }
  return result;
}

const RECOVERED =
  /\b(?:resolved|recovered|restored|mitigated|operational|fixed|healthy)\b|\bback (?:up|online|to normal|in service)\b|\ball clear\b/i;
const NOT_YET =
  /\b(?:not|isn't|aren't|until|once|when|before|being|will|to be|partially|working|should|hope|expect|estimated)\b/i;

/** Does a public update say that it is over? A sentence that only hopes so does not. */
export function claimsRecovery(text: string): boolean {
  return text.split(/[.;!?]\s|,\s/).some((clause) => RECOVERED.test(clause) && !NOT_YET.test(clause));
}

const NOTE_WORDS = { cause_identified: 'the moment when the cause was identified', fix_applied: 'the fix' } as const;

/** Several notes of one kind at times of their own: two steps, or two memories of one. */
function differingNotes({ ledger, rows }: Draft, kind: 'cause_identified' | 'fix_applied'): Row[] {
  const times = rows.entries.filter((entry) => entry.kind === kind).map(({ id }) => ledger.get('entryAt', id));
  const different = times.filter((at, i) => i === 0 || apart(at, times[i - 1] ?? null));
  const last = different.at(-1);
  const used = ledger.known(kind === 'fix_applied' ? 'fixAppliedAt' : 'causeIdentifiedAt');
  if (!last || !used || different.length < 2) return [];
  const shown = different.length > NAMED ? [...different.slice(0, NAMED - 1), last] : different;
  return [
    conflict(
      kind,
      last,
      derived`Notes differ on ${NOTE_WORDS[kind]}: ${join(shown.map(time), ', ', ' and ')}; the table of gaps uses ${time(used)}.`,
      question`Are these steps of their own, or times for the same one?`,
    ),
  ];
}
