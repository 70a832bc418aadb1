import type { Section, Span } from './document.ts';
import { type Draft, lead, moment, nameOf, names, paragraph, symptoms } from './draft.ts';
import type { Fact } from './facts.ts';
import { plural } from './format.ts';
import {
  boundedLength,
  capitalized,
  date,
  derived,
  figure,
  join,
  length,
  question,
  reported,
  resting,
  type Said,
  share,
  time,
  words,
} from './say.ts';
import { describeSymptom } from './symptom-words.ts';

/** Two or three sentences: impact, what and how long, what was affected and what was not. What is unknown is asked. */
export function drawSummary(draft: Draft): Section {
  const [impact, scope, checks] = [impactSpans(draft), scopeSpans(draft), checksSaid(draft)];
  const apart = impact.length === 0 || scope.every(({ kind }) => kind === 'question');
  const tail = checks && !apart ? words`; ${checks}` : words``;
  const blocks = [
    ...(impact.length > 0 ? [paragraph('summary.impact', ...impact)] : []),
    paragraph('summary.what', whatSpan(draft, tail)),
    paragraph('summary.checks', ...(checks && apart ? [derived`${capitalized(checks)}.`] : [])),
    paragraph('summary.scope', ...scope),
    paragraph('summary.users', ...userQuestions(draft, impact.length > 0)),
  ];
  return { id: 'summary', title: 'Incident summary', blocks: blocks.filter(({ spans }) => spans.length > 0) };
}

/** The owner's words up to their first full stop: one sentence is one sentence. */
function firstSentence(text: string): string {
  return (text.split(/[.!?](?:\s|$)/u)[0] ?? text).trim();
}

function impactSpans(draft: Draft): Span[] {
  const { ledger, rows, frame } = draft;
  const stated = rows.monitors.find(
    ({ id }) => ledger.known('impactSummary', id) ?? ledger.known('usersPerMinute', id),
  );
  if (!stated) return [];
  const summary = ledger.known('impactSummary', stated.id);
  const users = usersSaid(draft, stated.id);
  const down = length(ledger.get('monitorDownSeconds', stated.id));
  if (!summary) return users ? [derived`${capitalized(users)} met a failure of ${nameOf(draft, stated.id)}.`] : [];
  const quoted = reported`${resting(`“${firstSentence(String(summary.value))}”`, summary)}`;
  const soFar = frame.open ? ' so far' : '';
  const tail = users ? words`: ${users}` : words``;
  return [quoted, derived`for ${down}${soFar}, as its owner words a failure of ${nameOf(draft, stated.id)}${tail}.`];
}

function usersSaid({ ledger }: Draft, id: string): Said | null {
  const users = ledger.known('usersAffected', id);
  const rate = ledger.known('usersPerMinute', id);
  if (!users || !rate) return null;
  const bounds = users.min === users.value && users.max === users.value ? '' : ` (${users.min} to ${users.max})`;
  const total = { text: `${users.value} users${bounds}`, facts: [users.id] };
  return words`${total} at the owner's figure of ${figure(rate)} per minute`;
}

function whatSpan(draft: Draft, tail: Said): Span {
  const { ledger, rows, frame } = draft;
  const who = rows.monitors.length > 0 ? names(draft, rows.monitors) : words`What a person declared`;
  const [start, end, down, span] = [
    ledger.get('start'),
    ledger.known('end'),
    ledger.get('downSeconds'),
    ledger.get('spanSeconds'),
  ];
  const many = rows.monitors.length > 1;
  const amount = amountSaid(draft, down, span);
  const asOf = ledger.known('asOf');
  if (rows.pattern) {
    const [count, failed] = [ledger.get('patternCount'), ledger.get('patternFailed')];
    const oneDay = end && date(end).text === date(start).text;
    const day = end && !oneDay ? words` on ${date(end)}` : words``;
    const to = end ? words` to ${time(end)} UTC${day}` : words``;
    return derived`${figure(ledger.get('patternMonitor'))} failed briefly ${figure(count)} times from ${time(start)} UTC on ${date(start)}${to} (${figure(ledger.get('patternFailure'))}), each time over before it was confirmed: ${figure(failed)} failed checks in all, within a span of ${boundedLength(span)}, with ${length(down)} of confirmed downtime.`;
  }
  if (rows.record.kind === 'blind') {
    return derived`Monitoring was blind from ${time(start)} UTC on ${date(start)}: its own network was lost and no sentinel answered; its span is ${boundedLength(span)}, with ${length(down)} of measured downtime, since no monitor is called down for that time.`;
  }
  if (rows.monitors.length === 0) {
    return derived`An incident was opened without a monitor that was down, from ${time(start)} UTC on ${date(start)}: its span is ${boundedLength(span)}, with ${length(down)} of measured downtime.`;
  }
  if (frame.open && asOf) {
    return derived`${who} ${many ? 'have' : 'has'} been failing checks since ${time(start)} UTC on ${date(start)}: ${amount}, as of ${time(asOf)} UTC${tail}.`;
  }
  if (!end) {
    const left = ledger.known('stoppedFollowingAt');
    const until = left
      ? words`, followed until ${time(left)} UTC without a check that passed`
      : words`, its end not observed`;
    return derived`${who} ${many ? 'were' : 'was'} down from ${time(start)} UTC on ${date(start)}${until}: ${amount}${tail}.`;
  }
  const first = beganBefore(draft) ? ', its first check on record,' : '';
  const oneDay = date(end).text === date(start).text;
  const when = oneDay
    ? words`on ${date(start)} from ${time(start)}${first} to ${time(end)} UTC`
    : words`from ${time(start)} UTC on ${date(start)} to ${time(end)} UTC on ${date(end)}`;
  const verb = ledger.number('flapCount') > 0 ? 'down on and off' : 'down';
  return derived`${who} ${many ? 'were' : 'was'} ${verb} ${when}: ${amount}${tail}.`;
}

