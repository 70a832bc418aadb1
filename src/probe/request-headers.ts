import type { ProbeTarget, Sealed } from '#src/domain/monitor.ts';
import { encodeBody } from '#src/domain/request-body.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { CannotProbe } from './cannot-probe.ts';
import { bareHost, type ProxyRoute } from './connection.ts';
import type { TokenRequest } from './oauth2.ts';

export const USER_AGENT = `Hindcast/${packageJson.version} (+uptime check)`;

const DEFAULTS: Record<string, string> = {
  'user-agent': USER_AGENT,
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br, zstd',
};

/** A request with its sealed values opened. */
export interface PreparedRequest {
  method: string;
  /** The text to send, or null. */
  body: string | null;
  /** For the origin of the monitor's URL: the defaults, the owner's headers, the credentials. */
  own: Record<string, string>;
  /** For any other origin: the defaults alone. */
  foreign: Record<string, string>;
  /** PEM of the client certificate's key. */
  clientKey: string | null;
  oauth2: TokenRequest | null;
  proxy: ProxyRoute | null;
  /** Live secret values that must not leave the probe. */
  secrets: Set<string>;
}

/** Opens the sealed values and builds headers and body. Throws CannotProbe when one cannot be opened. */
export function prepareRequest(target: ProbeTarget, open: (value: Sealed, context: string) => string): PreparedRequest {
  const secrets = new Set<string>();
  const unseal = (value: Sealed, field: string) => {
    try {
      const plain = open(value, `monitor:${target.monitorId}:${field}`);
      addForms(secrets, plain);
      return plain;
    } catch (cause) {
      const message = `the secret cannot be read with this server's key; set ${field} again`;
      throw new CannotProbe('secret-unreadable', field, message, { cause });
    }
  };
  const pair = (username: string, password: string) => {
    const both = base64(`${username}:${password}`);
    secrets.add(both);
    return `Basic ${both}`;
  };
  const own: Record<string, string> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(target.headers)) {
    const lower = name.toLowerCase();
    own[lower] = typeof value === 'string' ? value : unseal(value, `headers.${lower}`);
  }
  const body = encodeBody(target.body);
  if (body?.contentType) own['content-type'] ??= body.contentType;
  const { auth, proxy = null } = target;
  if (auth && 'basic' in auth)
    own.authorization = pair(auth.basic.username, unseal(auth.basic.password, 'auth.password'));
  else if (auth && 'bearer' in auth) own.authorization = `Bearer ${unseal(auth.bearer, 'auth.token')}`;
  const oauth2 =
    auth && 'oauth2' in auth
      ? { ...auth.oauth2, clientSecret: unseal(auth.oauth2.clientSecret, 'auth.oauth2.clientSecret') }
      : null;
  return {
    method: target.method,
    body: body?.text ?? null,
    own,
    foreign: DEFAULTS,
    clientKey: target.tls.key ? unseal(target.tls.key, 'tls.key') : null,
    oauth2,
    proxy: proxy && {
      ...proxyAddress(proxy.url),
      authorization: proxy.basic && pair(proxy.basic.username, unseal(proxy.basic.password, 'proxy.basic.password')),
    },
    secrets,
  };
}

/** The forms in which a secret may come back from a target: as it is, in a URL, in JSON, in base64. */
export function addForms(secrets: Set<string>, plain: string): void {
  if (plain === '') return;
  for (const form of [plain, encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1), base64(plain)])
    secrets.add(form);
}

function proxyAddress(text: string): { host: string; port: number } {
  const { hostname, port } = new URL(text);
  return { host: bareHost(hostname), port: port === '' ? 80 : Number(port) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
