import type { ActionItem, Block, FactChange, Span } from './document.ts';
import type { Fact, FactName } from './facts.ts';
import type { Quotable } from './policy.ts';
import type { Printed } from './render/printed.ts';

export const REDACTED = '[redacted]';

/** What the store knows of an incident that is not for everybody. */
export interface InternalNames {
  /** Literal words with what stands for them in public; null: nothing does. */
  replace: { word: string; by: string | null }[];
  /** People, as they signed: their names are taken out whole and in part. */
  people: string[];
  /** Words that are one token, of monitors that this incident does not speak of: keys and hosts. */
  tokens: ReadonlySet<string>;
  /** Ids of timeline entries and changes whose words are not quoted. */
  unquoted: ReadonlySet<string>;
  quotes: readonly Quotable[];
}

/** All of it that is shown beside the text of a postmortem, besides what is printed. */
export interface Shown extends Printed {
  by?: string | null;
  newer?: FactChange[];
  /** The actions as their rows are now. */
  actions?: ActionItem[];
}

/**
 * The public version: the same text with words taken out, never with a figure or a sentence changed. What is taken out is
 * seen to be (`[redacted]`), unless the team gave it a public name.
 */
export function publicVersion<T extends Shown>(postmortem: T, names: InternalNames): T {
  const { document, ledger, claims, life } = postmortem;
  const hidden = ledger.filter((fact) => isHidden(fact, names));
  const owners = [...document.actions, ...(postmortem.actions ?? [])].flatMap(({ owner }) => owner ?? []);
  const scrub = scrubber({ ...names, people: [...names.people, ...owners] }, hidden);
  const by = (name: string | null | undefined) => (name === null || name === undefined ? name : REDACTED);
  const channels = new Map(ledger.flatMap((fact) => (fact.name === 'alertChannel' ? [[fact.id, fact]] : [])));
  const span = (one: Span): Span => {
    // A channel may be called by a word of the text itself: it is taken out where it is cited.
    const told = one.facts.flatMap((id) => channels.get(id)?.value ?? []).map(String);
    const text = told.length > 0 ? one.text.replace(new RegExp(bounded(told), 'gu'), REDACTED) : one.text;
    return { ...one, text: scrub(text) };
  };
  // What is to be read again, and who wrote it, is the team's own work.
  const block = ({ since: _, ...one }: Block, n: number): Block => ({
    ...deepRedacted({ ...one, stale: false }, scrub, ['spans', 'layout']),
    id: one.id.replace(/\.team\..*$/, `.team.${n + 1}`),
    spans: one.spans.map(span),
  });
  return {
    ...postmortem,
    ledger: ledger.map((fact) => publicFact(fact, hidden.includes(fact), scrub)),
    document: {
      ...deepRedacted({ ...document, removed: [] }, scrub, ['sections', 'header', 'chart']),
      ...(document.chart && { chart: { ...deepRedacted(document.chart, scrub), rows: [REDACTED] } }),
      header: {
        ...document.header,
        title: scrub(document.header.title),
        rows: document.header.rows.map(({ label, spans }) => ({ label, spans: spans.map(span) })),
      },
      sections: document.sections.map((section) => ({ ...section, blocks: section.blocks.map(block) })),
    },
    claims: deepRedacted(claims, scrub),
    ...(life && { life: deepRedacted(life, scrub) }),
    ...('by' in postmortem && { by: by(postmortem.by) }),
    ...(postmortem.actions && { actions: deepRedacted(postmortem.actions, scrub) }),
    ...(postmortem.newer && { newer: postmortem.newer.map(publicChange) }),
  };
}

/** Facts that hold the words of people, or names of people and channels. */
const WORDS: Partial<Record<FactName, Quotable | null>> = {
  entryText: null,
  owners: null,
  alertChannel: null,
  alertGivenUp: null,
  changeTitle: 'change',
  changeService: 'change',
  impactSummary: 'impact',
  resolvedReason: 'resolved',
};

function isHidden({ name, about }: Fact, { quotes, unquoted }: InternalNames): boolean {
  const quotable = WORDS[name];
  if (quotable === undefined) return false;
  if (quotable !== null) return !quotes.includes(quotable);
  return name !== 'entryText' || about === undefined || unquoted.has(about);
}

function publicFact(fact: Fact, hidden: boolean, scrub: (text: string) => string): Fact {
  const value = typeof fact.value !== 'string' || isFigure(fact) ? fact.value : scrub(fact.value);
  const { rowCount: _, ...rest } = fact;
  return { ...rest, value: hidden && fact.value !== null ? REDACTED : value, rows: [REDACTED] };
}

const isFigure = ({ unit }: Fact) => unit === 'time' || unit === 'code';

