import { describeFailure, type Failure, type Layer } from '../check.ts';
import type { Fact } from './facts.ts';
import { length, resting, type Said, words } from './say.ts';

/** A symptom key (`status:503`, `connect-refused`) in words. */
export function describeSymptom(symptom: string): string {
  const [failure, status] = symptom.split(':');
  return describeFailure(failure as Failure, status === undefined ? null : Number(status));
}

/** Where in the request a failure happened, as it reads after "failed at". */
export const LAYER_WORDS: Record<Layer, string> = {
  dns: 'name resolution (DNS)',
  connect: 'the connection (TCP)',
  tls: 'the TLS handshake',
  http: 'the HTTP answer',
  content: 'the content of the answer',
  limit: 'a limit set on the answer',
  policy: 'the address policy of this monitor',
};

const CHANGE_WORDS: Record<string, string> = {
  deploy: 'deploy',
  config: 'configuration change',
  flag: 'flag change',
  infrastructure: 'infrastructure change',
  other: 'change',
};

export function changeKind(kind: Fact): Said {
  return resting(CHANGE_WORDS[String(kind.value)] ?? String(kind.value), kind);
}

/** `5 min before the start`; one that is recorded for that very moment is `at the time of the start`. */
export function beforeStart(seconds: Fact): Said {
  return Number(seconds.value) === 0
    ? resting('at the time of the start', seconds)
    : words`${length(seconds)} before the start`;
}

export const PHASE_WORDS = { dns: 'DNS', connect: 'TCP connect', tls: 'TLS' } as const;

export const REASON_WORDS: Record<string, string> = {
  paused: 'the monitor was paused',
  maintenance: 'maintenance',
  'process-down': 'Hindcast itself was not running',
  missed: 'checks were missed',
  'clock-jump': 'the clock of the monitoring host jumped',
  'own-network': 'the network of the monitoring host was down',
  'no-checks': 'no check was made',
};
