import { describeFailure, FAILURES } from '#src/domain/check.ts';
import type { Span } from '#src/domain/postmortem/document.ts';
import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';
import { formsOf, tokensOf } from './tokens.ts';

/** Words that rest on a fact without printing it: that something is not there, or what a name of a row means in words. */
const RESTS: Partial<Record<FactName, RegExp>> = {
  status: /\bnot (?:restored )?yet\b|\bits end\b/,
  services: /\bthe service\b/,
  start: /\bbefore the start$|between the last good check and the first bad one/,
  end: /^(?:restored before the fix|over before the start)$/,
  detectedAt: /^(?:detected before the start|alerted before the detection)$/,
  alertedAt: /^(?:alerted before the detection|acknowledged before the alert)$/,
  acknowledgedAt:
    /^Acknowledgment: none recorded\b|^(?:acknowledged before the alert|cause known before the acknowledgment)$/,
  causeIdentifiedAt: /^(?:cause known before the acknowledgment|fixed before the cause was known)$/,
  fixAppliedAt: /^(?:fixed before the cause was known|restored before the fix)$/,
  statusUpdateAt: /^public word before the start$/,
  channelCount: /^First human alerted: no /,
  layerFailed: /^No request got past name resolution\b/,
  certificateDays: /\bno longer valid\b/,
  nearMissCount: /\bno failed check, no drift in response time\b/,
  changesBeforeCount:
    /\bnone is on record in the 24 h before the start\b|\bwith no change on record in the 24 h before\b/,
  changeAt: /between the last good check and the first bad one/,
  changeBeforeSeconds: /\bat the time of the start\b|^No row speaks for or against a connection\b/i,
  changeAffectedCount: /\bno affected monitor is of its service\b/,
  changeKind: /\b(?:deploy|change)\b/i,
  earlierCount: /^Earlier incidents: none\b/,
  earlierSameCount: /\bnone with the signature of this one\b/,
  earlierAgrees: /\bthe same \w+|\ba location in common\b/,
  earlierPostmortem: /\bpostmortem\b/,
  unobservedReason: /^Unobserved time: /,
  missPhase: /^The requests came to\b/,
};

/** What the template says of its own, without a fact: labels, cells of tables, and a few sentences. */
const OWN = new RegExp(
  `^(?:${[
    '\\((?:check|detector|alert|person|integration)\\)|none(?: set)?|Gap|Measured|Target|Luck|Outside of it|Before the start',
    'Earlier incidents \\(median\\)|Gaps between the moments|Moments without a record|Within target, policy or median',
    'Start → detected|Detected → first human alerted|Alerted → acknowledged|Acknowledged → cause identified',
    'Cause identified → fix applied|Fix applied → restored|Start → first public word',
    'of it, waiting for the next check|of it, confirmation|then evaluation, until it was on record',
    '(?:Acknowledged|Diagnostic step|Fix applied|Note|Declared resolved)[.:]',
    'Cause identified, as reported and to be confirmed[.:]|Its cause, as reported then:|Public update before the start:',
    'during the incident\\.|Known from here on\\.|Start, as declared; no monitor was down\\.|End, as declared\\.',
    'Start of the first check that failed on our own network; no monitor is called down\\.',
    'A monitor that was lost was reached again\\.|The last of them was over\\.|No monitor was checked in that time\\.',
    'Known as a pattern from here on: the near-misses of a day were enough\\.',
    'No outage was confirmed: each time a check passed before as many had failed as the policy asks for\\.',
    'Proposed from the measured gaps, the largest first\\. Keep, change or drop each; an owner and a due date are needed before publishing\\.',
    'Add a monitor that sees what this incident was about\\.?',
    '(?:Done when )?its checks fail in a rehearsal of this incident\\.?',
  ].join('|')})$`,
);

/** A statement rests on facts, or it is one of the template's own: no others can be made of a question. */
export function unfounded({ kind, text, cites }: Pick<Span, 'kind' | 'text'> & { cites: readonly string[] }): string[] {
  const isFounded = cites.length > 0 || kind === 'question' || kind === 'reported' || OWN.test(text);
  return isFounded ? [] : ['it states something, and cites nothing'];
}

/** Facts that a sentence cites and neither prints nor rests its words on: it does not say them, or says another one. */
export function unsaid(text: string, facts: readonly Fact[], keys: readonly string[]): string[] {
  const tokens = new Set(tokensOf(text).map((token) => token.text));
  return facts
    .filter((fact) => !isPrinted(fact, text, tokens, keys) && !isRestedOn(fact, text))
    .map(({ id, name }) => `it cites ${id} (${name}) and does not say it`);
}

function isPrinted(fact: Fact, text: string, tokens: ReadonlySet<string>, keys: readonly string[]): boolean {
  // A monitor is also meant by its key, and by its host.
  if (fact.name === 'monitorName' && keys.some((key) => text.includes(key))) return true;
  if (fact.unit === 'text') {
    if (fact.value === null) return false;
    const words = String(fact.value).replace(/^incident\./, '');
    const first = /^.*?[.!?…](?=\s|$)/su.exec(words)?.[0].slice(0, -1);
    return text.includes(words) || (first !== undefined && text.includes(first));
  }
  return (['value', 'min', 'max'] as const).some((part) =>
    formsOf(fact, part).some((form) => tokens.has(form.text) || text.includes(form.text)),
  );
}

function isRestedOn(fact: Fact, text: string): boolean {
  // A row of folded ones counts them all and lists some.
  if (fact.unit === 'time' && / more [^:]+, folded: /.test(text)) return true;
  if (/^(?:failureCount|windowFailureCount)$/.test(fact.name)) return text.includes(symptomOf(fact));
  const words = RESTS[fact.name]?.exec(text)?.[0];
  if (words === undefined) return false;
  // What is not there by these words must not be there by the fact.
  return !/\b(?:none|with no|no affected|no failed)\b/.test(words) || fact.value === null || fact.value === 0;
}

function symptomOf({ about = '' }: Fact): string {
  const [name, status] = (about.split('/').at(-1) ?? '').split(':');
  const failure = FAILURES.find((known) => known === name);
  return failure ? describeFailure(failure, status === undefined ? null : Number(status)) : about;
}
