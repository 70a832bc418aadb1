import type { Logger } from 'pino';
import type { Channel, SendOutcome } from '#src/domain/channel.ts';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { readChannelByNo } from '#src/store/channels.ts';
import type { Store } from '#src/store/database.ts';
import {
  beginAttempt,
  closeCutOffAttempts,
  type DueAlert,
  hurryAlerts,
  readHeads,
  readPayload,
  readPayloadBefore,
} from '#src/store/deliveries.ts';
import { readThread } from '#src/store/threads.ts';
import { Breaker } from './breaker.ts';
import { createOverdueWatch } from './overdue.ts';
import type { Send } from './send.ts';
import { createSettler } from './settle.ts';

export interface DispatcherOptions {
  store: Store;
  clock: Clock;
  /** Names this process in leases. */
  owner: string;
  send: Send;
  /** A delivery ended: look again. */
  onProgress(): void;
  onError(error: unknown): void;
  logger?: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Uniform in [0, 1). */
  random?: () => number;
}

export interface Dispatcher {
  /** Starts what is due and returns without waiting for it. Throws when the database cannot be written. */
  pass(): Promise<{ wakeAt: EpochMs | null }>;
  /** Waits for deliveries under way, at most so long, then abandons them; they are sent again at the next start. */
  close(graceMs: number): Promise<void>;
}

/** Longer than an attempt may take. */
const LEASE_MS = 30_000;
const WRITE_AGAIN_MS = 1_000;
/** To one channel: a receiver that hangs holds up no other, and one that is dead is not sent all that waits for it. */
const AT_ONCE_PER_CHANNEL = 8;

/**
 * Delivers the outbox at least once: the head of each (incident, channel) is leased, sent outside any transaction, and
 * marked after the receiver accepted it, so that a crash in between sends it again under the same id.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { store, clock, owner, send, onProgress, onError, logger, random = Math.random } = options;
  const underWay = new Map<string, Promise<void>>();
  const busy = new Map<number, number>();
  const breakers = new Map<number, Breaker>();
  const isFailing = (channelNo: number) => breakerOf(channelNo).isFailing;
  const overdue = createOverdueWatch({ store, clock, isFailing, logger });
  const settler = createSettler({ store, breakerOf, random, logger });
  /** Accepted or refused by the receiver, and not written yet: the database did not take it. */
  const unwritten = new Map<string, () => void>();
  const stop = new AbortController();
  let begun = false;

  function breakerOf(channelNo: number): Breaker {
    const breaker = breakers.get(channelNo) ?? new Breaker();
    breakers.set(channelNo, breaker);
    return breaker;
  }

  async function deliver(alert: DueAlert, channel: Channel): Promise<void> {
    const startedAt = clock.now();
    const delivery = {
      alertId: alert.id,
      createdAt: alert.createdAt,
      payload: readPayload(store.reader, alert.id),
      thread: readThread(store.reader, alert),
      before: readPayloadBefore(store.reader, alert.id),
    };
    const outcome = await send(channel, delivery, stop.signal).catch(ownFault);
    if (stop.signal.aborted && outcome.outcome !== 'sent') return;
    const write = settler.attempted(alert, channel, { startedAt, endedAt: clock.now(), outcome });
    unwritten.set(pairOf(alert), write);
    write();
    unwritten.delete(pairOf(alert));
  }

  function ownFault(error: unknown): SendOutcome {
    onError(error);
    return { outcome: 'retry', statusCode: null, detail: 'the sender failed in itself', retryAfterMs: null };
  }

  function begin(alert: DueAlert, channel: Channel): void {
    const pair = pairOf(alert);
    breakerOf(channel.no).begin();
    busy.set(channel.no, (busy.get(channel.no) ?? 0) + 1);
    const delivery = deliver(alert, channel)
      .catch(onError)
      .finally(() => {
        underWay.delete(pair);
        busy.set(channel.no, (busy.get(channel.no) ?? 1) - 1);
        onProgress();
      });
    underWay.set(pair, delivery);
  }

  /** What the database did not take is offered again; until it takes it, nothing more is sent of that pair. */
  function catchUp(): void {
    if (!begun)
      store.transact((tx) => {
        closeCutOffAttempts(tx);
        hurryAlerts(tx, null);
      });
    begun = true;
    for (const [pair, write] of unwritten) {
      try {
        write();
        unwritten.delete(pair);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** What may be sent now, leased in one transaction; and when to look again. */
  function take(now: EpochMs): { due: [DueAlert, Channel][]; off: [DueAlert, Channel][]; wakeAt: EpochMs | null } {
    const due: [DueAlert, Channel][] = [];
    const off: [DueAlert, Channel][] = [];
    const taken = new Map(busy);
    const channels = new Map<number, Channel>();
    let wakeAt: EpochMs | null = null;
    for (const alert of readHeads(store.reader, owner, now)) {
      if (underWay.has(pairOf(alert)) || unwritten.has(pairOf(alert))) continue;
      const channel = channels.get(alert.channelNo) ?? readChannelByNo(store.reader, alert.channelNo);
      if (!channel) continue;
      channels.set(alert.channelNo, channel);
      const breaker = breakerOf(channel.no);
      const opensAt = breaker.opensAt();
      const dueAt = Math.max(alert.nextAt, opensAt ?? 0);
      const count = taken.get(channel.no) ?? 0;
      if (channel.disabledReason !== null) off.push([alert, channel]);
      else if (opensAt === null) continue;
      else if (dueAt > now) wakeAt = Math.min(wakeAt ?? dueAt, dueAt);
      else if (count < (breaker.isOpen ? 1 : AT_ONCE_PER_CHANNEL)) {
        taken.set(channel.no, count + 1);
        due.push([alert, channel]);
      }
    }
    return { due, off, wakeAt };
  }

  return {
    async pass() {
      catchUp();
      const now = clock.now();
      const overdueAt = overdue.look(now);
      const { due, off, wakeAt } = take(now);
      if (off.length > 0) settler.giveUp(off);
      if (due.length > 0) {
        store.transact((tx) => {
          for (const [alert] of due) beginAttempt(tx, alert, owner, now + LEASE_MS);
        });
      }
      for (const [alert, channel] of due) begin(alert, channel);
      const again = unwritten.size > 0 ? now + WRITE_AGAIN_MS : null;
      const times = [wakeAt, overdueAt, again].filter((at) => at !== null);
      return { wakeAt: times.length > 0 ? Math.min(...times) : null };
    },
    async close(graceMs) {
      const late = setTimeout(() => stop.abort(new Error('the server is stopping')), graceMs);
      await Promise.all(underWay.values());
      clearTimeout(late);
      catchUp();
    },
  };
}

function pairOf(alert: DueAlert): string {
  return `${alert.incidentId}/${alert.channelNo}`;
}
