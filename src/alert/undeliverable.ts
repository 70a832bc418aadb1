import type { AlertEvent, AlertPayload } from '#src/domain/alert.ts';
import type { Channel } from '#src/domain/channel.ts';
import { readChannels } from '#src/store/channels.ts';
import type { Tx } from '#src/store/database.ts';
import { type DueAlert, readPayload, readReports } from '#src/store/deliveries.ts';
import { enqueueAlert, readToldChannels } from '#src/store/outbox.ts';

type IsFailing = (channelNo: number) => boolean;

/**
 * Tells another channel that an alert could not be delivered. Once per incident and channel: who was told of an incident
 * hears of what follows as well. A report that is itself undeliverable is not reported again.
 * @returns the key of that channel; null when nobody had to be told, or nobody else can be.
 */
export function reportUndeliverable(
  tx: Tx,
  alert: DueAlert,
  channel: Channel,
  reason: string,
  isFailing: IsFailing,
): string | null {
  const payload = JSON.parse(readPayload(tx, alert.id)) as AlertPayload;
  if (payload.data.undeliverable) return null;
  if (readReports(tx, alert.incidentId, channel.key).some(({ state }) => state !== 'undeliverable')) return null;
  return report(tx, alert, payload, { channel: channel.key, reason }, isFailing);
}

/** A report does not get through either: one more channel, of those that have none of it yet, is told. */
export function passOnReport(tx: Tx, alert: DueAlert, isFailing: IsFailing): string | null {
  const payload = JSON.parse(readPayload(tx, alert.id)) as AlertPayload;
  const about = payload.data.undeliverable;
  if (!about || readReports(tx, alert.incidentId, about.channel).some(({ state }) => state === 'delivered'))
    return null;
  return report(tx, alert, payload, about, isFailing);
}

/** Prefers channels that receive at the moment, then people over machines, then those that know of the incident. */
function report(
  tx: Tx,
  alert: DueAlert,
  payload: AlertPayload,
  about: { channel: string; reason: string },
  isFailing: IsFailing,
): string | null {
  const told = alert.incidentId === null ? [] : readToldChannels(tx, alert.incidentId);
  const reported = readReports(tx, alert.incidentId, about.channel).map(({ channelNo }) => channelNo);
  const rank = ({ no, human }: Channel) => (isFailing(no) ? 0 : 4) + (human ? 2 : 0) + (told.includes(no) ? 1 : 0);
  const [other] = readChannels(tx)
    .filter(({ no, key, disabledReason }) => key !== about.channel && disabledReason === null && !reported.includes(no))
    .sort((a, b) => rank(b) - rank(a));
  if (!other) return null;
  const summary = payload.data.undeliverable
    ? payload.data.summary
    : `Not delivered to channel ${about.channel} (${about.reason}): ${payload.data.summary}`;
  const event: AlertEvent = told.includes(other.no) ? 'incident.updated' : alert.event;
  enqueueAlert(tx, {
    incidentId: alert.incidentId,
    channelNo: other.no,
    event,
    payload: { ...payload, type: event, data: { ...payload.data, summary, undeliverable: about } },
    reason: 'undeliverable',
    nextAt: tx.now,
  });
  return other.key;
}
