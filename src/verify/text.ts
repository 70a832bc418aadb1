import type { Block, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { assertions, countsPeople } from './assertions.ts';
import { mismatched } from './pairs.ts';
import { displaced } from './places.ts';
import { unfounded, unsaid } from './rests.ts';
import { misplaced } from './spans.ts';
import { isOfPeople, type Statement, statementsOf } from './statements.ts';
import { boundsOf, formsOf, type Part, quotesOf, type Token, tokensOf } from './tokens.ts';

export interface TextFinding {
  blockId: string;
  text: string;
  reason: string;
}

/** What the template itself says; it stands for no fact. */
const TEMPLATE = [
  /\bWhy [1-5]\b/g,
  /\b365 days before\b/g,
  /\bin the 30 days before, without a failure after it: in (?=\d+ of \d+ stretches of 4 h\b)/g,
  /\bstretches of 4 h\b/g,
  /\b24 h before\b/g,
  /\b(?:failures?|policy:) within 10 min(?:utes)?\b(?! \d)/g,
  /\bpolicy: 0 s\b/g,
];

/** Every figure, time, code and name in the words of a document must be one of the facts that its sentence cites. */
export function checkText(
  document: PostmortemDocument,
  ledger: readonly Fact[],
  keys: readonly string[],
): { total: number; findings: TextFinding[] } {
  const byId = new Map(ledger.map((fact) => [fact.id, fact]));
  const names = [...new Set(ledger.flatMap(namesIn))];
  const findings: TextFinding[] = [];
  let total = 0;
  for (const statement of statementsOf(document)) {
    const claims = claimsOf(statement, byId, names, keys);
    total += claims.length;
    for (const reason of claims)
      if (reason !== null) findings.push({ blockId: statement.blockId, text: statement.text, reason });
  }
  return { total, findings };
}

/** Names of monitors and locations: none may stand in a sentence that does not cite a fact with it. */
function namesIn({ name, value }: Fact): string[] {
  if (name === 'monitorName') return [String(value)];
  return name === 'locationsFailed' || name === 'locationsFine' ? String(value ?? '').split(', ') : [];
}

/**
 * Figures in people's own words that no fact states: not claims of ours that failed, but the reader should know that
 * nothing in the rows says so. A figure may be that of any fact; quotes are theirs.
 */
export function figuresOfPeople(document: PostmortemDocument, ledger: readonly Fact[]): TextFinding[] {
  const forms = new Set(
    ledger.flatMap((fact) =>
      (['value', 'min', 'max'] as const).flatMap((part) => formsOf(fact, part).map(({ text }) => text)),
    ),
  );
  // An action says what is to be: its dates and figures are a plan, and no claim about what was.
  const isAction = ({ id }: Block) => id.startsWith('action-items.act_');
  return document.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) =>
      block.spans
        .filter((span) => isOfPeople(block, span) && !isAction(block))
        .flatMap(({ text }) =>
          tokensOf(TEMPLATE.reduce((left, phrase) => left.replaceAll(phrase, ' '), quotesOf(text).around))
            .filter(
              (token) =>
                !forms.has(token.text) &&
                !forms.has(token.text.replace(/^HTTP /, '')) &&
                // People write 503 for HTTP 503.
                !forms.has(`HTTP ${token.text}`) &&
                !isShort(token, ledger),
            )
            .map((token) => ({ blockId: block.id, text, reason: `no fact says ${token.text}` })),
        ),
    ),
  );
}

/** People write 14:26 for 14:26:40. */
function isShort({ kind, text }: Token, ledger: readonly Fact[]): boolean {
  return (
    kind === 'time' &&
    text.length === 5 &&
    ledger.some(({ unit, value }) => unit === 'time' && String(value).slice(11, 16) === text)
  );
}

