import { nearest } from './checks.ts';
import { EMPTY_FILE, type FileConfig, parseFile } from './file.ts';
import { type LogLevel, ROWS, SETTINGS, type Setting, type TargetPolicy } from './settings.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What the server runs with. */
export interface Config {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Base of links, without a slash at its end; null: derive it from the address listened on (`baseUrl`). */
  publicUrl: string | null;
  logLevel: LogLevel;
  /** URL, or the absolute path of a socket; null: everything in one process. */
  redisUrl: string | null;
  dataDir: string;
  /** Null: make one at first start, and print it once. */
  adminKey: string | null;
  /** 32 bytes; null: made and kept in the data folder. */
  secretKey: Buffer | null;
  targets: TargetPolicy;
  configFile: string | null;
  location: string;
  file: FileConfig;
}

/** What a probe worker runs with: it has no database and no API. */
export interface WorkerConfig {
  redisUrl: string;
  secretKey: Buffer;
  location: string;
  logLevel: LogLevel;
  targets: TargetPolicy;
}

export interface Problem {
  /** The variable, or the path in the YAML file. */
  name: string;
  /** What was given (never a secret's value), and what would be accepted. */
  message: string;
}

/** All mistakes of a configuration at once; `message` is one line for each, for the operator to read. */
export class ConfigError extends Error {
  readonly code = 'HINDCAST_CONFIG';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(['The configuration cannot be used:', ...problems.map((p) => `  ${p.name} ${p.message}`)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * The server's configuration from the environment and the text of the file that HINDCAST_CONFIG names (null: none).
 * Pure. An empty variable counts as absent, as compose files write it.
 * @throws ConfigError with every mistake in both.
 */
export function parseConfig(env: Env, yaml: string | null): Config {
  const { values, problems } = readEnv(env, ROWS);
  const { file, problems: fileProblems } = yaml === null ? { file: EMPTY_FILE, problems: [] } : parseFile(yaml);
  problems.push(...fileProblems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...values, file };
}

/**
 * A probe worker's configuration. Settings of the server are let through, so that both can share one environment.
 * @throws ConfigError with every mistake.
 */
export function parseWorkerConfig(env: Env): WorkerConfig {
  const { redisUrl, secretKey, location, logLevel, targets } = ROWS;
  const { values, problems } = readEnv(env, { redisUrl, secretKey, location, logLevel, targets });
  const demand = (name: string, accepted: string) => {
    if (!env[name]) problems.push({ name, message: `is missing, and a probe worker needs it; ${accepted}` });
  };
  demand('REDIS_URL', 'give the address of the Redis that the server uses');
  demand('HINDCAST_SECRET_KEY', 'give the key that the server has, or it cannot open the secrets of monitors');
  if (problems.length > 0 || !values.redisUrl || !values.secretKey) throw new ConfigError(problems);
  return { ...values, redisUrl: values.redisUrl, secretKey: values.secretKey };
}

/** The base of links: the public URL, or else the address listened on as the same machine would reach it. */
export function baseUrl(config: Pick<Config, 'host' | 'publicUrl'>, port: number): string {
  if (config.publicUrl) return config.publicUrl;
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

type Rows = Record<string, Setting<unknown>>;
type Values<R extends Rows> = { [Key in keyof R]: R[Key] extends Setting<infer T> ? T : never };

function readEnv<R extends Rows>(env: Env, rows: R): { values: Values<R>; problems: Problem[] } {
  const problems = unknownNames(env);
  const values: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(rows)) {
    const text = env[row.name];
    const parsed = text ? row.parse(text) : { value: row.fallback };
    if ('problem' in parsed) problems.push({ name: row.name, message: parsed.problem });
    else values[key] = parsed.value;
  }
  return { values: values as Values<R>, problems };
}

/** A misspelt setting would otherwise be ignored without a word. */
function unknownNames(env: Env): Problem[] {
  const known = SETTINGS.map((row) => row.name);
  const unknown = Object.keys(env).filter((name) => name.startsWith('HINDCAST_') && env[name] && !known.includes(name));
  return unknown.map((name) => {
    const meant = nearest(name, known);
    const hint = meant ? `did you mean ${meant}?` : `the settings are ${known.join(', ')}`;
    return { name, message: `is not a setting; ${hint}` };
  });
}
