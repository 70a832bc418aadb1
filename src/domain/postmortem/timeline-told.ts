import type { Span, TimelineKind } from './document.ts';
import type { Draft } from './draft.ts';
import type { Fact } from './facts.ts';
import { plural } from './format.ts';
import type { DraftAlert, DraftEntry, EntryKind } from './rows.ts';
import { date, derived, figure, length, observed, reported, share, time, words } from './say.ts';
import { conflictRows } from './timeline-conflicts.ts';
import type { Row } from './timeline-row.ts';

/** A note that comes later than this is history: how much later says nothing. */
const TELLING_SECONDS = 86_400;

/** The rows that alerts, people and integrations give, and where sources disagree. */
export function toldRows(draft: Draft): Row[] {
  const { rows } = draft;
  return [
    ...rows.alerts.flatMap((alert) => alertRows(draft, alert)),
    ...rows.entries.map((entry) => entryRow(draft, entry)),
    ...bareAcknowledgment(draft),
    ...conflictRows(draft),
  ];
}

function alertRows({ ledger }: Draft, alert: DraftAlert): Row[] {
  const about = alert.id;
  const event = ledger.get('alertEvent', about);
  const channel = ledger.get('alertChannel', about);
  const delivered = ledger.known('alertDeliveredAt', about);
  const what = { text: alert.event.replace(/^incident\./, ''), facts: [event.id] };
  const result: Row[] = [];
  const failed = ledger.get('alertFailedAttempts', about);
  const firstFailed = ledger.known('alertFirstFailedAt', about);
  if (firstFailed) {
    const givenUp = ledger.known('alertGivenUp', about);
    const end = givenUp ? words`; given up: ${figure(givenUp)}` : words``;
    const count = Number(failed.value);
    const text = observed`Alert (${what}) to ${figure(channel)} not delivered: ${figure(failed)} ${plural(count, 'attempt')} failed, ${count > 1 ? 'last with ' : ''}${figure(ledger.get('alertFailure', about))}${end}.`;
    result.push({
      id: `timeline.alert-failed.${about}`,
      kind: 'alert_failed',
      source: 'alert',
      at: firstFailed,
      to: ledger.known('alertLastFailedAt', about),
      spans: [text],
      fold: 'alerts',
    });
  }
  if (!delivered) return result;
  const first = ledger.known('alertedAt');
  const attempts = ledger.get('alertAttempts', about);
  const on = Number(attempts.value) > 0 ? words` on attempt ${figure(attempts)}` : words``;
  if (first && first.rows[0] === about) {
    const text = derived`First human alerted: the alert “${what}” was delivered to ${figure(channel)}${on}.`;
    result.push({ id: 'timeline.alerted', kind: 'alerted', source: 'alert', at: delivered, to: null, spans: [text] });
    return result;
  }
  const machine = alert.human ? '' : ', a channel of machines';
  const kind: TimelineKind = alert.event === 'incident.escalated' ? 'escalated' : 'alerted';
  const text = observed`Alert (${what}) delivered to ${figure(channel)}${machine}${on}.`;
  result.push({
    id: `timeline.${about}`,
    kind,
    source: 'alert',
    at: delivered,
    to: null,
    spans: [text],
    fold: 'alerts',
  });
  return result;
}

const ENTRY_WORDS: Record<EntryKind, string> = {
  acknowledged: 'Acknowledged:',
  diagnostic: 'Diagnostic step:',
  cause_identified: 'Cause identified, as reported and to be confirmed:',
  fix_applied: 'Fix applied:',
  note: 'Note:',
  status_update: 'Public update',
  resolved: 'Declared resolved:',
};

/** The entries that are a moment of the incident carry its id, whatever entry it is by the next revision. */
const MOMENTS: Partial<Record<EntryKind, { id: string; fact: Parameters<Draft['ledger']['known']>[0] }>> = {
  acknowledged: { id: 'timeline.acknowledged', fact: 'acknowledgedAt' },
  diagnostic: { id: 'timeline.diagnostic', fact: 'diagnosticAt' },
  cause_identified: { id: 'timeline.cause', fact: 'causeIdentifiedAt' },
  fix_applied: { id: 'timeline.fix', fact: 'fixAppliedAt' },
  status_update: { id: 'timeline.status-update', fact: 'statusUpdateAt' },
};

function entryRow(draft: Draft, entry: DraftEntry): Row {
  const { ledger } = draft;
  const moment = MOMENTS[entry.kind];
  const fact = moment && ledger.known(moment.fact);
  const isMoment = fact?.rows.includes(entry.id) ?? false;
  const text = ledger.get('entryText', entry.id);
  return {
    id: isMoment && moment ? moment.id : `timeline.${entry.id}`,
    kind: entry.kind,
    source: entry.source,
    at: ledger.get('entryAt', entry.id),
    to: null,
    spans: [...entrySpans(draft, entry, text), ...lateSpans(draft, entry.id)],
    ...(isMoment ? {} : { fold: 'entries' as const }),
  };
}

/** What was told late shows when it was told as well. */
function lateSpans({ ledger }: Draft, id: string): Span[] {
  const late = ledger.known('entryLateSeconds', id);
  if (!late) return [];
  const [told, at] = [ledger.get('entryRecordedAt', id), ledger.get('entryAt', id)];
  const when = date(told).text === date(at).text ? words`at ${time(told)}` : words`on ${date(told)} at ${time(told)}`;
  return Number(late.value) > TELLING_SECONDS
    ? [derived`Recorded ${when}.`]
    : [derived`Recorded ${when}, ${length(late)} later.`];
}

/** Words that say no more than the kind of the entry. */
const ACKNOWLEDGED_ALONE =
  /^(?:(?:incident|alert) )?(?:was )?acknowledged(?: by (?:an? |the )?(?:on-call|responder|on-call (?:responder|engineer)|engineer))?[.!]?$/i;

function entrySpans({ ledger, rows }: Draft, entry: DraftEntry, text: Fact): Span[] {
  const repeats = entry.kind === 'acknowledged' && ACKNOWLEDGED_ALONE.test(String(text.value));
  const quoted = text.value === '' || repeats ? [] : [reported`“${figure(text)}”`];
  if (entry.kind !== 'status_update') {
    const label = ENTRY_WORDS[entry.kind];
    return [derived`${quoted.length > 0 ? label : label.replace(/:$/, '.')}`, ...quoted];
  }
  const delay = ledger.known('entryDelaySeconds', entry.id);
  const down = ledger.get('downAtUpdate', entry.id);
  const after = delay ? words`, ${length(delay)} after the start` : words` before the start`;
  if (rows.monitors.length === 0) return [derived`Public update${after}:`, ...quoted];
  const [affected] = [ledger.get('affectedCount')];
  const monitors = plural(Number(affected.value), 'monitor');
  return [
    derived`Public update${after}:`,
    ...quoted,
    derived`Measured then: ${share(down, affected)} affected ${monitors} down.`,
  ];
}

/** Acknowledged through a button: the incident says when, and no entry does. */
function bareAcknowledgment({ ledger, rows }: Draft): Row[] {
  const at = ledger.known('acknowledgedAt');
  if (!at || rows.entries.some(({ id }) => at.rows.includes(id))) return [];
  return [
    {
      id: 'timeline.acknowledged',
      kind: 'acknowledged',
      source: 'person',
      at,
      to: null,
      spans: [observed`Acknowledged.`],
    },
  ];
}
