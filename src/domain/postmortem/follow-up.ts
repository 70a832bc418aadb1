import { type EpochMs, toRfc3339 } from '../clock.ts';
import { endOfDay } from './deadlines.ts';
import type { ActionItem } from './document.ts';
import { lengthOf, plural } from './format.ts';

type Item = Pick<ActionItem, 'id' | 'title' | 'owner' | 'dueOn' | 'state'>;

/** How soon the incident was found, and how soon it would be found by the monitors as they are now. */
export interface DetectionThenAndNow {
  thenSeconds: number | null;
  /** Null: it would not be found, or nothing could be replayed. */
  nowSeconds: number | null;
  monitors: { id: string; key: string; name: string; nowSeconds: number | null; why: ReplayGap | null }[];
}

/** Why there is no time for a monitor: it is gone, its rows are, or its policy would not call it down. */
export type ReplayGap = 'deleted' | 'no-checks' | 'not-detected';

/** The look back at a published postmortem, as its rows were when it was made. */
export interface FollowUp {
  madeAt: EpochMs;
  actions: { done: Item[]; late: Item[]; open: Item[]; dropped: Item[] };
  /** Later incidents of the same signature. */
  again: { id: string; number: number; startedAt: EpochMs }[];
  detection: DetectionThenAndNow;
}

export function sortActions(actions: readonly ActionItem[], now: EpochMs): FollowUp['actions'] {
  const items = actions.map(({ id, title, owner, dueOn, state }): Item => ({ id, title, owner, dueOn, state }));
  const unfinished = items.filter(({ state }) => state !== 'done' && state !== 'dropped');
  const isLate = ({ dueOn }: Item) => dueOn !== null && endOfDay(dueOn) <= now;
  return {
    done: items.filter(({ state }) => state === 'done'),
    late: unfinished.filter(isLate),
    open: unfinished.filter((item) => !isLate(item)),
    dropped: items.filter(({ state }) => state === 'dropped'),
  };
}

/** The review in sentences, each with its numbers. */
export function followUpSentences({ actions, again, detection }: FollowUp): string[] {
  const total = actions.done.length + actions.late.length + actions.open.length;
  const items =
    total === 0
      ? 'No action items were taken on.'
      : `Action items: ${actions.done.length} of ${total} done, ${actions.late.length} late, ${actions.open.length} open.`;
  const [first] = again;
  const last = again.at(-1);
  const seen =
    first && last
      ? `The same signature came back ${again.length} ${plural(again.length, 'time')}, first in incident ${first.number}, last on ${toRfc3339(last.startedAt).slice(0, 10)}.`
      : 'The same signature was not seen again.';
  return [items, seen, detectionSentence(detection)];
}

function detectionSentence({ thenSeconds, nowSeconds, monitors }: DetectionThenAndNow): string {
  const then = thenSeconds === null ? 'an unknown time' : lengthOf(thenSeconds);
  if (nowSeconds !== null)
    return `Replayed with the monitors as they are now, it would be detected after ${lengthOf(nowSeconds)}; it was after ${then}.`;
  const missed = monitors.some(({ why }) => why === 'not-detected');
  return missed
    ? `Replayed with the monitors as they are now, it would not be detected; it was after ${then}.`
    : `Its detection could not be replayed: the monitors or their checks are gone. It was after ${then}.`;
}
