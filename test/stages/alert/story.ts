import { CHANNELS } from '#src/alert/channels/registry.ts';
import { type AlertEvent, alertPayload, incidentTitle } from '#src/domain/alert.ts';
import { type ChannelType, channelSecretContext } from '#src/domain/channel.ts';
import { assembleIncident, type CountedWindow, type IncidentParts } from '#src/domain/incident.ts';
import { insertChannel } from '#src/store/channels.ts';
import { enqueueAlert } from '#src/store/outbox.ts';
import type { TempStore } from '../../support/temp-store.ts';
import { addIncident, clock, sealer } from './alert-stage.ts';

/** What somebody might call a monitor to be read as something else. */
export const HOSTILE =
  'A<!channel> @everyone [x](http://evil.example) *b* `c`\r\nBcc: eve@evil.example\u202etxt\u2066 & <b>"q"</b> \\_';

const START = Date.parse('2026-03-01T03:12:00.000Z');

function windowOf(monitorNo: number, endedAt: number | null): CountedWindow {
  const ref = (at: number) => ({ at, locationNo: 1, startedAt: at, endedAt: at + 50 });
  return {
    monitorNo,
    lastGood: ref(START - 10_000),
    firstBad: ref(START),
    confirmed: ref(START + 5_000),
    lastBad: ref(START + 5_000),
    firstGood: endedAt === null ? null : ref(endedAt),
    resolved: endedAt === null ? null : ref(endedAt + 5_000),
    locations: [1],
    checks: 2,
    failed: 2,
    failures: { status: 2 },
    seenFrom: { failed: ['eu'], passed: [], lost: [] },
  };
}

const nameOf = (no: number, name: string) => ({ no, id: `mon_${no}`, key: `m-${no}`, name });

/** The life of an incident: the first monitor has the given name; a second one joins and recovers. */
export function payloadOf(event: AlertEvent, incidentId: string, name: string, publicUrl = 'https://hindcast.example') {
  const joined = event !== 'incident.opened';
  const over = event === 'incident.resolved' ? START + 95_000 : null;
  const acknowledged = joined && event !== 'incident.updated';
  const windows = [windowOf(1, over), ...(joined ? [windowOf(2, over)] : [])];
  const record: IncidentParts['record'] = {
    id: incidentId,
    number: 12,
    kind: 'outage',
    title: incidentTitle([name, ...(joined ? ['Search'] : [])], 'status', 503),
    severity: 'critical',
    service: null,
    startedAt: START,
    endedAt: over,
    detectedAt: START + 5_000,
    resolvedAt: over,
    acknowledgedAt: acknowledged ? START + 60_000 : null,
    acknowledgedBy: acknowledged ? `${name} on call` : null,
    resolvedReason: null,
    recordedAt: START + 5_000,
  };
  const incident = assembleIncident({
    record,
    windows,
    monitors: new Map([nameOf(1, name), nameOf(2, 'Search')].map((each) => [each.no, each])),
    notAffected: Array.from({ length: 7 }, (_, n) => nameOf(n + 3, `Fine ${n + 1}`)),
    alertedAt: null,
    lastFailure: {
      checkId: 'chk_1',
      monitor: { id: 'mon_1', key: 'm-1', name },
      at: '2026-03-01T03:12:05.000Z',
      location: 'eu',
      failure: 'status',
      status: 503,
      detail: `expected 200-299, got 503 ${name}`,
      latencyMs: 120,
    },
    now: START + 60_000,
  });
  return alertPayload(event, incident, START + 6_000, publicUrl);
}

/** Stores a channel as the API does, without its checks. */
export function addChannelOf(store: TempStore, type: ChannelType, given: Record<string, unknown>) {
  const id = `chn_${type}`;
  const { fields, secrets } = CHANNELS[type];
  const settings = Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name, schema.parse(given[name])] as const),
  );
  const sealed = Object.fromEntries(
    Object.keys(secrets)
      .filter((name) => typeof given[name] === 'string')
      .map((name) => [name, sealer.seal(String(given[name]), channelSecretContext(id, name))]),
  );
  return store.transact((tx) => insertChannel(tx, { id, key: type, type, settings, secrets: sealed, human: true }));
}

/** Queues these events of one incident for a channel; answers with the ids of the alerts. */
export function tell(
  store: TempStore,
  channelNo: number,
  events: AlertEvent[],
  name = 'Shop',
  publicUrl?: string,
): string[] {
  const known = store.reader.sql('SELECT 1 FROM incidents').get();
  const incidentId = known ? 'inc_1' : addIncident(store);
  return events.map((event) => {
    const payload = payloadOf(event, incidentId, name, publicUrl);
    return store.transact((tx) => enqueueAlert(tx, { incidentId, channelNo, event, payload, nextAt: clock.now() }));
  });
}
