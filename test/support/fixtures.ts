import { type CheckResult, type CheckRow, type Failure, NO_PHASES, type Verdict } from '#src/domain/check.ts';
import type { MonitorConfig } from '#src/domain/monitor.ts';

/** 2026-03-01T03:00:00Z: what "t0" is in tests. */
export const T0 = Date.UTC(2026, 2, 1, 3, 0, 0);

/** A monitor as its owner would have configured it, defaults filled in. */
export function monitorConfig(overrides: Partial<MonitorConfig> = {}): MonitorConfig {
  return {
    key: 'checkout-api',
    name: 'Checkout API',
    url: 'http://127.0.0.1:8080/health',
    method: 'GET',
    headers: {},
    body: null,
    auth: null,
    timeoutSeconds: 5,
    followRedirects: 10,
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
    intervalSeconds: 30,
    confirm: { failures: 2, recoveries: 2, retrySeconds: 5, locations: 1 },
    locations: ['default'],
    service: null,
    dependsOn: [],
    tags: {},
    severity: 'major',
    owner: null,
    impact: null,
    targets: { detectSeconds: null, acknowledgeSeconds: null, statusUpdateSeconds: null, uptimePercent: null },
    channels: [],
    paused: false,
    ...overrides,
  } as MonitorConfig;
}

export interface CheckSketch {
  at: number;
  verdict?: Verdict;
  failure?: Failure | null;
  status?: number | null;
  durationMs?: number;
  locationNo?: number;
  monitorNo?: number;
}

const WIRE: CheckResult['phases'] = { ...NO_PHASES, connect: 1, firstByte: 4, download: 1 };

/** A result that started at `at`: up with 200 unless told otherwise, down with `status` 503. */
export function checkResult({ at, verdict = 'up', durationMs = 40, ...rest }: CheckSketch): CheckResult {
  const failure = rest.failure === undefined ? (verdict === 'down' ? 'status' : null) : rest.failure;
  const status = rest.status === undefined ? (failure === 'status' ? 503 : verdict === 'up' ? 200 : null) : rest.status;
  const detail = failure === 'status' ? `expected 200-299, got ${status}` : failure;
  return {
    startedAt: at,
    endedAt: at + durationMs,
    verdict,
    status,
    failure,
    detail,
    failures: failure ? [{ failure, detail: detail ?? failure }] : [],
    latencyMs: durationMs,
    phases: status === null ? NO_PHASES : WIRE,
    resolved: null,
    peer: '127.0.0.1:8080',
    httpVersion: '1.1',
    bytes: null,
    certificate: null,
    redirects: [],
    evidence: null,
  };
}

export function checkRow(sketch: CheckSketch): CheckRow {
  const { startedAt, endedAt, verdict, failure, status, latencyMs, phases } = checkResult(sketch);
  const { monitorNo = 1, locationNo = 1, at } = sketch;
  return { monitorNo, locationNo, at, startedAt, endedAt, verdict, failure, status, latencyMs, phases };
}
