import type { AlertPayload } from '#src/domain/alert.ts';
import type { Channel } from '#src/domain/channel.ts';
import { type Clock, type EpochMs, toRfc3339 } from '#src/domain/clock.ts';
import { type DegradedMonitor, digestDueAt, digestLine, nextDigestAt } from '#src/domain/digest.ts';
import { firstChannels } from '#src/domain/escalation.ts';
import type { Monitor } from '#src/domain/monitor.ts';
import { readChannels } from '#src/store/channels.ts';
import type { Reader, Store, Tx } from '#src/store/database.ts';
import { putDigest, readDigestUntil } from '#src/store/digests.ts';
import { readEscalations } from '#src/store/escalations.ts';
import { readDegraded } from '#src/store/monitor-states.ts';
import { iterateMonitors } from '#src/store/monitors.ts';
import { enqueueAlert } from '#src/store/outbox.ts';

const MOST_STRETCHES = 1_000;

/**
 * Monitors that were degraded wake nobody: each channel is told of them together, once an hour or a day. What fell into a
 * time in which no server ran is in the next digest.
 */
export function createDigests({ store, clock }: { store: Store; clock: Clock }) {
  function tell(tx: Tx, channel: Channel, from: EpochMs, to: EpochMs): void {
    const degraded = monitorsOf(tx, channel.key).flatMap((monitor) => degradedIn(tx, monitor, from, to));
    putDigest(tx, channel.no, to);
    if (degraded.length === 0) return;
    const payload: AlertPayload = {
      type: 'monitors.degraded',
      timestamp: toRfc3339(tx.now),
      data: {
        incident: null,
        summary: digestLine(degraded),
        links: { incident: null, acknowledge: null, postmortem: null },
        degraded: { from: toRfc3339(from), to: toRfc3339(to), monitors: degraded },
      },
    };
    const { no: channelNo } = channel;
    enqueueAlert(tx, {
      incidentId: null,
      channelNo,
      event: 'monitors.degraded',
      payload,
      reason: 'digest',
      nextAt: tx.now,
    });
  }

  return {
    async pass(): Promise<{ wakeAt: EpochMs | null }> {
      const now = clock.now();
      const channels = readChannels(store.reader).filter(({ disabledReason }) => disabledReason === null);
      let wakeAt: EpochMs | null = null;
      for (const channel of channels) {
        // What is made to wake people is not told of what can wait.
        if (channel.digest === 'off' || channel.type === 'pagerduty') continue;
        const due = digestDueAt(channel.digest, now);
        const until = readDigestUntil(store.reader, channel.no);
        if (until === null) store.transact((tx) => putDigest(tx, channel.no, now));
        else if (until < due) store.transact((tx) => tell(tx, channel, until, due));
        const next = nextDigestAt(channel.digest, now);
        wakeAt = Math.min(wakeAt ?? next, next);
      }
      return { wakeAt };
    },
  };
}

/** Monitors whose incidents a channel is told of at once. */
function monitorsOf(reader: Reader, channelKey: string): Monitor[] {
  const escalations = new Set(
    readEscalations(reader)
      .filter((escalation) => firstChannels(escalation).includes(channelKey))
      .map(({ key }) => key),
  );
  return iterateMonitors(reader)
    .filter(
      ({ config: { channels, escalation } }) => channels.includes(channelKey) || escalations.has(escalation ?? ''),
    )
    .toArray();
}

/** Stretches that began in (from, to], and how long they were up to `to`. */
function degradedIn(reader: Reader, { no, id, config }: Monitor, from: EpochMs, to: EpochMs): DegradedMonitor[] {
  const spans = readDegraded(reader, no, to + 1, MOST_STRETCHES).filter((span) => span.from > from);
  if (spans.length === 0) return [];
  const ms = spans.reduce((sum, span) => sum + Math.min(span.to ?? to, to) - span.from, 0);
  return [{ id, key: config.key, name: config.name, times: spans.length, seconds: Math.round(ms / 1000) }];
}
