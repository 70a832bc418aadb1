import type { AlertPayload } from '#src/domain/alert.ts';
import type { Channel } from '#src/domain/channel.ts';
import { readChannels } from '#src/store/channels.ts';
import type { Tx } from '#src/store/database.ts';
import { type DueAlert, enqueueAlert, readToldChannels } from '#src/store/outbox.ts';

/**
 * Tells another channel that an alert could not be delivered, once: a report that is itself undeliverable is not
 * reported again. Prefers a channel that knows of the incident, then people over machines.
 */
export function reportUndeliverable(tx: Tx, alert: DueAlert, channel: Channel, reason: string): void {
  const payload = JSON.parse(alert.payload) as AlertPayload;
  if (payload.data.undeliverable) return;
  const told = readToldChannels(tx, alert.incidentId);
  const [other] = readChannels(tx)
    .filter((candidate) => candidate.no !== channel.no && candidate.disabledReason === null)
    .sort((a, b) => Number(told.includes(b.no)) - Number(told.includes(a.no)) || Number(b.human) - Number(a.human));
  if (!other) return;
  const summary = `Not delivered to channel ${channel.key} (${reason}): ${payload.data.summary}`;
  enqueueAlert(tx, {
    incidentId: alert.incidentId,
    channelNo: other.no,
    event: told.includes(other.no) ? 'incident.updated' : alert.event,
    payload: { ...payload, data: { ...payload.data, summary, undeliverable: { channel: channel.key, reason } } },
    nextAt: tx.now,
  });
}
