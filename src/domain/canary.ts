import type { CheckRow } from './check.ts';
import type { ConfirmPolicy, ProbeTarget } from './monitor.ts';
import { foldCheck, INITIAL_STATE, type MonitorState } from './status.ts';

/**
 * A check of our own that goes the whole way (queue, probe, recorder, detector) and leaves nothing behind: no monitor has
 * this number, so its rows are never written.
 */
export const CANARY_NO = 0;

const CONFIRM: ConfirmPolicy = { failures: 1, recoveries: 1, retrySeconds: 1, locations: 1 };
const TIMEOUT_SECONDS = 5;

/** What it requests: the server itself. */
export function canaryTarget(url: string): ProbeTarget {
  return {
    monitorId: 'canary',
    url,
    method: 'GET',
    headers: {},
    body: null,
    auth: null,
    timeoutSeconds: TIMEOUT_SECONDS,
    followRedirects: 0,
    tls: { verify: true },
    ipFamily: 'any',
    httpVersion: 'auto',
    expect: {
      status: ['200-299'],
      body: [],
      json: [],
      headers: [],
      latencyMs: { degraded: null, down: null },
      certificateDays: { degraded: null, down: null },
    },
  };
}

/** Folds it like any other check; true when the fold saw it as what it is. */
export function foldCanary(check: CheckRow): boolean {
  const { state }: { state: MonitorState } = foldCheck(INITIAL_STATE, check, CONFIRM);
  return check.verdict === 'unknown' ? state.status === INITIAL_STATE.status : state.status !== INITIAL_STATE.status;
}
