import type { Certificate, FailureDetail } from '#src/domain/check.ts';
import { limitPassed, statusHolds } from '#src/domain/expect.ts';
import type { BodyExpectation, Expectations, HeaderExpectation, JsonExpectation } from '#src/domain/monitor.ts';
import type { ResponseHead } from './hop.ts';
import { judgeJson, type Unmet } from './judge-json.ts';
import { findPattern } from './patterns.ts';

const DAY_MS = 86_400_000;

export interface Judged {
  down: FailureDetail[];
  degraded: FailureDetail[];
}

/** Whether any expectation needs the body to be read to its end. */
export function needsBody(expect: Expectations): boolean {
  return expect.body.length > 0 || expect.json.length > 0;
}

/** What answered: the head, the URL it came from after all redirects, and the version of HTTP. */
export interface Answer {
  head: ResponseHead;
  url: string;
  httpVersion: string | null;
}

/** Judges status, headers, final URL and version: all of them, each failure by name. Status ranges are `NNN` or `NNN-NNN`. */
export async function judgeHead(
  expect: Expectations,
  { head, url, httpVersion }: Answer,
  left: () => number,
): Promise<FailureDetail[]> {
  const failures: FailureDetail[] = [];
  if (!statusHolds(expect.status, head.status))
    failures.push({ failure: 'status', detail: `expected ${expect.status.join(' or ')}, got ${head.status}` });
  for (const expectation of expect.headers) {
    const detail = await judgeHeader(expectation, head.headers, left);
    if (detail) failures.push({ failure: 'header', detail });
  }
  if (expect.finalUrl) {
    const wanted = await textUnmet(expect.finalUrl, url, left);
    if (wanted) failures.push({ failure: 'final-url', detail: `expected the final URL ${wanted}, got ${url}` });
  }
  const versions = expect.httpVersion;
  if (versions && !versions.some((version) => version === httpVersion))
    failures.push({
      failure: 'http-version',
      detail: `expected HTTP/${versions.join(' or HTTP/')}, got HTTP/${httpVersion}`,
    });
  return failures;
}

/** Judges the decoded text of a body. `left` (ms until the deadline) bounds each pattern. */
export async function judgeBody(expect: Expectations, text: string, left: () => number): Promise<FailureDetail[]> {
  const failures: FailureDetail[] = [];
  for (const expectation of expect.body) {
    const detail = await bodyUnmet(expectation, text, left);
    if (detail) failures.push({ failure: 'body', detail });
  }
  for (const detail of await jsonUnmet(expect.json, text, left)) failures.push({ failure: 'json', detail });
  return failures;
}

async function bodyUnmet(expectation: BodyExpectation, text: string, left: () => number): Promise<Unmet> {
  const { contains, notContains, matches, notMatches } = expectation;
  if (contains !== undefined && !text.includes(contains)) return `expected the body to contain ${quote(contains)}`;
  if (notContains !== undefined && text.includes(notContains))
    return `expected the body not to contain ${quote(notContains)}`;
  if (matches !== undefined) {
    const found = await findPattern(matches, text, left());
    if (found === null) return `matching ${quote(matches)} took longer than the check may`;
    if (!found) return `expected the body to match ${quote(matches)}`;
  }
  if (notMatches !== undefined) {
    const found = await findPattern(notMatches, text, left());
    if (found === null) return `matching ${quote(notMatches)} took longer than the check may`;
    if (found) return `expected the body not to match ${quote(notMatches)}`;
  }
  return null;
}

async function jsonUnmet(expectations: JsonExpectation[], text: string, left: () => number): Promise<string[]> {
  if (expectations.length === 0) return [];
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [text.trim() === '' ? 'expected JSON, the body is empty' : 'expected JSON, the body is not JSON'];
  }
  const unmet = [];
  for (const expectation of expectations) {
    const detail = await judgeJson(expectation, document, left);
    if (detail) unmet.push(detail);
  }
  return unmet;
}

/** Several values of a header are judged together, joined as RFC 9110 5.3 joins them. */
async function judgeHeader(
  expectation: HeaderExpectation,
  headers: ResponseHead['headers'],
  left: () => number,
): Promise<Unmet> {
  const name = expectation.name.toLowerCase();
  const value = Object.hasOwn(headers, name) ? [headers[name] ?? []].flat().join(', ') : undefined;
  if (expectation.exists !== undefined) {
    if (expectation.exists === (value !== undefined)) return null;
    return `header ${name}: expected ${expectation.exists ? 'to be present, it is missing' : 'to be absent, it is present'}`;
  }
  if (value === undefined) return `header ${name}: expected ${wantedText(expectation)}, it is missing`;
  const wanted = await textUnmet(expectation, value, left);
  return wanted && `header ${name}: expected ${wanted}, got ${quote(value)}`;
}

type TextExpectation = BodyExpectation & { equals?: string };

/** What was wanted of a text, in words, when it is not so. */
async function textUnmet(expectation: TextExpectation, value: string, left: () => number): Promise<Unmet> {
  const { equals, contains, notContains, matches, notMatches } = expectation;
  const holds =
    (equals === undefined || value === equals) &&
    (contains === undefined || value.includes(contains)) &&
    (notContains === undefined || !value.includes(notContains)) &&
    (matches === undefined || (await findPattern(matches, value, left())) === true) &&
    (notMatches === undefined || (await findPattern(notMatches, value, left())) === false);
  return holds ? null : wantedText(expectation);
}

function wantedText({ equals, contains, notContains, matches, notMatches }: TextExpectation): string {
  if (equals !== undefined) return quote(equals);
  if (contains !== undefined) return `to contain ${quote(contains)}`;
  if (notContains !== undefined) return `not to contain ${quote(notContains)}`;
  return matches === undefined ? `not to match ${quote(notMatches ?? '')}` : `to match ${quote(matches)}`;
}

/** Judges the limits of time and of the certificate's remaining days (`now` is epoch ms). */
export function judgeLimits(
  expect: Expectations,
  latencyMs: number,
  certificate: Certificate | null,
  now: number,
): Judged {
  const judged: Judged = { down: [], degraded: [] };
  const { latencyMs: slow, certificateDays: days } = expect;
  const slower = limitPassed(slow, (limit) => latencyMs > limit);
  if (slower)
    judged[slower.level].push({
      failure: 'latency',
      detail: `took ${Math.round(latencyMs)} ms, ${slower.level} above ${slower.limit} ms`,
    });
  if (!certificate) return judged;
  const left = (certificate.validTo - now) / DAY_MS;
  const fewer = limitPassed(days, (limit) => left < limit);
  if (fewer)
    judged[fewer.level].push({
      failure: 'certificate-days',
      detail: `the certificate is valid for ${Math.floor(left)} more days, ${fewer.level} below ${fewer.limit}`,
    });
  return judged;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 99)}…` : text);
}
