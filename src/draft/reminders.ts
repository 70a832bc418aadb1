import type { Logger } from 'pino';
import { humanSeconds } from '#src/domain/alert.ts';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { toRfc3339 } from '#src/domain/clock.ts';
import { type Deadlines, remind } from '#src/domain/postmortem/deadlines.ts';
import type { Reader, Store, Tx } from '#src/store/database.ts';
import { readWaiting, settleReminder } from '#src/store/postmortem-due.ts';

export interface RemindersOptions {
  store: Store;
  clock: Clock;
  /** The deadlines that an incident's postmortem follows. */
  deadlinesOf(reader: Reader, incidentId: string): Deadlines;
  /** Puts an alert about an incident's postmortem into the outbox, in the transaction that notes that it was told. */
  tell(tx: Tx, incidentId: string, event: 'postmortem.due', summary: string): void;
  logger: Pick<Logger, 'info'>;
}

/** Reminds people of drafts that wait for them: each time once, whatever restarts, and never of what is published. */
export function createReminders({ store, clock, deadlinesOf, tell, logger }: RemindersOptions) {
  return {
    async pass(): Promise<{ wakeAt: EpochMs | null }> {
      const now = clock.now();
      let wakeAt: EpochMs | null = null;
      for (const waiting of readWaiting(store.reader)) {
        const { incidentId, title, dueAt } = waiting;
        const decision = remind(waiting, deadlinesOf(store.reader, incidentId), now);
        if (decision.reason === 'not-yet') wakeAt = Math.min(wakeAt ?? decision.wakeAt, decision.wakeAt);
        if (!('settles' in decision)) continue;
        store.transact((tx) => {
          for (const what of decision.settles) settleReminder(tx, incidentId, what);
          if (decision.reason !== 'history') tell(tx, incidentId, 'postmortem.due', line(title, dueAt, now));
        });
        logger.info({ event: 'postmortem.reminder', incidentId, reason: decision.reason });
        // What is told now may not be the last of it.
        wakeAt = now;
      }
      return { wakeAt };
    },
  };
}

function line(title: string, dueAt: EpochMs, now: EpochMs): string {
  const at = `${toRfc3339(dueAt).slice(0, 16).replace('T', ' ')} UTC`;
  if (now < dueAt) return `Postmortem due in ${hours(dueAt - now)}, at ${at}: ${title}`;
  return `Postmortem overdue since ${at}: ${title}`;
}

const hours = (ms: number) => humanSeconds(Math.max(60, Math.round(ms / 60_000) * 60));
