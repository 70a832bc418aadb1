import { humanSeconds } from './alert.ts';
import { describeFailure, type Failure } from './check.ts';
import { type EpochMs, toRfc3339 } from './clock.ts';
import { checkId } from './ids.ts';
import type { CountedWindow, Incident } from './incident.ts';
import type { CheckRef } from './window.ts';

export type EntryKind =
  | 'started'
  | 'detected'
  | 'alerted'
  | 'acknowledged'
  | 'diagnostic'
  | 'cause_identified'
  | 'fix_applied'
  | 'restored'
  | 'change'
  | 'symptom'
  | 'joined'
  | 'recovered'
  | 'alert_failed'
  | 'escalated'
  | 'status_update'
  | 'latency'
  | 'unobserved'
  | 'conflict'
  | 'note'
  | 'resolved';

export interface TimelineEntry {
  /** Of an entry that was told: its own id. Of one that was measured: made of kind and subject, the same each time. */
  id: string;
  at: EpochMs;
  recordedAt: EpochMs;
  endedAt: EpochMs | null;
  kind: EntryKind;
  source: 'check' | 'detector' | 'alert' | 'person' | 'integration';
  by: string | null;
  text: string;
  /** Public ids of the rows behind it. */
  refs: string[];
}

/** Bad checks of one symptom in a row. */
export interface SymptomRun {
  monitorNo: number;
  from: CheckRef;
  to: CheckRef;
  failure: Failure;
  status: number | null;
  failed: number;
}

export interface Delivery {
  id: string;
  channelKey: string;
  event: string;
  createdAt: EpochMs;
  deliveredAt: EpochMs | null;
  /** Why it was queued. */
  reason: string | null;
  /** What kept it back, if anything did. */
  silence: { until: EpochMs; reason: string; by: string } | null;
  /** Attempts that were not accepted. */
  failures: { at: EpochMs; detail: string }[];
}

export interface TimelineParts {
  incident: Incident;
  symptoms: SymptomRun[];
  deliveries: Delivery[];
  told: {
    id: string;
    at: EpochMs;
    recordedAt: EpochMs;
    kind: EntryKind;
    source: 'person' | 'integration';
    by: string | null;
    text: string;
  }[];
  changes: { id: string; at: EpochMs; recordedAt: EpochMs; kind: string; title: string; service: string | null }[];
  unobserved: { from: EpochMs; to: EpochMs | null; reason: string }[];
}

const refId = (monitorNo: number, { at, locationNo }: CheckRef) => checkId({ monitorNo, at, locationNo });

