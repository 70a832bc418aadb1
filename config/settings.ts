import { describeText, isLocationName, parseBaseUrl, parseRedisUrl, parseSecretKey } from './checks.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * private-allowed: monitors may look at private networks. public-only: they may not, for hosts that many share.
 * Cloud metadata and link-local addresses are refused in both.
 */
export const TARGET_POLICIES = ['private-allowed', 'public-only'] as const;
export type TargetPolicy = (typeof TARGET_POLICIES)[number];

/** The value, or in words what was given and what would be accepted. */
export type Parsed<T> = { value: T } | { problem: string };

export interface Setting<T> {
  name: string;
  /** As the documentation shows it. */
  default: string;
  /** Null for a setting that is not a quantity. */
  unit: string | null;
  meaning: string;
  fallback: T;
  parse(text: string): Parsed<T>;
}

const setting = <T>(row: Setting<T>): Setting<T> => row;

function oneOf<const T extends string>(values: readonly T[]): (text: string) => Parsed<T> {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    return value ? { value } : { problem: `is ${describeText(text)}; give one of ${values.join(', ')}` };
  };
}

function parsePort(text: string): Parsed<number> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return { value: port };
  return { problem: `is ${describeText(text)}; give a TCP port from 1 to 65535, or 0 for any free one` };
}

function parseHost(text: string): Parsed<string> {
  if (/^[A-Za-z0-9._-]{1,253}$/.test(text) || /^[0-9A-Fa-f:.]{2,45}$/.test(text)) return { value: text };
  return { problem: `is ${describeText(text)}; give a bare host name or address, such as 127.0.0.1, 0.0.0.0 or ::` };
}

function parsePath(text: string): Parsed<string> {
  return text.includes('\0') ? { problem: 'has a NUL character in it; give a path' } : { value: text };
}

function parseAdminKey(text: string): Parsed<string> {
  const accepted = 'give hc_ and more visible ASCII characters, 32 to 128 in all';
  if (!text.startsWith('hc_')) return { problem: `does not begin with hc_; ${accepted}` };
  if (text.length < 32 || text.length > 128) return { problem: `has ${text.length} characters; ${accepted}` };
  return /^[\x21-\x7e]+$/.test(text)
    ? { value: text }
    : { problem: `has a character that is not allowed; ${accepted}` };
}

function parseLocation(text: string): Parsed<string> {
  if (isLocationName(text)) return { value: text };
  return { problem: `is ${describeText(text)}; give 1 to 63 of a-z, 0-9 and -, not beginning with -` };
}

/** Every setting there is: what reads the environment and what documents it are the same rows. */
export const ROWS = {
  host: setting<string>({
    name: 'HOST',
    default: '127.0.0.1 (0.0.0.0 in the Docker image)',
    unit: null,
    meaning: 'Address the server listens on.',
    // Open to the machine only until someone says otherwise; inside a container only 0.0.0.0 can be reached.
    fallback: '127.0.0.1',
    parse: parseHost,
  }),
  port: setting<number>({
    name: 'PORT',
    default: '3000',
    unit: 'TCP port',
    meaning: 'Port the server listens on; 0 takes any free one.',
    fallback: 3000,
    parse: parsePort,
  }),
  publicUrl: setting<string | null>({
    name: 'HINDCAST_PUBLIC_URL',
    default: 'http://<host>:<port>',
    unit: null,
    meaning: 'Base of the links in alerts and postmortems, as people reach the server.',
    fallback: null,
    parse: parseBaseUrl,
  }),
  logLevel: setting<LogLevel>({
    name: 'LOG_LEVEL',
    default: 'info',
    unit: null,
    meaning: `Least severe level that is logged: ${LOG_LEVELS.join(', ')}.`,
    fallback: 'info',
    parse: oneOf(LOG_LEVELS),
  }),
  redisUrl: setting<string | null>({
    name: 'REDIS_URL',
    default: 'none: everything in one process',
    unit: null,
    meaning: 'Redis for the queues, when probes run in processes of their own: redis://, rediss:// or a socket path.',
    fallback: null,
    parse: parseRedisUrl,
  }),
  dataDir: setting<string>({
    name: 'HINDCAST_DATA_DIR',
    default: './data (/data in the Docker image)',
    unit: null,
    meaning: 'Folder of the database and the secret key.',
    fallback: './data',
    parse: parsePath,
  }),
  adminKey: setting<string | null>({
    name: 'HINDCAST_ADMIN_KEY',
    default: 'made and printed once at first start',
    unit: '32 to 128 characters',
    meaning: 'API key with every scope: hc_ and visible ASCII characters.',
    fallback: null,
    parse: parseAdminKey,
  }),
  secretKey: setting<Buffer | null>({
    name: 'HINDCAST_SECRET_KEY',
    default: 'made and kept in the data folder',
    unit: 'base64 of 32 bytes',
    meaning: 'Key that seals secrets at rest and in the queues. Probe workers need the same one as the server.',
    fallback: null,
    parse: parseSecretKey,
  }),
  targets: setting<TargetPolicy>({
    name: 'HINDCAST_TARGETS',
    default: 'private-allowed',
    unit: null,
    meaning: 'Addresses monitors and channels may reach: private-allowed, or public-only for shared hosts.',
    fallback: 'private-allowed',
    parse: oneOf(TARGET_POLICIES),
  }),
  configFile: setting<string | null>({
    name: 'HINDCAST_CONFIG',
    default: 'none',
    unit: null,
    meaning: 'Path of a YAML file of monitors, channels and policies, applied at start (see config/example.yaml).',
    fallback: null,
    parse: parsePath,
  }),
  location: setting<string>({
    name: 'HINDCAST_LOCATION',
    default: 'default',
    unit: null,
    meaning: 'Name of the place this process probes from.',
    fallback: 'default',
    parse: parseLocation,
  }),
};

/** The settings as documentation lists them. */
export const SETTINGS: readonly Omit<Setting<unknown>, 'fallback' | 'parse'>[] = Object.values(ROWS);
