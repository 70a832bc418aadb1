import type { AlertEvent } from '#src/domain/alert.ts';
import type { IncidentRecord } from '#src/domain/incident.ts';
import type { Party } from '#src/domain/routing.ts';
import type { Tx } from '#src/store/database.ts';
import { readWindowsOfIncident } from '#src/store/windows.ts';
import { comebacksIn, readParties, Teller } from './teller.ts';

export interface IncidentChange {
  before: IncidentRecord | null;
  record: IncidentRecord;
  /** A monitor is in it that was not before. */
  joined: boolean;
  /** A monitor of it is back, and others are not. */
  recovered: boolean;
  parties: Party[];
  /** How often a monitor of it came back. */
  comebacks: number;
  publicUrl: string;
}

type Happened = 'opened' | 'opened-and-over' | 'reopened' | 'joined' | 'recovered' | 'resolved';

/**
 * Writes the alerts that follow from a change of an incident to the outbox, in the transaction that makes the change. The
 * first alert leaves at once; monitors that join or recover within the group wait are one update.
 */
export function notify(tx: Tx, change: IncidentChange): void {
  const happened = whatHappened(change);
  if (!happened) return;
  const teller = new Teller(tx, change);
  for (const [channelNo, verdict] of teller.targets()) {
    const isNew = teller.told(channelNo).told.length === 0;
    if (happened === 'resolved') teller.resolve(channelNo, verdict);
    else if (happened === 'opened-and-over') {
      if (isNew) teller.open(channelNo, verdict, 'opened');
      new Teller(tx, change).resolve(channelNo, verdict);
    } else if (!isNew) teller.update(channelNo, verdict, happened);
    else if (happened !== 'recovered') teller.open(channelNo, verdict, 'opened');
  }
  if (change.record.resolvedAt === null) teller.startEscalations();
}

/** An outage that was over before it was first written (a backlog) is still told as both. */
function whatHappened({ before, record, joined, recovered }: IncidentChange): Happened | null {
  const isOver = record.resolvedAt !== null;
  if (!before) return isOver ? 'opened-and-over' : 'opened';
  if (before.resolvedAt !== null) return isOver ? null : 'reopened';
  if (isOver) return 'resolved';
  return joined ? 'joined' : recovered ? 'recovered' : null;
}

/**
 * Alerts that follow from what a person did or left undone: told to all channels that were told of the incident, but for
 * those that a silence covers. Of a postmortem whose incident nobody was told of, the channels hear that its monitors
 * name now: history that was imported, or a channel that came later.
 */
export function notifyPersonal(
  tx: Tx,
  record: IncidentRecord,
  event: AlertEvent,
  publicUrl: string,
  summary?: string,
): void {
  const comebacks = comebacksIn(readWindowsOfIncident(tx, record.id).map(({ window }) => window.monitorNo));
  const teller = new Teller(tx, { record, parties: readParties(tx, record.id), comebacks, publicUrl });
  const targets = teller.targets();
  const anyTold = [...targets.keys()].some((channelNo) => teller.told(channelNo).told.length > 0);
  const isAboutIt = event === 'postmortem.due' || event === 'action.overdue';
  for (const [channelNo, verdict] of targets) {
    const { told } = teller.told(channelNo);
    if (told.length === 0 && (anyTold || !isAboutIt)) continue;
    // What is not frozen yet will say it.
    const opens = told.some(({ waits, event: waiting }) => waits && waiting === 'incident.opened');
    if (event === 'incident.resolved') teller.resolve(channelNo, verdict);
    else if (!opens && verdict.kind !== 'silence')
      teller.tellNow(channelNo, event, event.replace(/^\w+\./, ''), summary === undefined ? {} : { summary });
  }
}