/** One entry for each claim: null when it holds, else why not. */
function claimsOf(
  { blockId, kind, text, cites, measured = false, isUnsaid = false, isWhole = false }: Statement,
  byId: Map<string, Fact>,
  names: string[],
  keys: readonly string[],
): (string | null)[] {
  const claims: (string | null)[] = [];
  const facts = cites
    .flatMap((id) => byId.get(id) ?? [])
    .filter(({ name }) => !measured || !/^(?:proposed|target)/.test(name));
  // A question of the team is in the team's words, and may put any figure anywhere.
  const isOfTeam = facts.some(({ name, about }) => name === 'teamQuestion' && about === blockId);
  const unknown = cites.filter((id) => !byId.has(id));
  if (unknown.length > 0) claims.push(`it cites ${unknown.join(', ')}, which the ledger does not have`);
  if (isUnsaid) claims.push('the block of its action does not say this, or by other facts');
  const { quotes, around } = quotesOf(withoutQuotedNames(text, facts));
  for (const quote of quotes) claims.push(isSaid(quote, facts) ? null : `“${quote}” is not what a cited fact says`);
  // What a team calls its monitor asserts nothing, and neither do the words of people.
  const plain = withoutNames(withoutFoldCount(around, facts), facts, keys);
  claims.push(
    ...assertions(plain),
    ...misplaced({ kind, text, plain, quotes }, facts),
    ...mismatched(plain, text, facts),
    ...(isOfTeam ? [] : displaced(plain, facts)),
  );
  if (kind !== 'question' && countsPeople(plain) && !facts.some((fact) => /^users/.test(fact.name)))
    claims.push('it counts people without a source');
  claims.push(...strangers(facts), ...unfounded({ kind, text, cites }));
  if (!isWhole && !isOfTeam) claims.push(...unsaid(text, facts, keys));
  for (const name of names) if (holdsName(plain, name)) claims.push(`it names ${name} without citing it`);
  const { bounds, rest } = boundsOf(TEMPLATE.reduce((left, phrase) => left.replaceAll(phrase, ' '), plain));
  for (const bound of bounds) {
    const held =
      facts.some((fact) => bound.parts.every(([part, figure]) => states(fact, part, figure))) ||
      (!bound.text.includes('(') &&
        hasOwnFacts(bound.parts, facts) &&
        bound.parts.every(([, figure]) => facts.some((fact) => isExact(fact, figure))));
    claims.push(held ? null : `no cited fact has the bounds ${bound.text}`);
  }
  for (const token of tokensOf(rest))
    claims.push(explained(token, rest, facts) ? null : `no cited fact says ${token.text}`);
  return claims;
}

/** A sentence that names monitors has figures of these alone. */
function strangers(facts: Fact[]): string[] {
  const monitorOf = ({ about }: Fact) => /^mon_[0-9a-z]{26}/.exec(about ?? '')?.[0];
  const named = new Set(facts.filter(({ name }) => name === 'monitorName').map(monitorOf));
  if (named.size === 0) return [];
  return facts
    .filter((fact) => monitorOf(fact) !== undefined && !named.has(monitorOf(fact)))
    .map(({ id }) => `it cites ${id}, which is of a monitor that it does not name`);
}

/** A name that has quotation marks of its own quotes nobody. */
function withoutQuotedNames(text: string, facts: Fact[]): string {
  return facts
    .filter(
      ({ name, value }) =>
        /^(?:monitorName|patternMonitor|services|owners|changeService)$/.test(name) && /[“”]/.test(String(value)),
    )
    .reduce((left, { value }) => left.replaceAll(String(value), ' '), text);
}

/** A quote is all of what was said, or its first sentence. */
function isSaid(quote: string, facts: Fact[]): boolean {
  return facts.some(({ value }) => {
    if (typeof value !== 'string') return false;
    const first = value.startsWith(quote) && /^(?:[.!?…]|$)/.test(value.slice(quote.length));
    return first || value === `incident.${quote}`;
  });
}

