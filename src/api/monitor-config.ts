import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Auth, intervalMs, type MonitorConfig, type ProxyServer, type Sealed } from '#src/domain/monitor.ts';
import type { Sealer } from '#src/seal.ts';
import { ApiProblem, type FieldError, notValid } from './problem.ts';
import { type MonitorInput, type MonitorPatch, monitorIssues } from './schemas/monitor.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;
const NO_TARGETS: MonitorConfig['targets'] = {
  detectSeconds: null,
  acknowledgeSeconds: null,
  statusUpdateSeconds: null,
  uptimePercent: null,
};

interface SealContext {
  sealer: Sealer;
  monitorId: string;
  /** The configuration whose secrets a `null` keeps. */
  before: MonitorConfig | null;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the members that are undefined, so that a spread does not overwrite with them. */
function given<T extends object>(members: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}

/**
 * A whole configuration from what was sent, its secrets sealed.
 * @throws ApiProblem 422 naming each field that does not go with the others.
 */
export function toConfig(input: MonitorInput, key: string, context: SealContext): MonitorConfig {
  const { headers, auth, tls, proxy, timeoutSeconds, impact, targets, ...rest } = input;
  return checked({
    ...rest,
    key,
    timeoutSeconds: timeoutSeconds ?? Math.min(DEFAULT_TIMEOUT_SECONDS, input.intervalSeconds),
    headers: sealHeaders(headers, context),
    auth: sealAuth(auth, context),
    tls: sealTls(tls, context),
    proxy: sealProxy(proxy, context),
    impact: impact && { summary: impact.summary ?? null, usersPerMinute: impact.usersPerMinute ?? null },
    targets: { ...NO_TARGETS, ...given(targets) },
  } as MonitorConfig);
}

/** The configuration with changes. */
export function patchConfig(before: MonitorConfig, patch: MonitorPatch, context: SealContext): MonitorConfig {
  const { headers, auth, confirm, targets, expect, tls, proxy, impact, ...rest } = patch;
  return checked({
    ...before,
    ...given(rest),
    ...(headers && { headers: sealHeaders(headers, context) }),
    ...(auth !== undefined && { auth: sealAuth(auth, context) }),
    confirm: { ...before.confirm, ...given(confirm ?? {}) },
    targets: { ...before.targets, ...given(targets ?? {}) },
    ...(tls && { tls: { ...before.tls, ...sealTls(tls, context) } }),
    ...(proxy !== undefined && { proxy: sealProxy(proxy, context) }),
    expect: mergeExpect(before.expect, expect),
    ...(impact !== undefined && {
      impact: impact && { summary: null, usersPerMinute: null, ...before.impact, ...given(impact) },
    }),
  } as MonitorConfig);
}

function mergeExpect(before: MonitorConfig['expect'], patch: MonitorPatch['expect']): MonitorConfig['expect'] {
  if (!patch) return before;
  return {
    ...before,
    ...given(patch),
    latencyMs: { ...before.latencyMs, ...given(patch.latencyMs ?? {}) },
    certificateDays: { ...before.certificateDays, ...given(patch.certificateDays ?? {}) },
  } as MonitorConfig['expect'];
}

function checked(config: MonitorConfig): MonitorConfig {
  const errors: FieldError[] = monitorIssues(config).map(({ path, message }) => ({ path: path.join('.'), message }));
  if (intervalMs(config) < 1000) errors.push({ path: 'intervalSeconds', message: 'must be 1 to 86400 seconds' });
  if (errors.length === 0) return config;
  throw new ApiProblem(422, errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
}

function keptOrRefused(stored: Sealed | undefined, path: string): Sealed {
  if (stored) return stored;
  const message = 'there is no stored secret to keep; send the value';
  throw new ApiProblem(422, `${path}: ${message}`, { errors: [{ path, message }] });
}

function sealHeaders(
  headers: MonitorInput['headers'],
  { sealer, monitorId, before }: SealContext,
): MonitorConfig['headers'] {
  const stored = new Map(Object.entries(before?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      const lower = name.toLowerCase();
      const old = stored.get(lower);
      if (value.secret === null)
        return [name, keptOrRefused(typeof old === 'object' ? old : undefined, `headers.${name}`)];
      return [name, sealer.seal(value.secret, `monitor:${monitorId}:headers.${lower}`)];
    }),
  );
}

function sealAuth(auth: MonitorInput['auth'], { sealer, monitorId, before }: SealContext): Auth {
  if (auth === null) return null;
  const old = before?.auth;
  const sealed = (value: string | null, field: string, stored: Sealed | undefined, path: string) =>
    value === null ? keptOrRefused(stored, path) : sealer.seal(value, `monitor:${monitorId}:${field}`);
  if ('basic' in auth) {
    const { username, password } = auth.basic;
    const stored = old && 'basic' in old ? old.basic.password : undefined;
    return { basic: { username, password: sealed(password, 'auth.password', stored, 'auth.basic.password') } };
  }
  if ('oauth2' in auth) {
    const stored = old && 'oauth2' in old ? old.oauth2.clientSecret : undefined;
    const path = 'auth.oauth2.clientSecret';
    return { oauth2: { ...auth.oauth2, clientSecret: sealed(auth.oauth2.clientSecret, path, stored, path) } };
  }
  return { bearer: sealed(auth.bearer, 'auth.token', old && 'bearer' in old ? old.bearer : undefined, 'auth.bearer') };
}

/** A key of null is kept while a certificate is configured, and goes with it. */
function sealTls<T extends { cert?: string | null; key?: string | null }>(
  tls: T,
  { sealer, monitorId, before }: SealContext,
): Omit<T, 'key'> & { key?: Sealed | null } {
  const { key, ...rest } = tls;
  const context = `monitor:${monitorId}:tls.key`;
  const kept = before?.tls.key ?? undefined;
  if (tls.cert === null && !key) return { ...rest, key: null };
  if (key === undefined && (tls.cert === undefined || !kept)) return rest;
  if (key === null && tls.cert === undefined && !kept) return { ...rest, key: null };
  const sealed = key ? sealer.seal(key, context) : keptOrRefused(kept, 'tls.key');
  const cert = tls.cert ?? before?.tls.cert;
  if (cert && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(sealer.open(sealed, context))))
    throw notValid('tls.key', 'must be the key of tls.cert');
  return { ...rest, key: sealed };
}

function sealProxy(proxy: MonitorInput['proxy'], { sealer, monitorId, before }: SealContext): ProxyServer | null {
  if (typeof proxy === 'string') return { url: proxy, basic: null };
  if (!proxy?.basic) return proxy && { url: proxy.url, basic: null };
  const { username, password } = proxy.basic;
  const path = 'proxy.basic.password';
  const sealed =
    password === null
      ? keptOrRefused(before?.proxy?.basic?.password, path)
      : sealer.seal(password, `monitor:${monitorId}:${path}`);
  return { url: proxy.url, basic: { username, password: sealed } };
}
