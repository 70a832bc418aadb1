import type { Block, Layout, Span } from './document.ts';
import type { Fact } from './facts.ts';
import type { Ledger } from './ledger.ts';
import type { Frame } from './measure-incident.ts';
import type { DraftMonitor, DraftRows } from './rows.ts';
import { date, figure, join, type Said, time, words } from './say.ts';

/** What the sections are written from. */
export interface Draft {
  rows: DraftRows;
  frame: Frame;
  ledger: Ledger;
}

export function block(id: string, layout: Layout, ...spans: Span[]): Block {
  return { id, origin: 'machine', stale: false, layout, spans };
}

export const paragraph = (id: string, ...spans: Span[]): Block => block(id, { as: 'paragraph' }, ...spans);
export const item = (id: string, ...spans: Span[]): Block => block(id, { as: 'item' }, ...spans);
export const heading = (id: string, span: Span): Block => block(id, { as: 'heading' }, span);

export function nameOf({ ledger }: Pick<Draft, 'ledger'>, monitorId: string): Said {
  return figure(ledger.get('monitorName', monitorId));
}

/** `A and B`, or with more than `limit` of them `A, B and others (5 monitors)`. */
export function names(draft: Draft, monitors: readonly { id: string }[], limit = 3): Said {
  const shown = monitors.length > limit ? monitors.slice(0, limit - 1) : monitors;
  const said = shown.map(({ id }) => nameOf(draft, id));
  if (shown.length === monitors.length) return join(said, ', ', ' and ');
  return words`${join(said)} and others (${figure(draft.ledger.get('affectedCount'))} monitors)`;
}

/** A time of day, with its date where the incident is not over on the day on which it began. */
export function moment({ ledger }: Pick<Draft, 'ledger'>, fact: Fact): Said {
  const [start, last] = [ledger.get('start'), ledger.known('end') ?? ledger.known('asOf')];
  const isOneDay = !last || date(start).text === date(last).text;
  return isOneDay ? time(fact) : words`${time(fact)} on ${date(fact)}`;
}

/** What was measured on the monitor that failed first: the one whose failure the text goes into. */
export function lead({ rows }: Draft): DraftMonitor | null {
  return rows.monitors[0] ?? null;
}

/** `connection refused`, or with more than one symptom `connection refused on 34, HTTP 503 on 26`; the most frequent three. */
export function symptoms({ ledger }: Draft, monitor: DraftMonitor, describe: (symptom: string) => string): Said {
  const all = [...monitor.seen.symptoms.keys()];
  const counted = all.map((symptom) => ({ symptom, fact: ledger.get('failureCount', `${monitor.id}/${symptom}`) }));
  if (counted.length === 1 && counted[0]) return { text: describe(counted[0].symptom), facts: [counted[0].fact.id] };
  const largest = counted.toSorted((a, b) => Number(b.fact.value) - Number(a.fact.value)).slice(0, 3);
  const shown = counted.filter((entry) => largest.includes(entry));
  const said = join(shown.map(({ symptom, fact }) => words`${describe(symptom)} on ${figure(fact)}`));
  return counted.length === shown.length ? said : words`${said} and others`;
}

/** The names of the two most frequent symptoms: `HTTP 503 or connection refused`. */
export function symptomNames({ ledger }: Draft, monitor: DraftMonitor, describe: (symptom: string) => string): Said {
  const counted = [...monitor.seen.symptoms.keys()]
    .map((symptom) => ({ symptom, fact: ledger.get('failureCount', `${monitor.id}/${symptom}`) }))
    .sort((a, b) => Number(b.fact.value) - Number(a.fact.value));
  const said = counted.slice(0, 2).map(({ symptom, fact }) => ({ text: describe(symptom), facts: [fact.id] }));
  return said.length > 0 ? join(said, ' or ') : words`no failed check`;
}
