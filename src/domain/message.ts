import { type AlertPayload, humanSeconds } from './alert.ts';
import { describeFailure, layerOf } from './check.ts';
import { cutEnd, plainText } from './plain-text.ts';

/** How much it matters: what colours, priorities and icons are made from. */
export type Tone = 'critical' | 'major' | 'minor' | 'acknowledged' | 'resolved' | 'notice';

/** An alert as people read it, for any service: a channel only formats it. All text is plain and of one line. */
export interface AlertMessage {
  event: AlertPayload['type'];
  tone: Tone;
  /** What it is about, without the moment: the same over the life of an incident, unless more monitors join it. */
  title: string;
  /** The line for a lock screen. */
  line: string;
  fields: { label: string; text: string }[];
  links: { label: 'Acknowledge' | 'Incident' | 'Draft'; url: string }[];
  incident: { id: string; number: number; severity: 'critical' | 'major' | 'minor' } | null;
  /** RFC 3339. */
  at: string;
}

type Data = AlertPayload['data'];
type IncidentJson = NonNullable<Data['incident']>;
type Field = AlertMessage['fields'][number];

/** Of a list of monitors, a message names this many. */
const NAMED = 5;
/** Of a digest, a message shows this many. */
const MOST_DEGRADED = 20;
const MOST_NAME = 60;
const MOST_LINE = 240;
const MOST_FIELD = 400;

/** What to say of an alert. `before` is what this channel was told last of the incident: what changed is said. */
export function renderMessage(payload: AlertPayload, before: AlertPayload | null): AlertMessage {
  const { data, type, timestamp } = payload;
  const { incident } = data;
  return {
    event: type,
    tone: toneOf(type, incident),
    title: cutEnd(plainText(incident?.title ?? data.summary), 150),
    line: cutEnd(plainText(data.summary), MOST_LINE),
    fields: fieldsOf(data, before?.data ?? null, type)
      .map(({ label, text }) => ({ label, text: cutEnd(plainText(text), MOST_FIELD) }))
      .filter(({ text }) => text !== ''),
    links: linksOf(payload),
    incident: incident && { id: incident.id, number: incident.number, severity: incident.severity },
    at: timestamp,
  };
}

function toneOf(event: AlertPayload['type'], incident: IncidentJson | null): Tone {
  if (event === 'incident.resolved' || incident?.status === 'resolved') return 'resolved';
  if (event === 'incident.acknowledged') return 'acknowledged';
  if (event.startsWith('incident.') || event === 'monitoring.blind') return incident?.severity ?? 'notice';
  return 'notice';
}

function linksOf({ type, data }: AlertPayload): AlertMessage['links'] {
  const { incident, links } = data;
  const open = incident !== null && incident.status === 'open';
  return [
    ...(open && links.acknowledge ? [{ label: 'Acknowledge' as const, url: links.acknowledge }] : []),
    ...(links.incident ? [{ label: 'Incident' as const, url: links.incident }] : []),
    ...(links.postmortem && type !== 'monitoring.blind' ? [{ label: 'Draft' as const, url: links.postmortem }] : []),
  ];
}

function fieldsOf(data: Data, before: Data | null, event: AlertPayload['type']): Field[] {
  const { incident } = data;
  const fields: Field[] = [];
  const add = (label: string, text: string | null) => void (text && fields.push({ label, text }));
  if (data.undeliverable)
    add('Not delivered', `to channel ${data.undeliverable.channel}: ${data.undeliverable.reason}`);
  for (const { name, times, seconds } of data.degraded?.monitors.slice(0, MOST_DEGRADED) ?? [])
    add(name, `degraded ${times === 1 ? 'once' : `${times} times`}, ${humanSeconds(seconds)} in all`);
  if (data.escalation) add('Escalated', `${data.escalation.name}, ${data.escalation.reason}`);
  if (!incident) return fields;
  const resolved = incident.status === 'resolved';
  if (event === 'incident.updated') add('What changed', changeText(incident, before?.incident ?? null));
  add('Severity', incident.severity);
  add(resolved ? 'Lasted' : 'Since', resolved ? lasted(incident) : clockTime(incident.start.best));
  if (incident.affected.length > 1) add('Affected', names(incident.affected));
  if (!resolved) add('Last failing check', evidenceText(data));
  if (!resolved) add('Not affected', names(incident.notAffected, data.notAffectedCount));
  add('Seen before', recurrenceText(data));
  if (incident.acknowledgedAt) {
    add('Acknowledged', `by ${incident.acknowledgedBy ?? 'someone'} at ${clockTime(incident.acknowledgedAt)}`);
  }
  return fields;
}

/** `2026-03-01 03:12:00 UTC` */
function clockTime(rfc3339: string): string {
  return `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 19)} UTC`;
}

function lasted(incident: IncidentJson): string {
  const span = humanSeconds(incident.spanSeconds.best);
  const from = clockTime(incident.start.best);
  const until = incident.end ? ` to ${clockTime(incident.end.best)}` : '';
  const flaps = incident.flaps > 0 ? `; came back ${incident.flaps} times in between` : '';
  return `${span}, from ${from}${until}${flaps}`;
}

function names(monitors: readonly { name: string }[], count = monitors.length): string {
  const shown = monitors.slice(0, NAMED).map(({ name }) => cutEnd(plainText(name), MOST_NAME));
  const more = count - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Which monitors joined and which recovered since the channel was told last. */
function changeText(incident: IncidentJson, before: IncidentJson | null): string | null {
  if (!before) return null;
  const down = (in_: IncidentJson) => in_.affected.filter(({ windows }) => windows.some(({ end }) => end === null));
  const has = (list: readonly { id: string }[], id: string) => list.some((one) => one.id === id);
  const joined = incident.affected.filter(({ id }) => !has(before.affected, id));
  const again = down(incident).filter(({ id }) => has(before.affected, id) && !has(down(before), id));
  const recovered = incident.affected.filter(({ id }) => has(down(before), id) && !has(down(incident), id));
  const parts = [
    joined.length > 0 && `joined: ${names(joined)}`,
    recovered.length > 0 && `recovered: ${names(recovered)}`,
    again.length > 0 && `down again: ${names(again)}`,
  ].filter((part) => part !== false);
  return parts.join('; ') || null;
}

/** `Checkout API from eu-west: http, HTTP 503; expected 200-299, got 503` */
function evidenceText({ evidence, incident }: Data): string | null {
  if (!evidence) return null;
  const { failure, status, detail, location, latencyMs, at } = evidence;
  const words = describeFailure(failure, status);
  const whose = (incident?.affected.length ?? 0) > 1 ? `${cutEnd(plainText(evidence.monitor.name), MOST_NAME)} ` : '';
  const took =
    latencyMs === null
      ? ''
      : ` after ${latencyMs < 1000 ? `${Math.round(latencyMs)} ms` : humanSeconds(latencyMs / 1000)}`;
  const said = detail && detail !== words ? `; ${detail}` : '';
  return `${whose}from ${location} at ${at.slice(11, 19)} UTC, ${layerOf(failure)}: ${words}${took}${said}`;
}

function recurrenceText({ recurrence }: Data): string | null {
  const [latest] = recurrence?.incidents ?? [];
  if (!latest) return null;
  const open = latest.openActions.length;
  const items = open > 0 ? `; ${open} of its action items still open` : '';
  return `incident ${latest.number} of ${latest.startedAt.slice(0, 10)} had the same signature${items}`;
}
