import type { Clock } from '#src/domain/clock.ts';
import type { Expectations, ProbeTarget } from '#src/domain/monitor.ts';
import { createProber, type Prober, type ProberOptions } from '#src/probe/prober.ts';

export const realClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The secret that every sealed value opens to in these tests: what must never be seen again. */
export const CANARY = 'canary-7f3a-secret';

export function testProber(options: Partial<ProberOptions> = {}): Prober & AsyncDisposable {
  const prober = createProber({ targets: 'private-allowed', open: () => CANARY, clock: realClock, ...options });
  return { ...prober, [Symbol.asyncDispose]: () => prober.close() };
}

export type TargetOverrides = Partial<Omit<ProbeTarget, 'expect'>> & { expect?: Partial<Expectations> };

/** A monitor's request with the defaults of the API and a time-out short enough for tests. */
export function targetAt(url: string, { expect, ...overrides }: TargetOverrides = {}): ProbeTarget {
  return {
    monitorId: 'mon_test',
    url,
    method: 'GET',
    headers: {},
    body: null,
    auth: null,
    timeoutSeconds: 5,
    followRedirects: 10,
    tls: { verify: true },
    ipFamily: 'any',
    httpVersion: 'auto',
    ...overrides,
    expect: {
      status: ['200-299'],
      body: [],
      json: [],
      headers: [],
      latencyMs: { degraded: null, down: null },
      certificateDays: { degraded: null, down: null },
      ...expect,
    },
  };
}
