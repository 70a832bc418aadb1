import type { Logger } from 'pino';
import type { Channel, SendOutcome } from '#src/domain/channel.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { Store, Tx } from '#src/store/database.ts';
import {
  countRejections,
  type DueAlert,
  disableChannel,
  endAttempt,
  holdChannel,
  hurryAlerts,
  markDelivered,
  markUndeliverable,
  putOff,
} from '#src/store/deliveries.ts';
import { keepThread } from '#src/store/threads.ts';
import type { Breaker } from './breaker.ts';
import { type NextStep, nextStep } from './retry.ts';
import { reportUndeliverable } from './undeliverable.ts';

interface SettlerOptions {
  store: Store;
  breakerOf(channelNo: number): Breaker;
  random(): number;
  logger: Pick<Logger, 'info' | 'warn' | 'error'> | undefined;
}

interface Ended {
  startedAt: EpochMs;
  endedAt: EpochMs;
  outcome: SendOutcome;
}

/** Writes what came of attempts, each with all that follows from it in one transaction; logs after it is written. */
export function createSettler({ store, breakerOf, random, logger }: SettlerOptions) {
  const isFailing = (channelNo: number) => breakerOf(channelNo).isFailing;

  /** Given up: marked, and told on another channel. @returns the key of that channel, or null. */
  function abandon(tx: Tx, alert: DueAlert, channel: Channel, reason: string): string | null {
    markUndeliverable(tx, alert, reason);
    return reportUndeliverable(tx, alert, channel, reason, isFailing);
  }

  function follow(tx: Tx, alert: DueAlert, channel: Channel, step: NextStep, endedAt: EpochMs): string | null {
    switch (step.kind) {
      case 'delivered':
        markDelivered(tx, alert.id, endedAt);
        return null;
      case 'retry':
        putOff(tx, alert.id, step.at);
        return null;
      case 'undeliverable':
        if (step.disableChannel) disableChannel(tx, channel.no, step.reason);
        return abandon(tx, alert, channel, step.reason);
    }
  }

  function log(alert: DueAlert, channel: Channel, step: NextStep, more: object): void {
    const line = { alertId: alert.id, incidentId: alert.incidentId, type: alert.event, channel: channel.key, ...more };
    if (step.kind === 'delivered') logger?.info({ event: 'alert.delivered', ...line });
    else if (step.kind === 'retry') logger?.warn({ event: 'alert.retry', ...line, nextAt: step.at });
    else logger?.error({ event: 'alert.undeliverable', ...line });
  }

  return {
    /** Tells the breaker at once; the write it returns may be repeated until the database takes it. */
    attempted(alert: DueAlert, channel: Channel, { startedAt, endedAt, outcome }: Ended): () => void {
      const breaker = breakerOf(channel.no);
      const isBack = outcome.outcome === 'sent' && breaker.isFailing;
      if (outcome.outcome === 'sent') breaker.succeeded();
      else breaker.failed(endedAt, outcome.retryAfterMs);
      const holdUntil = breaker.opensAt() ?? 0;
      const attempt = alert.attempts + 1;
      const chance = random();
      return () => {
        const [step, reportedTo] = store.transact((tx) => {
          const rejections = countRejections(tx, alert.id) + (outcome.outcome === 'rejected' ? 1 : 0);
          const { createdAt } = alert;
          const next = nextStep({ attempts: attempt, rejections, createdAt, outcome, now: endedAt, random: chance });
          endAttempt(tx, alert, { attempt, startedAt, endedAt, outcome });
          if (outcome.thread) keepThread(tx, alert, outcome.thread);
          const told = follow(tx, alert, channel, next, endedAt);
          if (isBack) hurryAlerts(tx, channel.no);
          else if (holdUntil > endedAt) holdChannel(tx, channel.no, holdUntil);
          return [next, told] as const;
        });
        const { statusCode, detail } = outcome;
        log(alert, channel, step, { attempt, statusCode, detail, durationMs: endedAt - startedAt, reportedTo });
      };
    },

    /** Of channels that are switched off nothing is tried. */
    giveUp(alerts: [DueAlert, Channel][]): void {
      for (const [alert, channel] of alerts) {
        const reason = `the channel is switched off: ${channel.disabledReason}`;
        const reportedTo = store.transact((tx) => abandon(tx, alert, channel, reason));
        log(alert, channel, { kind: 'undeliverable', reason, disableChannel: false }, { detail: reason, reportedTo });
      }
    },
  };
}
