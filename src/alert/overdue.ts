import type { Logger } from 'pino';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { readChannelByNo } from '#src/store/channels.ts';
import type { Store } from '#src/store/database.ts';
import { readLastDetail, readOverdue } from '#src/store/deliveries.ts';
import { passOnReport, reportUndeliverable } from './undeliverable.ts';

const LOOK_MS = 5_000;
/** A receiver may take its time; after so long another channel hears that this one has not. */
const OVERDUE_MS = 5 * 60_000;
/** A report of that goes on to the next channel sooner. */
const REPORT_OVERDUE_MS = 30_000;

/**
 * An alert is tried for 72 h, and nobody should have to wait that long to hear that it does not arrive: after five minutes
 * of failed attempts another channel is told, and one more for each that does not take the report.
 */
export function createOverdueWatch(options: {
  store: Store;
  clock: Clock;
  isFailing(channelNo: number): boolean;
  logger: Pick<Logger, 'warn'> | undefined;
}) {
  const { store, clock, isFailing, logger } = options;
  let lookedAt: EpochMs = 0;
  return {
    /** Looks now and then; says when the next look is due, null when nothing waits. */
    look(now: EpochMs): EpochMs | null {
      if (now - lookedAt < LOOK_MS) return lookedAt + LOOK_MS;
      lookedAt = now;
      const limits = { alertsBefore: now - OVERDUE_MS, reportsBefore: now - REPORT_OVERDUE_MS };
      const overdue = readOverdue(store.reader, limits);
      if (overdue.length === 0) return null;
      store.transact((tx) => {
        for (const { isReport, ...alert } of overdue) {
          const channel = readChannelByNo(tx, alert.channelNo);
          if (!channel) continue;
          const minutes = Math.floor((clock.now() - alert.createdAt) / 60_000);
          const detail = readLastDetail(tx, alert.id) ?? 'no answer';
          const told = isReport
            ? passOnReport(tx, alert, isFailing)
            : reportUndeliverable(tx, alert, channel, `not in ${minutes} min, still tried: ${detail}`, isFailing);
          if (told !== null)
            logger?.warn({ event: 'alert.overdue', alertId: alert.id, channel: channel.key, reportedTo: told });
        }
      });
      return now + LOOK_MS;
    },
  };
}
