import type { Logger } from 'pino';
import type { AlertPayload } from '#src/domain/alert.ts';
import type { Clock, EpochMs } from '#src/domain/clock.ts';
import { type Escalation, nextEscalation, nextReminder } from '#src/domain/escalation.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import type { Store, Tx } from '#src/store/database.ts';
import { putRun, readFollowedIncidents, readRun } from '#src/store/escalations.ts';
import { readIncidentRecord } from '#src/store/incidents.ts';
import {
  deferAlert,
  dropAlert,
  freezeAlert,
  nextWaitingAt,
  readChannelNumbers,
  readDueWaiting,
  silenceAlert,
} from '#src/store/outbox.ts';
import { readCurrentSilences } from '#src/store/silences.ts';
import { readWindowsOfIncident } from '#src/store/windows.ts';
import { comebacksIn, readParties, Teller } from './teller.ts';

export interface PolicyOptions {
  store: Store;
  clock: Clock;
  /** Base of the links in alerts. */
  publicUrl: () => string;
  logger?: Pick<Logger, 'info'>;
}

export interface Policy {
  /** Does what is due of everything that waits; says when to look again. */
  pass(): Promise<{ wakeAt: EpochMs | null }>;
}

const FAR = Number.MAX_SAFE_INTEGER;

/**
 * What the passing of time makes due: updates whose group wait is over, escalation steps, reminders, the ends of quiet
 * hours and of silences. It looks at the rows as they stand, so that what fell due while no server ran is told once.
 */
