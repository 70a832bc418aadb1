import { type AlertEvent, type AlertPayload, alertPayload } from '#src/domain/alert.ts';
import type { Escalation } from '#src/domain/escalation.ts';
import { extendedDueAt, resolutionDueAt, updateDueAt } from '#src/domain/flapping.ts';
import type { Incident, IncidentRecord } from '#src/domain/incident.ts';
import type { Recurrence } from '#src/domain/recurrence.ts';
import { type Party, type Routing, routeIncident, type Verdict } from '#src/domain/routing.ts';
import type { Tx } from '#src/store/database.ts';
import { putRun, readNamedEscalations, readRun } from '#src/store/escalations.ts';
import { assemble } from '#src/store/incidents.ts';
import { readMonitorByNo } from '#src/store/monitors.ts';
import {
  deferAlert,
  dropAlert,
  enqueueAlert,
  readChannelNumbers,
  readToldRows,
  type ToldRow,
} from '#src/store/outbox.ts';
import { readRecurrence } from '#src/store/recurrence.ts';
import { readCurrentSilences } from '#src/store/silences.ts';
import { readWindowsOfIncident } from '#src/store/windows.ts';

/** Why an alert is queued; the reason is kept with it. */
export type Reason =
  | 'opened'
  | 'joined'
  | 'recovered'
  | 'reopened'
  | 'resolved'
  | 'silence-ended'
  | 'routed'
  | 'quiet-hours';

/** Monitors of an incident with the configurations they have now. */
export function readParties(tx: Tx, incidentId: string): Party[] {
  return readWindowsOfIncident(tx, incidentId).flatMap(({ window }) => {
    const monitor = readMonitorByNo(tx, window.monitorNo);
    return monitor ? { config: monitor.config, isOpen: !window.resolved && !window.abandonedAt } : [];
  });
}

/** How often the monitor of an incident that came back most often did. */
export function comebacksIn(monitorNos: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const no of monitorNos) counts.set(no, (counts.get(no) ?? 0) + 1);
  return Math.max(1, ...counts.values()) - 1;
}

interface Telling {
  record: IncidentRecord;
  parties: readonly Party[];
  /** How often it came back: an incident that flaps is told less often. */
  comebacks: number;
  publicUrl: string;
}

/**
 * Queues what the channels of one incident are to hear, in the transaction in which it is decided. What a channel was
 * told so far decides what it hears now; the texts are made when the first of them is needed.
 */
export class Teller {
  readonly #tx: Tx;
  readonly #telling: Telling;
  readonly routing: Routing;
  readonly escalations: Map<string, Escalation>;
  readonly #rows: Map<number, ToldRow[]>;
  #assembled: { incident: Incident; recurrence: Recurrence | null } | null = null;

  constructor(tx: Tx, telling: Telling) {
    this.#tx = tx;
    this.#telling = telling;
    const { record, parties } = telling;
    this.escalations = readNamedEscalations(
      tx,
      parties.flatMap(({ config }) => config.escalation ?? []),
    );
    this.routing = routeIncident({
      incidentId: record.id,
      severity: record.severity,
      parties,
      escalations: this.escalations,
      silences: readCurrentSilences(tx, tx.now),
      now: tx.now,
    });
    this.#rows = readToldRows(tx, record.id);
  }

