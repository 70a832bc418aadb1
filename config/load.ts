import { readFileSync } from 'node:fs';
import { type Config, ConfigError, type Env, parseConfig } from './config.ts';

/**
 * `parseConfig` with the file that HINDCAST_CONFIG names, read from disk.
 * @throws ConfigError with every mistake; a file that cannot be read is one of them.
 */
export function loadConfig(env: Env): Config {
  const path = env.HINDCAST_CONFIG;
  if (!path) return parseConfig(env, null);
  let yaml: string;
  try {
    yaml = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'an error';
    const unreadable = {
      name: 'HINDCAST_CONFIG',
      message: `names ${path}, which cannot be read (${reason}); give the path of a YAML file`,
    };
    throw new ConfigError([unreadable, ...problemsOf(() => parseConfig(env, null))]);
  }
  return parseConfig(env, yaml);
}

function problemsOf(parse: () => unknown): ConfigError['problems'] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
