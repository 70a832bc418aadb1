import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseUrl, ConfigError, parseConfig, parseWorkerConfig } from '#config/config.ts';
import { loadConfig } from '#config/load.ts';
import { SETTINGS } from '#config/settings.ts';
import { DEFAULT_POLICY } from '#src/domain/postmortem/policy.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEY = Buffer.alloc(32, 7);

function problemsOf(parse: () => unknown): Record<string, string> {
  try {
    parse();
  } catch (error) {
    if (error instanceof ConfigError) return Object.fromEntries(error.problems.map((p) => [p.name, p.message]));
    throw error;
  }
  return {};
}

const envProblem = (name: string, text: string) => problemsOf(() => parseConfig({ [name]: text }, null))[name];
const fileProblems = (yaml: string) => problemsOf(() => parseConfig({}, yaml));

describe('the environment', () => {
  it('needs no setting at all', () => {
    expect(parseConfig({}, null)).toEqual({
      host: '127.0.0.1',
      port: 3000,
      publicUrl: null,
      logLevel: 'info',
      redisUrl: null,
      dataDir: './data',
      adminKey: null,
      secretKey: null,
      targets: 'private-allowed',
      configFile: null,
      location: 'default',
      file: {
        monitors: [],
        channels: [],
        escalations: [],
        sentinels: [],
        trackers: [],
        heartbeat: null,
        retention: { rawDays: null },
        postmortem: DEFAULT_POLICY,
      },
    });
  });

  it('takes an empty variable as absent', () => {
    expect(parseConfig({ PORT: '', REDIS_URL: '', HINDCAST_ADMIN_KEY: '' }, null)).toEqual(parseConfig({}, null));
  });

  it.each([
    ['PORT', '0', 'port', 0],
    ['PORT', '65535', 'port', 65_535],
    ['HOST', '::', 'host', '::'],
    ['LOG_LEVEL', 'silent', 'logLevel', 'silent'],
    ['REDIS_URL', 'redis://:pw@cache:6379/2', 'redisUrl', 'redis://:pw@cache:6379/2'],
    ['REDIS_URL', 'rediss://cache:6380', 'redisUrl', 'rediss://cache:6380'],
    ['REDIS_URL', '/run/redis.sock', 'redisUrl', '/run/redis.sock'],
    ['REDIS_URL', 'unix:///run/redis.sock', 'redisUrl', '/run/redis.sock'],
    ['HINDCAST_PUBLIC_URL', 'https://up.example.com/hindcast/', 'publicUrl', 'https://up.example.com/hindcast'],
    ['HINDCAST_ADMIN_KEY', `hc_${'a'.repeat(29)}`, 'adminKey', `hc_${'a'.repeat(29)}`],
    ['HINDCAST_ADMIN_KEY', `hc_${'a'.repeat(125)}`, 'adminKey', `hc_${'a'.repeat(125)}`],
    ['HINDCAST_SECRET_KEY', KEY.toString('base64'), 'secretKey', KEY],
    ['HINDCAST_SECRET_KEY', KEY.toString('base64url'), 'secretKey', KEY],
    ['HINDCAST_TARGETS', 'public-only', 'targets', 'public-only'],
    ['HINDCAST_LOCATION', 'eu-west-1', 'location', 'eu-west-1'],
  ])('accepts %s=%s', (name, text, key, value) => {
    expect(parseConfig({ [name]: text }, null)).toMatchObject({ [key]: value });
  });

  it.each([
    ['PORT', '65536', 'is "65536"; give a TCP port'],
    ['PORT', '-1', 'is "-1"'],
    ['PORT', '3000 ', 'is "3000 "'],
    ['HOST', 'http://x', 'give a bare host name'],
    ['LOG_LEVEL', 'verbose', 'is "verbose"; give one of trace, debug'],
    ['REDIS_URL', 'localhost:6379', 'has the scheme "localhost:"; give redis://'],
    ['REDIS_URL', 'redis://', 'names no host'],
    ['REDIS_URL', 'redis://h/zero', 'not a database number'],
    ['HINDCAST_PUBLIC_URL', 'up.example.com', 'is not a web address'],
    ['HINDCAST_PUBLIC_URL', 'https://a:b@up.example.com', 'has credentials'],
    ['HINDCAST_ADMIN_KEY', `hc_${'a'.repeat(28)}`, 'has 31 characters; give hc_'],
    ['HINDCAST_ADMIN_KEY', `hc_${'a'.repeat(126)}`, 'has 129 characters'],
    ['HINDCAST_ADMIN_KEY', `hc_${'a'.repeat(30)} b`, 'not allowed'],
    ['HINDCAST_SECRET_KEY', KEY.subarray(1).toString('base64'), 'decodes to 31 bytes; give the base64 of 32 bytes'],
    ['HINDCAST_SECRET_KEY', 'not base64!', 'is not base64'],
    ['HINDCAST_TARGETS', 'all', 'is "all"; give one of private-allowed, public-only'],
    ['HINDCAST_LOCATION', 'EU:1', 'is "EU:1"; give 1 to 63'],
  ])('refuses %s=%s and says what would do', (name, text, message) => {
    expect(envProblem(name, text)).toContain(message);
  });

  it('names every mistake at once, of the environment and of the file', () => {
    const parse = () => parseConfig({ PORT: 'x', LOG_LEVEL: 'y', HINDCAST_TARGETS: 'z' }, 'monitors: 3\nfoo: 1\n');
    expect(Object.keys(problemsOf(parse))).toEqual(['PORT', 'LOG_LEVEL', 'HINDCAST_TARGETS', 'monitors', 'foo']);
    expect(parse).toThrow(/PORT is "x"[\s\S]*LOG_LEVEL is "y"/);
  });

  it('refuses an unknown HINDCAST_ name and suggests the one that was meant', () => {
    expect(envProblem('HINDCAST_DATADIR', './x')).toBe('is not a setting; did you mean HINDCAST_DATA_DIR?');
    expect(envProblem('HINDCAST_SECRETKEY', 'x')).toContain('HINDCAST_SECRET_KEY');
    expect(envProblem('HINDCAST_FROBNICATION_LEVELS', '1')).toContain('the settings are HOST');
    expect(envProblem('SOMETHING_ELSE', '1')).toBeUndefined();
  });

  it('never repeats a secret, whatever is wrong with it', () => {
    const secret = fc.stringMatching(/^[a-z]{8,40}$/);
    const place = fc.constantFrom(
      (s: string) => ({ HINDCAST_ADMIN_KEY: s }),
      (s: string) => ({ HINDCAST_SECRET_KEY: `${s}!` }),
      (s: string) => ({ REDIS_URL: `http://user:${s}@host` }),
      (s: string) => ({ REDIS_URL: `redis://user:${s}@host/x` }),
      (s: string) => ({ HINDCAST_PUBLIC_URL: `http://user:${s}@host` }),
      (s: string) => ({ HINDCAST_SECRET: s }),
    );
    fc.assert(
      fc.property(secret, place, (text, put) => {
        const problems = problemsOf(() => parseConfig(put(`canary${text}`), null));
        expect(Object.keys(problems)).toHaveLength(1);
        expect(JSON.stringify(problems)).not.toContain(`canary${text}`);
      }),
      { numRuns: 200 },
    );
  });

  it('documents every setting in the README', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    expect(SETTINGS.map((row) => row.name).filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the base of links', () => {
  it.each([
    [{ host: '0.0.0.0', publicUrl: null }, 'http://localhost:3100'],
    [{ host: '::1', publicUrl: null }, 'http://[::1]:3100'],
    [{ host: '127.0.0.1', publicUrl: null }, 'http://127.0.0.1:3100'],
    [{ host: '0.0.0.0', publicUrl: 'https://up.example.com' }, 'https://up.example.com'],
  ])('of %j is %s', (config, url) => {
    expect(baseUrl(config, 3100)).toBe(url);
  });
});

describe('a probe worker', () => {
  const env = { REDIS_URL: 'redis://cache', HINDCAST_SECRET_KEY: KEY.toString('base64') };

  it('needs a queue and the key of the server, and has a location of its own', () => {
    expect(parseWorkerConfig(env)).toEqual({
      redisUrl: 'redis://cache',
      secretKey: KEY,
      location: 'default',
      logLevel: 'info',
      targets: 'private-allowed',
    });
    expect(Object.keys(problemsOf(() => parseWorkerConfig({})))).toEqual(['REDIS_URL', 'HINDCAST_SECRET_KEY']);
  });

  it('lets the settings of the server through, and refuses mistakes in its own', () => {
    expect(parseWorkerConfig({ ...env, HINDCAST_DATA_DIR: '/data', PORT: '80' })).toMatchObject({
      location: 'default',
    });
    const wrong = { ...env, REDIS_URL: 'http://cache', HINDCAST_LOCATON: 'a' };
    expect(Object.keys(problemsOf(() => parseWorkerConfig(wrong)))).toEqual(['HINDCAST_LOCATON', 'REDIS_URL']);
  });
});

describe('the YAML file', () => {
  it('is documented by an example that works', () => {
    const { file } = parseConfig({}, readFileSync(join(ROOT, 'config/example.yaml'), 'utf8'));
    expect(file.monitors).toHaveLength(2);
    expect(file.monitors[0]).toMatchObject({ key: 'checkout-api', expect: { status: ['200-299'] } });
    expect(file.channels).toHaveLength(9);
    expect(file.escalations).toHaveLength(1);
  });

  it.each(['', '# nothing\n', 'monitors:\nchannels:\n', '{}'])('may be as empty as %j', (yaml) => {
    expect(parseConfig({}, yaml).file).toEqual(parseConfig({}, null).file);
  });

  it('names the line of a syntax error, and quotes nothing of the file', () => {
    const yaml = 'monitors:\n  - name: a\n    auth: {bearer: canary\n';
    expect(fileProblems(yaml).HINDCAST_CONFIG).toMatch(/^line [34]: .*give valid YAML 1\.2$/);
    expect(JSON.stringify(fileProblems(yaml))).not.toContain('canary');
  });

  it.each([
    ['- a\n', 'HINDCAST_CONFIG', 'line 1: is not a mapping; give monitors, channels'],
    ['monitor: []\n', 'monitor', 'line 1: is not known; did you mean monitors?'],
    ['channels: []\nmonitors: 3\n', 'monitors', 'line 2: is not a list; give one monitor'],
    ['monitors:\n  - name: a\n  - 7\n', 'monitors[1]', 'line 3: is not a mapping'],
    ['monitors: []\nmonitors: []\n', 'HINDCAST_CONFIG', 'line 2: '],
  ])('%j is refused', (yaml, name, message) => {
    expect(fileProblems(yaml)[name]).toContain(message);
  });

  it('leaves what a monitor holds to the schemas of the API', () => {
    const { file } = parseConfig({}, 'monitors: [{nonsense: true}]\n');
    expect(file).toMatchObject({ monitors: [{ nonsense: true }] });
  });

  it('that cannot be read is one of the mistakes', () => {
    const problems = problemsOf(() => loadConfig({ HINDCAST_CONFIG: '/nowhere/hindcast.yaml', PORT: 'x' }));
    expect(problems.HINDCAST_CONFIG).toContain('names /nowhere/hindcast.yaml, which cannot be read (ENOENT)');
    expect(Object.keys(problems)).toEqual(['HINDCAST_CONFIG', 'PORT']);
    expect(loadConfig({ HINDCAST_CONFIG: join(ROOT, 'config/example.yaml') }).file.monitors).toHaveLength(2);
  });
});