/** Rows that were folded into one are counted: as many as the sentence cites subjects of times. */
function withoutFoldCount(text: string, facts: Fact[]): string {
  const folded = /^(\d+)( more [^:]+, folded:)/.exec(text);
  const subjects = new Set(facts.filter((fact) => fact.unit === 'time').map((fact) => fact.about ?? fact.id));
  if (!folded) return text;
  const listed = text.slice(folded[0].length).match(/\d\d:\d\d:\d\d(?: to \d\d:\d\d:\d\d)?/g) ?? [];
  const isAll = !text.includes(' and later ones') && Number(folded[1]) === listed.length;
  return isAll || Number(folded[1]) === subjects.size ? text.slice(String(folded[1]).length) : text;
}

/** Does a part of a fact stand for a figure, which may be a date and a time? */
function states(fact: Fact, part: Part, figure: string): boolean {
  const forms = formsOf(fact, part);
  const tokens = tokensOf(figure);
  return (
    tokens.length > 0 &&
    tokens.every((token) => forms.some((form) => form.kind === token.kind && form.text === token.text))
  );
}

/** Two ends that read alike, days apart, are two facts. */
function hasOwnFacts(parts: [Part, string][], facts: Fact[]): boolean {
  const figures = new Set(parts.map(([, figure]) => figure));
  if (figures.size === parts.length) return true;
  const [figure = ''] = figures;
  return facts.filter((fact) => isExact(fact, figure)).length >= parts.length;
}

/** `at most 4 min` of a target, `between` two moments: what has no bounds of its own is its value. */
function isExact(fact: Fact, figure: string): boolean {
  const unbounded = fact.max === undefined || fact.unit === 'time';
  return unbounded && states(fact, 'value', figure);
}

/** `0 s to 1 min` gives bounds without a value; everything else that stands alone is a value. */
function explained(token: Token, text: string, facts: Fact[]): boolean {
  const parts: Part[] =
    token.kind === 'length' && (text.includes(`${token.text} to `) || text.includes(` to ${token.text}`))
      ? ['value', 'min', 'max']
      : ['value'];
  return facts.some((fact) =>
    parts.some((part) => formsOf(fact, part).some((form) => form.kind === token.kind && form.text === token.text)),
  );
}

/** Without the names and other texts that its facts hold, so that a figure inside a name is no figure. */
function withoutNames(text: string, facts: Fact[], keys: readonly string[]): string {
  const held = facts.filter(
    (fact) => fact.unit === 'text' && fact.name !== 'symptomLabel' && fact.name !== 'alertFailure',
  );
  const known = [...held.map((fact) => String(fact.value ?? '')), ...keys].filter((word) => word.length > 1);
  return known.sort((a, b) => b.length - a.length).reduce(withoutWord, text);
}

/** Without a word where it stands whole: `Node 7` is no part of `Node 71`. */
function withoutWord(text: string, word: string): string {
  const [first = '', last = ''] = [[...word][0], [...word].at(-1)];
  const isLetter = (character: string) => /[\p{L}\p{N}]/u.test(character);
  let rest = '';
  let from = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    const end = at + word.length;
    const isPart = (isLetter(first) && isLetter(text[at - 1] ?? ' ')) || (isLetter(last) && isLetter(text[end] ?? ' '));
    if (isPart) continue;
    rest += `${text.slice(from, at)} `;
    from = end;
  }
  return rest + text.slice(from);
}

/** Words with which the template begins its rows: a monitor of that name is not meant by them. */
const OWN_WORDS =
  /^(?:Problem|Monitoring|First|Last|Fully|Alert|Change|Cause|Fix|Public|Unobserved|Acknowledged|Diagnostic|Note|Start|End|Due|Owner|Services?|Severity|Incident|Duration|Detected|Gap|Target|Measured|checks?|monitor)$/i;

function holdsName(text: string, name: string): boolean {
  if (name.length < 2 || OWN_WORDS.test(name)) return false;
  const at = text.indexOf(name);
  return at >= 0 && !/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ') && !/[\p{L}\p{N}]/u.test(text[at + name.length] ?? ' ');
}
