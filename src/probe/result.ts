import {
  byLayer,
  type CheckResult,
  type FailureDetail,
  NO_PHASES,
  type Phases,
  unknownResult,
} from '#src/domain/check.ts';
import { TlsRefused } from './connection.ts';
import { type DecodedBody, decodeBody, decodeText } from './decode-body.ts';
import { evidenceOf } from './evidence.ts';
import { exchangeFailure, OwnFault, type TargetFailure } from './failure-reasons.ts';
import { BODY_CAP_BYTES, type Hop, type ResponseHead } from './hop.ts';
import { type Answer, type Judged, judgeBody, judgeHead, judgeLimits, needsBody } from './judge.ts';
import type { Journey } from './travel.ts';

const DETAIL_CHARS = 300;

/** What the clocks said when the exchange was over. `stalledMs`: our own event loop's share of `latencyMs`. */
export interface Measured {
  startedAt: number;
  latencyMs: number;
  stalledMs: number;
}

/** Judges a whole answer. `left` gives the ms until the deadline, which bounds patterns. */
export async function answerResult(journey: Journey, measured: Measured, left: () => number): Promise<CheckResult> {
  const { expect } = journey.target;
  const { hop } = journey;
  if (!hop?.head) throw new OwnFault('the exchange ended without an answer');
  const { head } = hop;
  const decoded = decodeBody(Buffer.concat(hop.body), contentEncoding(head), BODY_CAP_BYTES);
  const judged = limitsOf(journey, hop, measured);
  judged.down.push(...(await judgeHead(expect, answerOf(journey, hop, head), left)));
  const unreadable = bodyProblem(hop, decoded, needsBody(expect));
  if (unreadable) judged.down.push(unreadable);
  else if (needsBody(expect)) judged.down.push(...(await judgeBody(expect, textOf(decoded, head), left)));
  return resultOf(journey, measured, hop, judged, decoded);
}

/** Turns what ended the exchange into a result; with a response head, that is judged as well. */
export async function failureResult(
  journey: Journey,
  measured: Measured,
  error: Error,
  left: () => number,
): Promise<CheckResult> {
  const { hop } = journey;
  if (error instanceof TlsRefused)
    return resultOf(journey, measured, hop, { down: error.problems, degraded: [] }, null);
  const named = exchangeFailure(error, hop?.stage ?? 'dns');
  if (named instanceof OwnFault)
    return unknownResult(measured.startedAt, endOf(measured), journey.scrubber.text(named.message, DETAIL_CHARS));
  const judged: Judged = { down: [failureDetail(named)], degraded: [] };
  if (hop?.head && !named.failure.startsWith('redirect-'))
    judged.down.push(...(await judgeHead(journey.target.expect, answerOf(journey, hop, hop.head), left)));
  const decoded = hop?.head ? decodeBody(Buffer.concat(hop.body), contentEncoding(hop.head), BODY_CAP_BYTES) : null;
  return resultOf(journey, measured, hop, judged, decoded);
}

function answerOf({ url }: Journey, { httpVersion }: Hop, head: ResponseHead): Answer {
  return { head, url: url.href, httpVersion };
}

function failureDetail({ failure, message }: TargetFailure): FailureDetail {
  return { failure, detail: message };
}

function limitsOf(journey: Journey, hop: Hop, measured: Measured): Judged {
  const ownMs = Math.min(measured.stalledMs, measured.latencyMs);
  return judgeLimits(journey.target.expect, measured.latencyMs - ownMs, hop.certificate, endOf(measured));
}

/**
 * A broken coding is a failure whatever is expected: no client can read it. Going past the cap, or a coding nobody
 * knows, fails only a check that needs the body; a bomb (20 times its size and over the cap) always.
 */
function bodyProblem(hop: Hop, { problem }: DecodedBody, needed: boolean): FailureDetail | null {
  const cap = `${BODY_CAP_BYTES / 1_048_576} MiB`;
  if (hop.overCap) return needed ? { failure: 'too-large', detail: `the body is larger than ${cap}` } : null;
  if (problem?.kind === 'too-large')
    return needed || hop.wireBytes * 20 <= BODY_CAP_BYTES
      ? { failure: 'too-large', detail: `the body of ${hop.wireBytes} bytes decodes to more than ${cap}` }
      : null;
  if (!problem || (problem.kind === 'unknown-coding' && !needed)) return null;
  return { failure: 'http-malformed', detail: problem.detail };
}

function resultOf(
  journey: Journey,
  measured: Measured,
  hop: Hop | null,
  judged: Judged,
  decoded: DecodedBody | null,
): CheckResult {
  const { scrubber, target } = journey;
  const isDown = judged.down.length > 0;
  const failures = (isDown ? judged.down : judged.degraded)
    .map(({ failure, detail }) => ({ failure, detail: scrubber.text(detail, DETAIL_CHARS) }))
    .sort((a, b) => byLayer(a.failure, b.failure));
  const head = hop?.head ?? null;
  const judgedHeaders = target.expect.headers.map(({ name }) => name);
  const body = isDown && head && decoded ? textOf(decoded, head) : null;
  return {
    startedAt: measured.startedAt,
    endedAt: endOf(measured),
    verdict: isDown ? 'down' : failures.length > 0 ? 'degraded' : 'up',
    status: head?.status ?? null,
    failure: failures[0]?.failure ?? null,
    detail: failures[0]?.detail ?? null,
    failures,
    latencyMs: rounded(measured.latencyMs),
    phases: hop ? roundedPhases(hop.phases) : NO_PHASES,
    peer: hop?.peer ?? null,
    resolved: hop?.resolved ?? null,
    httpVersion: hop?.httpVersion ?? null,
    bytes: head && hop ? { wire: hop.wireBytes, decoded: decoded?.bytes.length ?? 0 } : null,
    certificate: hop?.certificate ?? null,
    redirects: journey.redirects.map((each) => ({ ...each, latencyMs: rounded(each.latencyMs) })),
    evidence: isDown && head ? evidenceOf(hop?.httpVersion ?? null, head, body, judgedHeaders, scrubber) : null,
  };
}

function contentEncoding(head: ResponseHead): string {
  return [head.headers['content-encoding'] ?? []].flat().join(',');
}

function textOf(decoded: DecodedBody, head: ResponseHead): string {
  return decodeText(decoded.bytes, [head.headers['content-type'] ?? []].flat().join(','));
}

/** The end is derived from the start, so that a step of the wall clock cannot turn a check around. */
function endOf({ startedAt, latencyMs }: Measured): number {
  return startedAt + Math.round(latencyMs);
}

/** Microseconds are what the clock can tell. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function roundedPhases(phases: Phases): Phases {
  const round = (ms: number | null) => (ms === null ? null : rounded(ms));
  return {
    dns: round(phases.dns),
    connect: round(phases.connect),
    tls: round(phases.tls),
    firstByte: round(phases.firstByte),
    download: round(phases.download),
  };
}
