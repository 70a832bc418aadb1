import type { Logger } from 'pino';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import type { StoredAction } from '#src/domain/postmortem/action.ts';
import { judgeClosing, type Verdict } from '#src/domain/postmortem/closing.ts';
import { putAction, readAction, readOpenActions } from '#src/store/actions.ts';
import { readClosingRows } from '#src/store/closing.ts';
import type { Store } from '#src/store/database.ts';

export interface CloserOptions {
  store: Store;
  clock: Clock;
  logger: Pick<Logger, 'info'>;
}

const EVERY_MS = 3_600_000;

/**
 * Closes open actions whose end the rows show, with what was measured. Nudged when monitors, channels or escalations
 * change, and looks by itself each hour. A pass takes no input: restart and missed wake-up are the same path.
 */
export function createCloser({ store, clock, logger }: CloserOptions) {
  const judge = (action: StoredAction): Verdict | null => {
    if (!action.closing || action.doneWhen !== null) return null;
    const since = action.openedAt ?? action.createdAt;
    return judgeClosing(
      action.closing,
      readClosingRows(store.reader, action.incidentId, action.closing, since, clock.now()),
    );
  };
  return {
    async pass(): Promise<{ wakeAt: EpochMs }> {
      for (const { incidentId, id } of readOpenActions(store.reader)) {
        const action = readAction(store.reader, incidentId, id);
        const verdict = action && judge(action);
        if (!action || !verdict?.met) continue;
        const now = clock.now();
        store.transact((tx) =>
          putAction(tx, {
            ...action,
            state: 'done',
            note: verdict.measured,
            by: 'Hindcast',
            doneAt: now,
            updatedAt: now,
          }),
        );
        logger.info({ event: 'action.closed', incidentId, actionId: id, measured: verdict.measured });
      }
      return { wakeAt: clock.now() + EVERY_MS };
    },
  };
}