/** The whole story of an incident in the order of time, from before its start: what was measured and what was told. */
export function incidentTimeline(parts: TimelineParts): TimelineEntry[] {
  const { incident, told, changes, unobserved } = parts;
  const entries: TimelineEntry[] = [
    ...incident.affected.flatMap(({ name, windows }, order) =>
      windows.flatMap((w, i) => windowEntries(incident, name, w, order, i)),
    ),
    ...parts.symptoms.map((run) => symptomEntry(run, incident)),
    ...parts.deliveries.flatMap(deliveryEntries),
    ...escalationEntries(parts.deliveries),
    ...told.map((entry): TimelineEntry => ({ ...entry, endedAt: null, refs: [] })),
    ...changes.map(({ id, at, recordedAt, kind, title, service }) =>
      machine({
        id,
        at,
        recordedAt,
        kind: 'change',
        source: 'integration',
        text: `${kind}${service ? ` of ${service}` : ''}: ${title}`,
        refs: [id],
      }),
    ),
    ...unobserved.map(({ from, to, reason }) =>
      machine({
        id: `unobserved-${from}`,
        at: from,
        endedAt: to,
        kind: 'unobserved',
        source: 'detector',
        text: `not watched: ${reason}`,
        refs: [],
      }),
    ),
  ];
  if (incident.acknowledgedAt !== null && !told.some((entry) => entry.kind === 'acknowledged')) {
    const by = incident.acknowledgedBy;
    entries.push(
      machine({
        id: 'acknowledged',
        at: incident.acknowledgedAt,
        kind: 'acknowledged',
        source: 'person',
        by,
        text: `acknowledged by ${by ?? 'someone'}`,
        refs: [],
      }),
    );
  }
  if (incident.resolvedAt !== null) {
    const text = incident.resolvedReason
      ? `resolved: ${incident.resolvedReason}`
      : `resolved; down for ${humanSeconds(incident.downSeconds.best)}`;
    entries.push(
      machine({ id: 'resolved', at: incident.resolvedAt, kind: 'resolved', source: 'detector', text, refs: [] }),
    );
  }
  return entries.sort((a, b) => a.at - b.at || rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

const ORDER: EntryKind[] = [
  'change',
  'started',
  'joined',
  'symptom',
  'detected',
  'alerted',
  'restored',
  'recovered',
  'resolved',
];
const rank = (entry: TimelineEntry) => (ORDER.indexOf(entry.kind) + ORDER.length) % ORDER.length;

type Machine = Partial<TimelineEntry> & Pick<TimelineEntry, 'id' | 'at' | 'kind' | 'source' | 'text' | 'refs'>;
const machine = (entry: Machine): TimelineEntry => ({ recordedAt: entry.at, endedAt: null, by: null, ...entry });

function windowEntries(
  incident: Incident,
  name: string,
  w: CountedWindow,
  order: number,
  index: number,
): TimelineEntry[] {
  const key = `${w.monitorNo}-${w.firstBad.at}`;
  const isFirst = order === 0 && index === 0;
  const entries: TimelineEntry[] = [];
  const add = (kind: EntryKind, source: 'check' | 'detector', at: EpochMs, ref: CheckRef, text: string) =>
    entries.push(machine({ id: `${kind}-${key}`, at, kind, source, text, refs: [refId(w.monitorNo, ref)] }));
  if (w.lastGood && index === 0) {
    entries.push(
      machine({
        id: `last-good-${key}`,
        at: w.lastGood.startedAt,
        kind: 'note',
        source: 'check',
        text: `last check of ${name} that passed`,
        refs: [refId(w.monitorNo, w.lastGood)],
      }),
    );
  }
  add(
    isFirst ? 'started' : 'joined',
    'check',
    w.firstBad.startedAt,
    w.firstBad,
    index > 0 ? `${name} fails again` : `first check of ${name} that failed`,
  );
  const confirmed = `${name} confirmed down`;
  if (w.confirmed.endedAt === incident.detectedAt)
    add('detected', 'detector', w.confirmed.endedAt, w.confirmed, confirmed);
  if (w.firstGood) {
    const isLast = incident.end !== null && w.firstGood.startedAt === incident.end.best;
    add(
      isLast ? 'restored' : 'recovered',
      'check',
      w.firstGood.startedAt,
      w.firstGood,
      `first check of ${name} that passed again`,
    );
  }
  return entries;
}

function symptomEntry(run: SymptomRun, incident: Incident): TimelineEntry {
  const name = incident.affected.find(({ no }) => no === run.monitorNo)?.name ?? 'a monitor';
  return machine({
    id: `symptom-${run.monitorNo}-${run.from.at}`,
    at: run.from.startedAt,
    endedAt: run.to.startedAt,
    kind: 'symptom',
    source: 'check',
    text: `${name}: ${describeFailure(run.failure, run.status)}, ${run.failed} ${run.failed === 1 ? 'check' : 'checks'}`,
    refs: [refId(run.monitorNo, run.from), refId(run.monitorNo, run.to)].filter((id, i, all) => all.indexOf(id) === i),
  });
}

/** One entry for each step, however many channels are in it. */
function escalationEntries(deliveries: readonly Delivery[]): TimelineEntry[] {
  const steps = Map.groupBy(
    deliveries.filter(({ event }) => event === 'incident.escalated'),
    ({ createdAt, reason }) => `${createdAt} ${reason}`,
  );
  return [...steps.values()].flatMap((alerts) => {
    const [first] = alerts;
    if (!first) return [];
    const told = alerts.map(({ channelKey }) => channelKey).join(', ');
    const refs = alerts.map(({ id }) => id);
    const text = `escalated to ${told}: ${first.reason}`;
    return machine({
      id: `${first.id}-escalated`,
      at: first.createdAt,
      kind: 'escalated',
      source: 'alert',
      text,
      refs,
    });
  });
}

function deliveryEntries(delivery: Delivery): TimelineEntry[] {
  const { id, channelKey, event, createdAt, deliveredAt, failures, silence } = delivery;
  if (silence) {
    const end = `${toRfc3339(silence.until).slice(0, 19).replace('T', ' ')} UTC`;
    const text = `${event} to ${channelKey} silenced until ${end} by ${silence.by}: ${silence.reason}`;
    return [machine({ id: `${id}-silenced`, at: createdAt, kind: 'note', source: 'alert', text, refs: [id] })];
  }
  const entries = failures.map(({ at, detail }, i) =>
    machine({
      id: `${id}-failed-${i + 1}`,
      at,
      kind: 'alert_failed',
      source: 'alert',
      text: `${event} not delivered to ${channelKey}: ${detail}`,
      refs: [id],
    }),
  );
  if (deliveredAt !== null) {
    entries.push(
      machine({
        id: `${id}-delivered`,
        at: deliveredAt,
        kind: 'alerted',
        source: 'alert',
        text: `${event} delivered to ${channelKey}`,
        refs: [id],
      }),
    );
  }
  return entries;
}
