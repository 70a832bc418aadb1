import type { EpochMs } from './clock.ts';

/** A value that is sealed at rest (AES-256-GCM) and never leaves through a read. */
export interface Sealed {
  sealed: string;
}

export type Severity = 'critical' | 'major' | 'minor';

export interface BodyExpectation {
  contains?: string;
  notContains?: string;
  matches?: string;
  notMatches?: string;
}

/** `path` (RFC 9535) with exactly one operator. */
export interface JsonExpectation {
  path: string;
  equals?: unknown;
  notEquals?: unknown;
  above?: number;
  below?: number;
  atLeast?: number;
  atMost?: number;
  contains?: string;
  notContains?: string;
  matches?: string;
  oneOf?: unknown[];
  exists?: boolean;
  count?: number;
}

export interface HeaderExpectation {
  name: string;
  equals?: string;
  contains?: string;
  notContains?: string;
  matches?: string;
  notMatches?: string;
  exists?: boolean;
}

/** Exactly one operator. Judged against the URL that answered after all redirects, without its fragment. */
export interface UrlExpectation {
  equals?: string;
  contains?: string;
  notContains?: string;
  matches?: string;
  notMatches?: string;
}

export const HTTP_VERSIONS = ['1.0', '1.1', '2'] as const;
export type HttpVersion = (typeof HTTP_VERSIONS)[number];

export interface Limits {
  degraded: number | null;
  down: number | null;
}

export interface Expectations {
  /** `"NNN"` or `"NNN-NNN"`, at least one. */
  status: string[];
  body: BodyExpectation[];
  json: JsonExpectation[];
  headers: HeaderExpectation[];
  finalUrl?: UrlExpectation | null;
  /** The versions that may answer; absent or null: any. */
  httpVersion?: HttpVersion[] | null;
  latencyMs: Limits;
  certificateDays: Limits;
}

/** Client credentials grant (RFC 6749 4.4). `authMethod`: how the client shows its secret (RFC 6749 2.3.1). */
export interface OAuth2Client {
  tokenUrl: string;
  clientId: string;
  clientSecret: Sealed;
  scopes: string[];
  audience: string | null;
  authMethod: 'basic' | 'post';
}

export type Auth =
  | null
  | { basic: { username: string; password: Sealed } }
  | { bearer: Sealed }
  | { oauth2: OAuth2Client };

/** A text as it is, or what is encoded from JSON or a form (each with its content type unless a header names one). */
export type RequestBody = null | string | { json: unknown } | { form: Record<string, string | string[]> };

/** `ca`: PEM certificates trusted instead of the public ones. `cert` and `key`: PEM, shown when the server asks. */
export interface TlsOptions {
  verify: boolean;
  ca?: string | null;
  cert?: string | null;
  key?: Sealed | null;
}

/** An HTTP proxy: CONNECT for https, the absolute form for http (RFC 9110 9.3.6, RFC 9112 3.2.2). */
export interface ProxyServer {
  url: string;
  basic: { username: string; password: Sealed } | null;
}

/** The part of a monitor that says what is requested and what must come back. All a probe needs. */
export interface RequestSpec {
  url: string;
  method: string;
  headers: Record<string, string | Sealed>;
  body: RequestBody;
  auth: Auth;
  timeoutSeconds: number;
  /** 0 judges the redirect itself. */
  followRedirects: number;
  tls: TlsOptions;
  proxy?: ProxyServer | null;
  ipFamily: 'any' | 4 | 6;
  httpVersion: 'auto' | '1.1' | '2';
  expect: Expectations;
}

/** What the queue carries to a probe: the request and whose it is (the sealed values are bound to the id). */
export interface ProbeTarget extends RequestSpec {
  monitorId: string;
}

export interface ConfirmPolicy {
  failures: number;
  recoveries: number;
  retrySeconds: number;
  locations: number;
}

export interface Targets {
  detectSeconds: number | null;
  acknowledgeSeconds: number | null;
  statusUpdateSeconds: number | null;
  uptimePercent: number | null;
}

/** A monitor as its owner configured it, defaults filled in, secrets sealed. */
export interface MonitorConfig extends RequestSpec {
  key: string;
  name: string;
  intervalSeconds: number;
  confirm: ConfirmPolicy;
  locations: string[];
  service: string | null;
  /** Keys of monitors this one needs. */
  dependsOn: string[];
  tags: Record<string, string>;
  severity: Severity;
  owner: string | null;
  impact: { summary: string | null; usersPerMinute: number | null } | null;
  targets: Targets;
  /** Keys of channels. */
  channels: string[];
  /** Key of what is done when nobody acknowledges. */
  escalation?: string | null;
  paused: boolean;
}

export interface Monitor {
  /** Row number: short, stable, never shown. */
  no: number;
  id: string;
  config: MonitorConfig;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

export const DEFAULT_LOCATION = 'default';

/** The host that grouping compares: name or address without the port, in lower case. */
export function hostOf(url: string): string {
  return new URL(url).hostname.toLowerCase();
}

export function intervalMs(config: Pick<MonitorConfig, 'intervalSeconds'>): number {
  return Math.round(config.intervalSeconds * 1000);
}

/** The interval that was in force at a time, by a monitor's revisions (oldest first); the first one before them. */
export function intervalAt(
  revisions: readonly { fromAt: EpochMs; config: Pick<MonitorConfig, 'intervalSeconds'> }[],
): (at: EpochMs) => number {
  return (at) => {
    const revision = revisions.findLast((candidate) => candidate.fromAt <= at) ?? revisions[0];
    return revision ? intervalMs(revision.config) : Number.POSITIVE_INFINITY;
  };
}

/** How often a monitor is checked while its status is being confirmed; never slower than its interval. */
export function retryMs(config: Pick<MonitorConfig, 'intervalSeconds' | 'confirm'>): number {
  return Math.min(intervalMs(config), Math.round(config.confirm.retrySeconds * 1000));
}

/** The request of a monitor, without what decides when and how its answers are judged over time. */
export function probeTargetOf({ id, config }: Pick<Monitor, 'id' | 'config'>): ProbeTarget {
  const {
    key,
    name,
    intervalSeconds,
    confirm,
    locations,
    service,
    dependsOn,
    tags,
    severity,
    owner,
    impact,
    targets,
    channels,
    escalation,
    paused,
    ...request
  } = config;
  return { monitorId: id, ...request };
}