export function createPolicy({ store, clock, publicUrl, logger }: PolicyOptions): Policy {
  /** When an incident is to be looked at again if nothing is written to it before. */
  const seen = new Map<string, { changeSeq: number; lookAt: EpochMs }>();
  store.on('policy', () => seen.clear());
  store.on('monitors', () => seen.clear());

  function tellerOf(tx: Tx, record: IncidentRecord): Teller {
    const comebacks = comebacksIn(readWindowsOfIncident(tx, record.id).map(({ window }) => window.monitorNo));
    return new Teller(tx, { record, parties: readParties(tx, record.id), comebacks, publicUrl: publicUrl() });
  }

  /** What waited for more is frozen now, unless it must wait on, or was overtaken. */
  function freezeDue(tx: Tx): void {
    for (const [incidentId, rows] of Map.groupBy(readDueWaiting(tx, tx.now), (row) => row.incidentId)) {
      const record = readIncidentRecord(tx, incidentId);
      if (!record) continue;
      const teller = tellerOf(tx, record);
      const targets = teller.targets();
      for (const { id, channelNo, event } of rows) {
        const verdict = targets.get(channelNo) ?? teller.routing.rest;
        const isOver = event === 'incident.resolved';
        if (!isOver && record.resolvedAt !== null) dropAlert(tx, id);
        else if (verdict.kind === 'hold') deferAlert(tx, id, verdict.until);
        else if (verdict.kind === 'silence' && !isOver) silenceAlert(tx, id, verdict.silenceId);
        else freezeAlert(tx, id, teller.payload(event));
      }
      teller.startEscalations();
    }
  }

  /** Channels that are owed something as things stand: a silence or quiet hours ended, a monitor names another channel. */
  function catchUp(tx: Tx, teller: Teller): EpochMs {
    let lookAt = FAR;
    for (const [channelNo, verdict] of teller.targets()) {
      const { rows, told } = teller.told(channelNo);
      if (verdict.kind !== 'tell') lookAt = Math.min(lookAt, verdict.until);
      if (told.length === 0) {
        if (rows.length === 0 || verdict.kind !== 'silence')
          teller.open(channelNo, verdict, rows.length > 0 ? 'silence-ended' : 'routed');
        continue;
      }
      if (verdict.kind !== 'tell') continue;
      for (const row of told)
        if (row.waits && row.event === 'incident.opened' && row.nextAt > tx.now)
          freezeAlert(tx, row.id, teller.payload('incident.opened'));
      if (rows.at(-1)?.state === 'silenced') teller.update(channelNo, verdict, 'silence-ended');
    }
    return lookAt;
  }

  function escalate(tx: Tx, record: IncidentRecord, teller: Teller): EpochMs {
    let lookAt = FAR;
    const reminded = new Set<number>();
    for (const [key, verdict] of teller.routing.escalations) {
      const escalation = teller.escalations.get(key);
      if (!escalation) continue;
      if (verdict.kind !== 'tell') lookAt = Math.min(lookAt, verdict.until);
      else
        lookAt = Math.min(
          lookAt,
          climb(tx, record, teller, escalation),
          remind(tx, record, teller, escalation, reminded),
        );
    }
    return lookAt;
  }

  function climb(tx: Tx, record: IncidentRecord, teller: Teller, escalation: Escalation): EpochMs {
    for (;;) {
      const run = readRun(tx, record.id, escalation.no);
      if (!run) return FAR;
      const next = nextEscalation(escalation, run, tx.now);
      if (next.kind === 'over') return FAR;
      if (next.kind === 'wait') return next.until;
      const { key, name } = escalation;
      const data: Partial<AlertPayload['data']> = {
        escalation: { key, name, step: next.step, round: next.round, reason: next.reason },
      };
      for (const channelNo of readChannelNumbers(tx, next.channels).values())
        teller.tellNow(channelNo, 'incident.escalated', next.reason, data);
      putRun(tx, record.id, escalation.no, { ...run, stepsDone: next.stepsDone, remindedAt: tx.now });
      logger?.info({ event: 'alert.escalated', incidentId: record.id, escalation: key, reason: next.reason });
    }
  }

  /** Not where something still waits to be delivered: that says it already. */
  function remind(
    tx: Tx,
    record: IncidentRecord,
    teller: Teller,
    escalation: Escalation,
    reminded: Set<number>,
  ): EpochMs {
    const run = readRun(tx, record.id, escalation.no);
    const next = run ? nextReminder(escalation, run, tx.now) : null;
    if (!run || !next || next.kind === 'over') return FAR;
    if (next.kind === 'wait') return next.until;
    for (const [channelNo, verdict] of teller.targets()) {
      const { told } = teller.told(channelNo);
      if (verdict.kind !== 'tell' || told.length === 0 || reminded.has(channelNo)) continue;
      reminded.add(channelNo);
      if (!told.some(({ state }) => state === 'pending')) teller.tellNow(channelNo, 'incident.reminder', next.reason);
    }
    putRun(tx, record.id, escalation.no, { ...run, remindedAt: tx.now });
    return tx.now + (escalation.reminders?.everySeconds ?? 0) * 1000;
  }

  function look(tx: Tx, incidentId: string): EpochMs {
    const record = readIncidentRecord(tx, incidentId);
    if (!record || record.resolvedAt !== null) return FAR;
    const first = tellerOf(tx, record);
    const lookAt = catchUp(tx, first);
    const teller = tellerOf(tx, record);
    teller.startEscalations();
    return record.acknowledgedAt === null ? Math.min(lookAt, escalate(tx, record, teller)) : lookAt;
  }

  return {
    async pass() {
      const now = clock.now();
      if ((nextWaitingAt(store.reader) ?? FAR) <= now) store.transact(freezeDue);
      let wakeAt = Math.min(nextWaitingAt(store.reader) ?? FAR, ...silencesBegin());
      const open = readFollowedIncidents(store.reader);
      for (const { id, changeSeq } of open) {
        const known = seen.get(id);
        if (!known || known.changeSeq !== changeSeq || known.lookAt <= now)
          seen.set(id, { changeSeq, lookAt: store.transact((tx) => look(tx, id)) });
        wakeAt = Math.min(wakeAt, seen.get(id)?.lookAt ?? FAR);
      }
      const ids = new Set(open.map(({ id }) => id));
      for (const id of seen.keys()) if (!ids.has(id)) seen.delete(id);
      return { wakeAt: wakeAt === FAR ? null : wakeAt };
    },
  };

  /** A silence that begins later changes what is said of incidents that are open then. */
  function silencesBegin(): EpochMs[] {
    const now = clock.now();
    return readCurrentSilences(store.reader, now).flatMap(({ startsAt }) => (startsAt > now ? startsAt : []));
  }
}
