import { type CheckResult, type Failure, type FailureDetail, NO_PHASES, type Phases, type Verdict } from './check.ts';
import type { EpochMs } from './clock.ts';
import { limitPassed, statusHolds } from './expect.ts';
import type { Expectations } from './monitor.ts';

/** A check that was made elsewhere, as its owner tells of it. */
export interface ImportedCheck {
  at: EpochMs;
  verdict?: Verdict | undefined;
  status?: number | null | undefined;
  failure?: Failure | null | undefined;
  detail?: string | null | undefined;
  latencyMs?: number | null | undefined;
  phases?: Partial<Phases> | undefined;
}

/**
 * The result that an imported check stands for: it started at `at` and ended `latencyMs` later. Without a verdict the
 * expectations on status and latency judge it; a failure that is given makes it down.
 */
export function importedResult(check: ImportedCheck, expect: Expectations): CheckResult {
  const { at, status = null, latencyMs = null, detail = null } = check;
  const judged = judge(check, expect);
  const verdict = check.verdict ?? judged.verdict;
  const failed = verdict === 'down' || verdict === 'degraded';
  const own: FailureDetail | null = check.failure
    ? { failure: check.failure, detail: detail ?? 'as imported' }
    : judged.verdict === verdict
      ? judged.because
      : null;
  const failures = failed && own ? [{ ...own, detail: detail ?? own.detail }] : [];
  return {
    startedAt: at,
    endedAt: at + Math.round(latencyMs ?? 0),
    verdict,
    status,
    failure: failures[0]?.failure ?? null,
    detail: failures[0]?.detail ?? (verdict === 'up' ? null : detail),
    failures,
    latencyMs: verdict === 'unknown' ? null : latencyMs,
    phases: { ...NO_PHASES, ...check.phases },
    peer: null,
    resolved: null,
    httpVersion: null,
    bytes: null,
    certificate: null,
    redirects: [],
    evidence: null,
  };
}

function judge(check: ImportedCheck, expect: Expectations): { verdict: Verdict; because: FailureDetail | null } {
  const { status, latencyMs, failure } = check;
  if (failure) return { verdict: 'down', because: null };
  if (status !== undefined && status !== null && !statusHolds(expect.status, status)) {
    const detail = `expected ${expect.status.join(' or ')}, got ${status}`;
    return { verdict: 'down', because: { failure: 'status', detail } };
  }
  const slow =
    latencyMs === undefined || latencyMs === null ? null : limitPassed(expect.latencyMs, (limit) => latencyMs > limit);
  if (!slow) return { verdict: 'up', because: null };
  const detail = `took ${Math.round(latencyMs as number)} ms, ${slow.level} above ${slow.limit} ms`;
  return { verdict: slow.level, because: { failure: 'latency', detail } };
}

/** What a row says that cannot be: the field, and what would be accepted. */
export function importProblem(check: ImportedCheck): { path: string; message: string } | null {
  const { verdict, status, failure } = check;
  const hasStatus = status !== undefined && status !== null;
  if (verdict === undefined && !hasStatus && !failure)
    return { path: 'verdict', message: 'give a verdict, or the status or failure it is judged by' };
  if (failure && (verdict === 'up' || verdict === 'unknown'))
    return { path: 'failure', message: `must be absent when the verdict is ${verdict}` };
  if (verdict === 'degraded' && failure && failure !== 'latency' && failure !== 'certificate-days')
    return { path: 'failure', message: 'must be latency or certificate-days when the verdict is degraded' };
  return null;
}
