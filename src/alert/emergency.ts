import type { Logger } from 'pino';
import type { AlertPayload } from '#src/domain/alert.ts';
import type { Channel } from '#src/domain/channel.ts';
import { type Clock, type EpochMs, toRfc3339 } from '#src/domain/clock.ts';
import { readChannels } from '#src/store/channels.ts';
import type { Store } from '#src/store/database.ts';
import { derivedId } from '#src/store/new-id.ts';
import type { Send } from './send.ts';

export interface EmergencyOptions {
  store: Store;
  clock: Clock;
  send: Send;
  /** When the database last took a write. */
  lastBeatAt(): EpochMs;
  /** Why it does not take them: what the last attempt answered. */
  lastFault(): unknown;
  /** It takes writes again: what was told meanwhile is written down. */
  onOver(outage: { since: EpochMs; until: EpochMs; reason: string; told: Told[] }): void;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** A message that went out past the outbox. */
export interface Told {
  id: string;
  channelNo: number;
  payload: string;
  deliveredAt: EpochMs;
}

export interface Emergency {
  pass(): Promise<{ wakeAt: EpochMs }>;
  stop(): void;
}

const LOOK_MS = 2_000;
/** Without a write for so long the database is taken not to be writable. */
const AFTER_MS = 10_000;
/** Pauses before the attempts at a channel that does not take it; then no more. */
const PAUSES_MS = [0, 5_000, 15_000, 60_000, 60_000, 300_000, 300_000, 900_000];

interface Attempts {
  count: number;
  nextAt: EpochMs;
}

/**
 * What is left when the database cannot be written (full, read-only, broken, locked): the outbox is closed, so the
 * channels known in memory hear of it directly. Its id is a function of the channel and of the last write, so that it is
 * the same over retries; each channel hears it once, after a bounded number of attempts.
 */
export function createEmergency(options: EmergencyOptions): Emergency {
  const { store, clock, send, lastBeatAt, lastFault, onOver, logger } = options;
  const stopping = new AbortController();
  let channels: Channel[] = [];
  let outage: { since: EpochMs; payload: string; reason: string } | null = null;
  const attempts = new Map<number, Attempts>();
  const told = new Map<number, Told>();

  function begin(since: EpochMs): NonNullable<typeof outage> {
    const reason = reasonOf(lastFault());
    const time = `${toRfc3339(since).slice(11, 19)} UTC`;
    const payload: AlertPayload = {
      type: 'monitoring.blind',
      timestamp: toRfc3339(clock.now()),
      data: {
        incident: null,
        summary: `Monitoring cannot write its database (${reason}): since ${time} nothing is recorded and no outage is found`,
        links: { incident: null, acknowledge: null, postmortem: null },
      },
    };
    attempts.clear();
    told.clear();
    logger.error({ event: 'emergency.begun', reason, since: toRfc3339(since) });
    return { since, payload: JSON.stringify(payload), reason };
  }

  async function tell(channel: Channel, { since, payload }: NonNullable<typeof outage>): Promise<void> {
    const made = attempts.get(channel.no) ?? { count: 0, nextAt: 0 };
    if (told.has(channel.no) || made.count >= PAUSES_MS.length || made.nextAt > clock.now()) return;
    const id = derivedId('msg', since, 'emergency', channel.id);
    const { outcome, detail } = await send(
      channel,
      { alertId: id, payload, createdAt: since, thread: null, before: null },
      stopping.signal,
    );
    const count = made.count + 1;
    attempts.set(channel.no, { count, nextAt: clock.now() + (PAUSES_MS[count] ?? 0) });
    if (outcome === 'sent') told.set(channel.no, { id, channelNo: channel.no, payload, deliveredAt: clock.now() });
    if (outcome === 'gone') attempts.set(channel.no, { count: PAUSES_MS.length, nextAt: 0 });
    if (outcome === 'sent') logger.warn({ event: 'emergency.told', channel: channel.key });
    else logger.error({ event: 'emergency.retry', channel: channel.key, detail });
  }

  return {
    async pass() {
      const now = clock.now();
      const since = lastBeatAt();
      if (now - since < AFTER_MS) {
        if (outage) {
          logger.info({ event: 'emergency.over', since: toRfc3339(outage.since) });
          onOver({ since: outage.since, until: since, reason: outage.reason, told: [...told.values()] });
        }
        outage = null;
        channels = readChannels(store.reader).filter(({ disabledReason }) => disabledReason === null);
      } else {
        outage ??= begin(since);
        const current = outage;
        await Promise.all(channels.map((channel) => tell(channel, current).catch(() => {})));
      }
      return { wakeAt: clock.now() + LOOK_MS };
    },
    stop: () => stopping.abort(),
  };
}

function reasonOf(fault: unknown): string {
  const code = String((fault as { code?: unknown } | null)?.code ?? '');
  if (code.startsWith('SQLITE_FULL')) return 'the disk is full';
  if (code.startsWith('SQLITE_READONLY')) return 'it is read-only';
  if (code.startsWith('SQLITE_IOERR')) return 'the disk answers with errors';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'another process holds it';
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return 'it is damaged';
  return code === '' ? 'it does not answer' : code;
}
