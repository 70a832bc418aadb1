import type { Logger } from 'pino';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { wordsOfAction } from '#src/domain/postmortem/action.ts';
import { endOfDay, weekLate } from '#src/domain/postmortem/deadlines.ts';
import { readOpenActions } from '#src/store/actions.ts';
import type { Store, Tx } from '#src/store/database.ts';
import { readReminded, settleReminder } from '#src/store/postmortem-due.ts';

export interface OverdueActionsOptions {
  store: Store;
  clock: Clock;
  /** Puts an alert into the outbox, in the transaction that notes that it was told. */
  tell(tx: Tx, incidentId: string, event: 'action.overdue', summary: string): void;
  logger: Pick<Logger, 'info'>;
}

const WEEK_MS = 7 * 86_400_000;

/** Tells of action items whose day is over: once when it passes, and each week until they are closed. */
export function createOverdueActions({ store, clock, tell, logger }: OverdueActionsOptions) {
  return {
    async pass(): Promise<{ wakeAt: EpochMs | null }> {
      const now = clock.now();
      let wakeAt: EpochMs | null = null;
      for (const action of readOpenActions(store.reader)) {
        const { incidentId, id, dueOn, owner } = action;
        if (dueOn === null) continue;
        const week = weekLate(action, now);
        const next = week === null ? endOfDay(dueOn) : endOfDay(dueOn) + (week + 1) * WEEK_MS;
        wakeAt = Math.min(wakeAt ?? next, next);
        // A date that is set anew is another date to be late for.
        const what = `${id}/${dueOn}/${week}`;
        if (week === null || readReminded(store.reader, incidentId).has(what)) continue;
        const late = week === 0 ? 'is overdue' : `is overdue for ${week} ${week === 1 ? 'week' : 'weeks'}`;
        const summary = `Action item ${late} (due on ${dueOn}, ${owner ?? 'without an owner'}): ${wordsOfAction(action).title}`;
        store.transact((tx) => {
          settleReminder(tx, incidentId, what);
          tell(tx, incidentId, 'action.overdue', summary);
        });
        logger.info({ event: 'action.overdue', incidentId, actionId: id, week });
      }
      return { wakeAt };
    },
  };
}
