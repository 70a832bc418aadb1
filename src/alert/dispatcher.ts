import type { Channel, SendOutcome } from '#src/domain/channel.ts';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { readChannelByNo } from '#src/store/channels.ts';
import type { Store } from '#src/store/database.ts';
import { type DueAlert, leaseAlert, readHeads, recordAttempt } from '#src/store/outbox.ts';
import { Breaker } from './breaker.ts';
import { nextStep } from './retry.ts';
import type { Send } from './send.ts';
import { reportUndeliverable } from './undeliverable.ts';

export interface DispatcherOptions {
  store: Store;
  clock: Clock;
  /** Names this process in leases. */
  owner: string;
  send: Send;
  /** A delivery ended: look again. */
  onProgress(): void;
  onError(error: unknown): void;
  /** Uniform in [0, 1). */
  random?: () => number;
}

export interface Dispatcher {
  /** Starts what is due and returns without waiting for it. */
  pass(): Promise<{ wakeAt: EpochMs | null }>;
  /** Waits for deliveries under way, at most so long, then abandons them; they are sent again at the next start. */
  close(graceMs: number): Promise<void>;
}

/** Longer than an attempt may take. */
const LEASE_MS = 30_000;
/** To one channel: a receiver that hangs holds up no other, and one that is dead is not sent all that waits for it. */
const AT_ONCE_PER_CHANNEL = 8;

/**
 * Delivers the outbox at least once: the head of each (incident, channel) is leased, sent outside any transaction, and
 * marked after the receiver accepted it, so that a crash in between sends it again under the same id.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { store, clock, owner, send, onProgress, onError, random = Math.random } = options;
  const underWay = new Map<string, Promise<void>>();
  const busy = new Map<number, number>();
  const breakers = new Map<number, Breaker>();
  const stop = new AbortController();

  function breakerOf(channelNo: number): Breaker {
    const breaker = breakers.get(channelNo) ?? new Breaker();
    breakers.set(channelNo, breaker);
    return breaker;
  }

  async function deliver(alert: DueAlert, channel: Channel): Promise<void> {
    const breaker = breakerOf(channel.no);
    breaker.begin();
    const startedAt = clock.now();
    const outcome = await send(channel, alert.id, alert.payload, stop.signal);
    if (stop.signal.aborted && outcome.outcome !== 'sent') return;
    if (outcome.outcome === 'sent') breaker.succeeded();
    else breaker.failed(clock.now());
    settle(alert, channel, startedAt, outcome);
  }

  function settle(alert: DueAlert, channel: Channel, startedAt: EpochMs, outcome: SendOutcome): void {
    const endedAt = clock.now();
    const attempts = alert.attempts + 1;
    const step = nextStep({ attempts, createdAt: alert.createdAt, outcome, now: endedAt, random: random() });
    store.transact((tx) => {
      recordAttempt(tx, alert, { attempt: attempts, startedAt, endedAt, outcome, step });
      if (step.kind === 'undeliverable') reportUndeliverable(tx, alert, channel, step.reason);
    });
  }

  function begin(alert: DueAlert, channel: Channel): void {
    const pair = pairOf(alert);
    store.transact((tx) => leaseAlert(tx, alert.id, owner, clock.now() + LEASE_MS));
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

  return {
    async pass() {
      const now = clock.now();
      let wakeAt: EpochMs | null = null;
      for (const alert of readHeads(store.reader, owner, now)) {
        if (underWay.has(pairOf(alert))) continue;
        const opensAt = breakerOf(alert.channelNo).opensAt();
        const dueAt = opensAt === null ? null : Math.max(alert.nextAt, opensAt);
        if (dueAt === null) continue;
        if (dueAt > now) wakeAt = Math.min(wakeAt ?? dueAt, dueAt);
        else if ((busy.get(alert.channelNo) ?? 0) < AT_ONCE_PER_CHANNEL) {
          const channel = readChannelByNo(store.reader, alert.channelNo);
          if (channel) begin(alert, channel);
        }
      }
      return { wakeAt };
    },
    async close(graceMs) {
      const late = setTimeout(() => stop.abort(), graceMs);
      await Promise.all(underWay.values());
      clearTimeout(late);
    },
  };
}

function pairOf(alert: DueAlert): string {
  return `${alert.incidentId}/${alert.channelNo}`;
}