/** Figures stay; what else has changed is words. */
function publicChange(change: FactChange): FactChange {
  const shown = (value: FactChange['now']) =>
    typeof value === 'string' && !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? REDACTED : value;
  return { ...change, before: shown(change.before), now: shown(change.now) };
}

const PRIVATE_KEYS = ['by', 'note', 'owner', 'tracker', 'ref', 'url', 'excerpt', 'evidence', 'assignee'];
const STRUCTURE = [
  'id',
  'sectionId',
  'kind',
  'as',
  'origin',
  'state',
  'source',
  'at',
  'to',
  'rule',
  'blockId',
  'facts',
  'cites',
  'moment',
  'monitorId',
];

/** All texts in a value scrubbed; what names a person or leads into another system is taken out whole. */
function deepRedacted<T>(value: T, scrub: (text: string) => string, skip: readonly string[] = []): T {
  if (typeof value === 'string') return scrub(value) as T;
  if (Array.isArray(value)) return value.map((each) => deepRedacted(each, scrub)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => {
    if (skip.includes(key) || STRUCTURE.includes(key) || each === null) return [key, each];
    return [key, PRIVATE_KEYS.includes(key) && each !== undefined ? REDACTED : deepRedacted(each, scrub)];
  });
  return Object.fromEntries(entries) as T;
}

/** Words of the text itself: as the name of a monitor, a channel or a person they tell nothing. */
const ORDINARY = new Set(
  'a the api web app site first last start end check checks monitor alert alerts channel incident service services status time on-call oncall test default and for with from not was were is are of to in by an interval person people team primary main new old home page docs'.split(
    ' ',
  ),
);

/** Long enough to be an IPv6 address; a time of day has two colons that do not meet. */
const COLONS = /(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi;
const isAddress = (text: string) => text.length > 3 && (text.includes('::') || text.split(':').length === 8);

const PATTERNS = [
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)”]+/giu,
  /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu,
  /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2}|:\d{1,5})?(?![\d.]*\d)/g,
  /\b(?:[a-z0-9-]+\.)+(?:internal|intern|local|localhost|localdomain|lan|corp|intranet|private|svc|home\.arpa)(?:\.[a-z0-9-]+)*(?::\d+)?\b/gi,
  /\b(?:bearer|basic)\s+[\w.~+/=-]{6,}/gi,
  /\b(?:hc_|whsec_|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|sk_|pk_|AKIA|ASIA|AIza|eyJ)[\w.+/=-]{8,}/g,
  /\b[\w-]*(?:token|secret|password|passwd|apikey|api_key|api-key)\s*[=:]\s*(?:"[^"]*"|'[^']*'|[^\s,;&]+)/gi,
  /\b(?=[\w+/-]*[A-Za-z])(?=[\w+/-]*\d)[A-Za-z0-9+/_-]{40,}={0,2}/g,
];

function scrubber(names: InternalNames, hidden: readonly Fact[]): (text: string) => string {
  const quotes = hidden
    .map(({ value }) => String(value ?? ''))
    .filter((value) => value !== '')
    .flatMap((value) => [value, firstSentence(value)]);
  const whole = names.people.filter((name) => name.trim().length > 1 && !ORDINARY.has(name));
  const parts = whole.flatMap((name) =>
    name.split(/[\s,;/@()]+/u).filter((part) => /^\p{Lu}[\p{L}'-]{2,}$/u.test(part)),
  );
  const people = [...whole, ...parts].map((word) => ({ word, by: null }));
  const words = [...names.replace, ...people]
    .filter(({ word, by }) => word.trim() !== '' && (by !== null || !ORDINARY.has(word)))
    .sort((a, b) => b.word.length - a.word.length);
  const by = new Map(words.map((each) => [each.word, each.by ?? REDACTED]).reverse() as [string, string][]);
  const literal =
    words.length > 0 ? new RegExp(bounded([...by.keys()].sort((a, b) => b.length - a.length)), 'gu') : null;
  return (text) => {
    let result = text;
    for (const quote of quotes) result = result.replaceAll(`“${quote}”`, `“${REDACTED}”`);
    if (literal) result = result.replace(literal, (word) => by.get(word) ?? REDACTED);
    for (const pattern of PATTERNS) result = result.replace(pattern, REDACTED);
    result = result.replace(COLONS, (found) => (isAddress(found) ? REDACTED : found));
    return result.replace(/[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?/gu, (token) =>
      names.tokens.has(token.toLowerCase()) && !ORDINARY.has(token) ? REDACTED : token,
    );
  };
}

function firstSentence(text: string): string {
  return (text.split(/[.!?](?:\s|$)/u)[0] ?? text).trim();
}

/** Any of the words where they stand alone. */
function bounded(words: readonly string[]): string {
  const escaped = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return `(?<![\\p{L}\\p{N}_])(?:${escaped.join('|')})(?![\\p{L}\\p{N}_])`;
}
