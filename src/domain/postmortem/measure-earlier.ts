import { daysBetween, daysLate } from '../recurrence.ts';
import { captured } from './captured.ts';
import type { Ledger } from './ledger.ts';
import type { DraftRows } from './rows.ts';
import { describeSymptom } from './symptom-words.ts';

/** Of the earlier incidents of the same signature, so many are told of. */
export const EARLIER_NAMED = 5;
/** Of what is still open of each, so many. */
export const OPEN_NAMED = 3;

/** How the incident failed, and what there was before that failed like it. */
export function measureEarlier(ledger: Ledger, { record, monitors, recurrence }: DraftRows): void {
  const own = [record.id];
  const earlier = recurrence?.earlierIds ?? [];
  ledger.add('earlierCount', earlier.length, { rows: earlier.length > 0 ? earlier : own });
  if (!recurrence) return;
  const { signature, startedAt, same } = recurrence;
  const rows = monitors.slice(0, 1).map(({ id }) => id);
  ledger.add('signatureFailure', describeSymptom(signature.mostly), { rows });
  ledger.add('signaturePhase', signature.reached, { rows });
  ledger.add('signatureLong', signature.long, { rows });
  ledger.add('signatureLocations', signature.locations.join(', '), { rows });
  ledger.add('signatureHour', signature.hour, { rows });
  ledger.add('earlierSameCount', same.length, { rows: same.length > 0 ? same.map(({ id }) => id) : own });
  for (const incident of same.slice(0, EARLIER_NAMED)) {
    const self = { about: incident.id, rows: [incident.id] };
    ledger.add('earlierNumber', incident.number, self);
    ledger.time('earlierStart', incident.startedAt, self);
    ledger.add('earlierSeconds', (startedAt - incident.startedAt) / 1000, self);
    ledger.add('earlierDays', daysBetween(incident.startedAt, startedAt), self);
    ledger.add('earlierAgrees', incident.likeness.agrees.join(', '), self);
    ledger.add('earlierPostmortem', incident.postmortem, self);
    if (incident.cause !== null) ledger.add('earlierCause', captured(incident.cause), self);
    if (incident.openActions.length > 0) ledger.add('earlierOpenCount', incident.openActions.length, self);
    for (const { id, title, createdAt, dueOn } of incident.openActions.slice(0, OPEN_NAMED)) {
      const own = { about: `${incident.id}/${id}`, rows: [incident.id] };
      ledger.add('earlierOpenTitle', captured(title), own);
      ledger.add('earlierOpenDays', daysBetween(createdAt, startedAt), own);
      const late = daysLate(dueOn, startedAt);
      if (late > 0) ledger.add('earlierOpenLateDays', late, own);
    }
  }
}
