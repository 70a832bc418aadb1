import type { AlertEvent, AlertPayload } from '#src/domain/alert.ts';
import type { Channel } from '#src/domain/channel.ts';
import { readChannels } from '#src/store/channels.ts';
import type { Tx } from '#src/store/database.ts';
import { type DueAlert, readPayload, wasReported } from '#src/store/deliveries.ts';
import { enqueueAlert, readToldChannels } from '#src/store/outbox.ts';

/**
 * Tells another channel that an alert could not be delivered. Once per incident and channel: who was told of an incident
 * hears of what follows as well. A report that is itself undeliverable is not reported again. Prefers channels that
 * receive at the moment, then people over machines, then those that know of the incident.
 * @returns the key of that channel; null when nobody had to be told, or nobody else can be.
 */
export function reportUndeliverable(
  tx: Tx,
  alert: DueAlert,
  channel: Channel,
  reason: string,
  isFailing: (channelNo: number) => boolean,
): string | null {
  const payload = JSON.parse(readPayload(tx, alert.id)) as AlertPayload;
  if (payload.data.undeliverable || wasReported(tx, alert.incidentId, channel.key)) return null;
  const told = alert.incidentId === null ? [] : readToldChannels(tx, alert.incidentId);
  const rank = ({ no, human }: Channel) => (isFailing(no) ? 0 : 4) + (human ? 2 : 0) + (told.includes(no) ? 1 : 0);
  const [other] = readChannels(tx)
    .filter((candidate) => candidate.no !== channel.no && candidate.disabledReason === null)
    .sort((a, b) => rank(b) - rank(a));
  if (!other) return null;
  const summary = `Not delivered to channel ${channel.key} (${reason}): ${payload.data.summary}`;
  const event: AlertEvent = told.includes(other.no) ? 'incident.updated' : alert.event;
  enqueueAlert(tx, {
    incidentId: alert.incidentId,
    channelNo: other.no,
    event,
    payload: {
      ...payload,
      type: event,
      data: { ...payload.data, summary, undeliverable: { channel: channel.key, reason } },
    },
    reason: 'undeliverable',
    nextAt: tx.now,
  });
  return other.key;
}
