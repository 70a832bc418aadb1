import { describeFailure, FAILURES, type Failure } from '#src/domain/check.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { formsOf } from './tokens.ts';

const LENGTH = '\\d+(?:\\.\\d+)? (?:h|min|ms|s)(?: \\d+ (?:min|s))*';
const DOWNTIME = new RegExp(`(${LENGTH})(?: \\([^)]*\\))? of (?:confirmed |measured )?downtime`, 'g');
const SPAN = new RegExp(`span(?: is| of) (${LENGTH})`, 'g');
const RANGE = /(\d\d:\d\d:\d\d)(?: UTC)? (?:to|(?<=between \S+ )and) (\d\d:\d\d:\d\d)/g;
const SHARE = /(?<![\d.,:-])(\d+) of (\d+)(?![\d:-]|[.,]\d)/g;
const LAYERS: Record<string, string> = { dns: 'DNS', connect: 'TCP connect', tls: 'TLS' };

/** Figures that each are a fact, and stand at the place of another: what belongs together must stand together. */
export function mismatched(plain: string, text: string, facts: readonly Fact[]): string[] {
  return [
    ...ranges(plain, facts),
    ...[...plain.matchAll(SHARE)]
      .filter(([, part, whole]) => Number(part) > Number(whole))
      .map(([found]) => `${found} is more than all`),
    ...lengths(plain, DOWNTIME, /[dD]ownSeconds$/, facts),
    ...lengths(plain, SPAN, /^spanSeconds$/, facts),
    ...counts(text, facts),
  ];
}

/** From one time to another: two facts, the first of them not later. */
function ranges(plain: string, facts: readonly Fact[]): string[] {
  const at = (figure: string) =>
    facts.filter(({ unit, value }) => unit === 'time' && String(value).slice(11, 19) === figure);
  return [...plain.matchAll(RANGE)].flatMap(([found, from = '', to = '']) => {
    const holds = at(from).some((a) => at(to).some((b) => a !== b && String(a.value) <= String(b.value)));
    const clock = (time: number | string | undefined) => String(time ?? '').slice(11, 19);
    const isBounds = found.includes(' and ') && facts.some(({ min, max }) => clock(min) === from && clock(max) === to);
    return holds || isBounds ? [] : [`${found} is not the range of cited facts`];
  });
}

function lengths(plain: string, pattern: RegExp, name: RegExp, facts: readonly Fact[]): string[] {
  const stated = facts
    .filter((fact) => name.test(fact.name))
    .flatMap((fact) => formsOf(fact, 'value').map((f) => f.text));
  return [...plain.matchAll(pattern)].flatMap(([found, figure = '']) =>
    stated.includes(figure) ? [] : [`${found}: no cited fact says it is`],
  );
}

/** `HTTP 503 on 26`, `DNS on 60 of 60`, `Checkout API 34 of 36`: a name and its own count. */
function counts(text: string, facts: readonly Fact[]): string[] {
  const labelled = new Map<string, Set<string>>();
  const add = (label: string, value: unknown) =>
    labelled.set(label, (labelled.get(label) ?? new Set()).add(String(value)));
  for (const fact of facts) {
    const subject = fact.about?.split('/').at(-1) ?? '';
    if (fact.name === 'failureCount' || fact.name === 'windowFailureCount') add(`${symptomOf(subject)} on`, fact.value);
    if (fact.name === 'phaseCompleted') add(`${LAYERS[subject] ?? subject} on`, fact.value);
    if (fact.name !== 'monitorName') continue;
    const own = (wanted: string) => facts.filter(({ name, about }) => name === wanted && about === fact.about);
    for (const { value } of own('monitorFailed'))
      for (const whole of own('monitorChecks')) add(`\u0000${String(fact.value)}`, `${value} of ${whole.value}`);
  }
  return [...labelled].flatMap(([label, values]) => {
    const wrong = [...text.matchAll(patternOf(label))].filter(([, figure = '']) => !values.has(figure));
    return wrong.map(([found]) => `${found} is not what a cited fact says`);
  });
}

/** A name has a share behind it (its own last word may be a number), a label a count or a share. */
function patternOf(label: string): RegExp {
  const isName = label.startsWith('\u0000');
  const figure = isName ? '(\\d+ of \\d+)' : '(\\d+)(?= of |,|;|\\.$)';
  return new RegExp(`${literally(label.replace('\u0000', ''))} ${figure}`, 'g');
}

const literally = (text: string) => text.replaceAll(/[^\p{L}\p{N} ]/gu, '\\$&');

function symptomOf(symptom: string): string {
  const [name = '', status] = symptom.split(':');
  const failure = FAILURES.find((known) => known === name) as Failure | undefined;
  return failure ? describeFailure(failure, status === undefined ? null : Number(status)) : symptom;
}