  payload(event: AlertEvent): AlertPayload {
    const { record, publicUrl } = this.#telling;
    this.#assembled ??= {
      incident: assemble(this.#tx, record, this.#tx.now),
      recurrence: readRecurrence(this.#tx, record.id),
    };
    const { incident, recurrence } = this.#assembled;
    return alertPayload(event, incident, this.#tx.now, publicUrl, recurrence);
  }

  /** Channels that are told at once of this incident, and those that were told of it before. */
  targets(): Map<number, Verdict> {
    const numbers = readChannelNumbers(this.#tx, [...this.routing.channels.keys()]);
    const targets = new Map<number, Verdict>();
    for (const [key, verdict] of this.routing.channels) {
      const no = numbers.get(key);
      if (no !== undefined) targets.set(no, verdict);
    }
    for (const no of this.#rows.keys()) if (!targets.has(no)) targets.set(no, this.routing.rest);
    return targets;
  }

  /** All that the outbox has for a channel, and of that what was not kept back. */
  told(channelNo: number): { rows: ToldRow[]; told: ToldRow[] } {
    const rows = this.#rows.get(channelNo) ?? [];
    return { rows, told: rows.filter(({ state }) => state !== 'silenced') };
  }

  /** The first that a channel hears: now, after quiet hours, or not while a silence lasts. */
  open(channelNo: number, verdict: Verdict, reason: Reason): void {
    const { rows } = this.told(channelNo);
    if (verdict.kind === 'hold')
      this.#queue(channelNo, 'incident.opened', { reason: 'quiet-hours', payload: null, nextAt: verdict.until });
    else if (verdict.kind === 'tell')
      this.#queue(channelNo, 'incident.opened', { reason, payload: this.payload('incident.opened') });
    else if (rows.length === 0) this.#keepBack(channelNo, 'incident.opened', verdict.silenceId, reason);
  }

  /** Something changed: one update for all that changes within its wait. */
  update(channelNo: number, verdict: Verdict, reason: Reason): void {
    const { rows, told } = this.told(channelNo);
    const waiting = told.filter(({ waits }) => waits);
    for (const row of waiting) if (row.event === 'incident.resolved') dropAlert(this.#tx, row.id);
    if (waiting.some(({ event }) => event === 'incident.opened')) return;
    const joined = waiting.find(({ event }) => event === 'incident.updated');
    if (joined) {
      const until = extendedDueAt(joined, this.#tx.now);
      if (until > joined.nextAt) deferAlert(this.#tx, joined.id, until);
      return;
    }
    if (verdict.kind === 'silence') {
      if (rows.at(-1)?.state !== 'silenced') this.#keepBack(channelNo, 'incident.updated', verdict.silenceId, reason);
      return;
    }
    const lastToldAt = told
      .filter(({ waits }) => !waits)
      .reduce<number | null>((last, row) => Math.max(last ?? 0, row.deliveredAt ?? row.createdAt), null);
    const change = {
      flaps: this.#telling.comebacks,
      isComeback: reason !== 'joined' && reason !== 'recovered',
      lastToldAt,
    };
    this.#later(channelNo, 'incident.updated', reason, verdict, updateDueAt(change, this.#tx.now));
  }

  /** Whoever was told that it began hears that it is over, silences or not; what was still waiting is overtaken. */
  resolve(channelNo: number, verdict: Verdict): void {
    const { told } = this.told(channelNo);
    if (told.length === 0) return;
    for (const row of told) if (row.waits) dropAlert(this.#tx, row.id);
    this.#later(
      channelNo,
      'incident.resolved',
      'resolved',
      verdict,
      resolutionDueAt(this.#telling.comebacks, this.#tx.now),
    );
  }

  /** The delays of the escalations count from now, unless they do already. */
  startEscalations(): void {
    for (const [key, verdict] of this.routing.escalations) {
      const escalation = this.escalations.get(key);
      if (!escalation || verdict.kind !== 'tell') continue;
      if (readRun(this.#tx, this.#telling.record.id, escalation.no)) continue;
      putRun(this.#tx, this.#telling.record.id, escalation.no, {
        startedAt: this.#tx.now,
        stepsDone: 0,
        remindedAt: null,
      });
    }
  }

  /** Now, with what is added to the payload. */
  tellNow(channelNo: number, event: AlertEvent, reason: string, data: Partial<AlertPayload['data']> = {}): void {
    const payload = this.payload(event);
    this.#queue(channelNo, event, { reason, payload: { ...payload, data: { ...payload.data, ...data } } });
  }

  #later(channelNo: number, event: AlertEvent, reason: Reason, verdict: Verdict, dueAt: number): void {
    const nextAt = verdict.kind === 'hold' ? Math.max(dueAt, verdict.until) : dueAt;
    const payload = nextAt > this.#tx.now ? null : this.payload(event);
    this.#queue(channelNo, event, { reason, payload, nextAt });
  }

  #queue(
    channelNo: number,
    event: AlertEvent,
    alert: { reason: string; payload: AlertPayload | null; nextAt?: number },
  ): void {
    const { record } = this.#telling;
    enqueueAlert(this.#tx, { incidentId: record.id, channelNo, event, nextAt: this.#tx.now, ...alert });
  }

  #keepBack(channelNo: number, event: AlertEvent, silenceId: string, reason: Reason): void {
    const incidentId = this.#telling.record.id;
    enqueueAlert(this.#tx, { incidentId, channelNo, event, reason, payload: null, nextAt: this.#tx.now, silenceId });
  }
}
