import type { ProbeTarget, Sealed } from '#src/domain/monitor.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { CannotProbe } from './cannot-probe.ts';

export const USER_AGENT = `Hindcast/${packageJson.version} (+uptime check)`;

const DEFAULTS: Record<string, string> = {
  'user-agent': USER_AGENT,
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br, zstd',
};

export interface PreparedHeaders {
  /** For the origin of the monitor's URL: the defaults, the owner's headers, the credentials. */
  own: Record<string, string>;
  /** For any other origin: the defaults alone. */
  foreign: Record<string, string>;
  /** Live secret values that must not leave the probe, longest first. */
  secrets: string[];
}

/** Opens the sealed values and builds the headers. Throws CannotProbe when one cannot be opened. */
export function prepareHeaders(target: ProbeTarget, open: (value: Sealed, context: string) => string): PreparedHeaders {
  const secrets = new Set<string>();
  const unseal = (value: Sealed, field: string) => {
    try {
      const plain = open(value, `monitor:${target.monitorId}:${field}`);
      for (const form of [plain, encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1), base64(plain)])
        secrets.add(form);
      return plain;
    } catch (cause) {
      const message = `the secret cannot be read with this server's key; set ${field} again`;
      throw new CannotProbe('secret-unreadable', field, message, { cause });
    }
  };
  const own: Record<string, string> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(target.headers)) {
    const lower = name.toLowerCase();
    own[lower] = typeof value === 'string' ? value : unseal(value, `headers.${lower}`);
  }
  const { auth } = target;
  if (auth && 'basic' in auth) {
    const pair = base64(`${auth.basic.username}:${unseal(auth.basic.password, 'auth.password')}`);
    secrets.add(pair);
    own.authorization = `Basic ${pair}`;
  } else if (auth) own.authorization = `Bearer ${unseal(auth.bearer, 'auth.token')}`;
  secrets.delete('');
  return { own, foreign: DEFAULTS, secrets: [...secrets].sort((a, b) => b.length - a.length) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
