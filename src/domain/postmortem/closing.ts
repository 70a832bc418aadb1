import { type EpochMs, toRfc3339 } from '../clock.ts';
import type { MonitorConfig } from '../monitor.ts';
import { lengthOf } from './format.ts';

/** An end of an action that rows can show, beside the words that say it. `monitor` is its id. */
export type Closing =
  /** The interval is at most so long, and replaying the incident under the present policy detects it within so long. */
  | { kind: 'detection'; monitor: string; intervalSeconds: number; detectSeconds: number }
  /** So many channels for people are named, none of them switched off. */
  | { kind: 'people-channels'; monitor: string; count: number }
  /** An escalation that goes on to other channels so long after the first alert. */
  | { kind: 'escalation'; monitor: string; afterSeconds: number }
  /** Checked from so many locations. */
  | { kind: 'locations'; monitor: string; count: number }
  /** No near-miss with this failure for so many days since somebody took the action on. */
  | { kind: 'no-near-miss'; monitor: string; failure: string; days: number };

/** What the rows say of the monitor of an end. Null: there is no such monitor any more. */
export interface ClosingRows {
  monitor: { key: string; config: MonitorConfig } | null;
  /** Of its channels for people, those that are not switched off; with those that its escalation tells at once. */
  peopleChannels: number;
  /** Delays of the steps of its escalation that come later, in seconds; only those that name a channel for people. */
  stepSeconds: number[];
  /** Longest way of the replayed incident from a failed check to its confirmation; null when it is not detected. */
  replayedSeconds: number | null;
  /** Starts of near-misses with the failure since the action was taken on. */
  nearMisses: EpochMs[];
  /** When it was taken on. */
  since: EpochMs;
  now: EpochMs;
}

export interface Verdict {
  met: boolean;
  /** What was measured against what is needed, in a sentence without a full stop. */
  measured: string;
}

const DAY_MS = 86_400_000;

/** Whether an action is done by what the rows say. Pure. */
export function judgeClosing(closing: Closing, rows: ClosingRows): Verdict {
  const { monitor } = rows;
  if (!monitor) return { met: false, measured: 'its monitor was deleted; drop the action if that settles it' };
  const { key, config } = monitor;
  switch (closing.kind) {
    case 'detection':
      return judgeDetection(closing, key, config.intervalSeconds, rows.replayedSeconds);
    case 'people-channels':
      return {
        met: rows.peopleChannels >= closing.count,
        measured: `${key} reaches people on ${rows.peopleChannels} channels that are not switched off; needed: ${closing.count}`,
      };
    case 'escalation': {
      const first = rows.stepSeconds.toSorted((a, b) => a - b)[0];
      const has =
        first === undefined ? 'no second step that reaches a person' : `a second step after ${lengthOf(first)}`;
      return {
        met: first !== undefined && first <= closing.afterSeconds,
        measured: `the escalation of ${key} has ${has}; needed: one after at most ${lengthOf(closing.afterSeconds)}`,
      };
    }
    case 'locations': {
      const count = new Set(config.locations).size;
      return {
        met: count >= closing.count,
        measured: `${key} is checked from ${count} ${count === 1 ? 'location' : 'locations'}; needed: ${closing.count}`,
      };
    }
    case 'no-near-miss': {
      const last = Math.max(rows.since, ...rows.nearMisses);
      const days = Math.floor((rows.now - last) / DAY_MS);
      const what = rows.nearMisses.length > 0 ? 'the last near-miss' : 'it was taken on';
      return {
        met: days >= closing.days,
        measured: `${days} full days since ${what} (${toRfc3339(last).slice(0, 10)}); needed: ${closing.days}`,
      };
    }
  }
}

function judgeDetection(
  closing: Extract<Closing, { kind: 'detection' }>,
  key: string,
  intervalSeconds: number,
  replayed: number | null,
): Verdict {
  const needed = `needed: an interval of at most ${lengthOf(closing.intervalSeconds)} and detection within ${lengthOf(closing.detectSeconds)}`;
  if (replayed === null)
    return {
      met: false,
      measured: `replaying the incident with the present policy of ${key} detects nothing; ${needed}`,
    };
  // The rows were made at the old interval: how long a failure waits for its first check, the new one says.
  const within = intervalSeconds + replayed;
  return {
    met: intervalSeconds <= closing.intervalSeconds && within <= closing.detectSeconds,
    measured: `${key} has an interval of ${lengthOf(intervalSeconds)}, and the replayed incident is detected within ${lengthOf(within)} (${lengthOf(intervalSeconds)} to the next check, ${lengthOf(replayed)} to confirm); ${needed}`,
  };
}