/** No check had passed before: the start is the first check, and may lie earlier. */
export function beganBefore(draft: Draft): boolean {
  const first = lead(draft);
  return first !== null && !draft.ledger.known('lastGoodAt', `${first.id}/w1`);
}

function amountSaid({ ledger }: Draft, down: Fact, span: Fact): Said {
  if (boundedLength(down).text === boundedLength(span).text) return words`${boundedLength(down)} of downtime`;
  const windows = ledger.get('windowCount');
  return words`${boundedLength(down)} of downtime in ${figure(windows)} ${plural(Number(windows.value), 'window')} within a span of ${length(span)}`;
}

/** How many checks failed, and how long nobody looked. */
function checksSaid(draft: Draft): Said | null {
  const { ledger, rows } = draft;
  if (rows.monitors.length === 0 || rows.pattern || rows.record.kind === 'blind') return null;
  const [blind, span] = [ledger.get('unobservedSeconds'), ledger.get('spanSeconds')];
  if (Number(blind.value) === 0) return failedSaid(draft);
  return words`${failedSaid(draft)}; ${length(blind)} of the span of ${length(span)} went unobserved`;
}

function failedSaid(draft: Draft): Said {
  const { ledger, rows } = draft;
  const counts = rows.monitors.slice(0, 3).map(({ id }) => ({
    id,
    said: share(ledger.get('monitorFailed', id), ledger.get('monitorChecks', id)),
  }));
  const first = lead(draft);
  if (!first) return words`no check failed`;
  if (rows.monitors.length === 1) {
    const [seen, all] = [ledger.get('locationFailedCount', first.id), ledger.get('locationCount', first.id)];
    const from = Number(all.value) > 1 ? words`, seen from ${share(seen, all)} locations` : words``;
    const where = ledger.number('windowCount') > 1 ? 'in these windows ' : '';
    return words`${where}${counts[0]?.said ?? ''} checks failed, ${symptoms(draft, first, describeSymptom)}${from}`;
  }
  const of = (id: string) => rows.monitors.find((monitor) => monitor.id === id) ?? first;
  const each = counts.map(
    ({ id, said }) => words`${nameOf(draft, id)} ${said}, ${symptoms(draft, of(id), describeSymptom)}`,
  );
  return words`failed checks: ${join(each, '; ')}`;
}

function scopeSpans(draft: Draft): Span[] {
  const { ledger, rows } = draft;
  if (rows.pattern)
    return [
      derived`No outage was confirmed: each time a check passed before as many had failed as the policy asks for.`,
    ];
  const [affected, fine, watched] = [
    ledger.get('affectedCount'),
    ledger.get('notAffectedCount'),
    ledger.get('watchedCount'),
  ];
  const was = (count: Fact) => (Number(count.value) === 1 ? 'was' : 'were');
  const affectedSaid = words`${share(affected, watched)} watched ${plural(Number(watched.value), 'monitor')} ${was(affected)} affected`;
  if (Number(fine.value) === 0) {
    const alone = question`Which other parts of the product failed, and which kept working, while no other monitor was watching?`;
    // Of one that was watched it says nothing that it was affected.
    if (Number(affected.value) > 0 && Number(watched.value) === 1) return [alone];
    const none =
      Number(affected.value) > 0
        ? words`${affectedSaid}, and no other monitor was checked in that time`
        : words`No monitor was checked in that time`;
    return [derived`${capitalized(none)}.`, alone];
  }
  const shown = rows.notAffected.first.slice(0, 4).map(({ id }) => nameOf(draft, id));
  const others =
    Number(fine.value) > shown.length
      ? words`${figure(fine)} others, among them ${join(shown, ', ', ' and ')},`
      : join(shown, ', ', ' and ');
  return [derived`${affectedSaid}; ${others} ${was(fine)} checked in the same time and not affected.`];
}

function userQuestions(draft: Draft, stated: boolean): Span[] {
  const { ledger, rows } = draft;
  const when = ledger.known('end') ?? ledger.known('asOf');
  const range = when
    ? words` between ${moment(draft, ledger.get('start'))} and ${moment(draft, when)} UTC`
    : words` from ${time(ledger.get('start'))} UTC`;
  const first = lead(draft);
  const of = first ? words` of ${nameOf(draft, first.id)}` : words``;
  const counted = rows.monitors.some(({ id }) => ledger.known('usersAffected', id));
  if (counted) return [];
  return stated
    ? [question`How many users${of} met this${range}, and by which count?`]
    : [question`What could users${of} not do${range}, and how many of them tried?`];
}
