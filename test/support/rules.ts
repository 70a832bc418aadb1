/** The rules of the architecture as data; `architecture.ts` applies them. Paths that end in / are folders. */

/** Stages of the pipeline, in its order; `verify` stands beside `draft`. */
export const STAGES = ['schedule', 'probe', 'record', 'detect', 'alert', 'draft', 'track', 'verify'] as const;
export const COMPOSE = 'src/compose.ts';
export const STATELESS_WORKERS = ['workers/probe.ts', 'workers/alert.ts'];
/** Whoever connects to what users name does it through this, in a process of its own too. */
export const SHARED_GUARD = (path: string, file: string | null): boolean =>
  path.startsWith('workers/') && file === 'src/probe/address-guard.ts';
export const ENTRIES = ['src/main.ts', 'src/cli/main.ts', 'workers/'];

export interface Layer {
  from: string;
  /** What of the project it may import, itself aside. */
  may: string[];
  /** What it may import for the types only. */
  mayTypes?: string[];
  /** Exceptions from `may`. */
  mayNot?: string[];
  packages: boolean;
  why: string;
}

const SEAL = 'src/seal.ts';
const SIGNATURE = 'src/webhook-signature.ts';
const stage = (name: string, ...more: string[]): Layer => ({
  from: `src/${name}/`,
  may: ['src/domain/', 'src/store/', 'src/queue/', SEAL, SIGNATURE, ...more],
  packages: true,
  why: 'a stage that knows another cannot be run, replaced or tested alone',
});
const transport = (name: string, ...more: string[]): Layer => ({
  from: `src/${name}/`,
  may: ['src/domain/', 'src/store/', SEAL, ...more],
  packages: true,
  why: 'what a transport needs of a stage is handed to it as a function by compose.ts',
});
const base = (name: string, why: string): Layer => ({
  from: `src/${name}/`,
  may: ['src/domain/', SEAL],
  packages: true,
  why,
});

export const LAYERS: Layer[] = [
  { from: 'src/domain/', may: [], packages: false, why: 'the nouns are pure: rows in, rows out' },
  base('queue', 'two backends, one port: neither knows what is queued or for whom'),
  base('store', 'rows do not know the verbs that act on them'),
  base('probe', 'a probe worker runs it without a database or a server'),
  stage('schedule'),
  stage('record', 'src/detect/'),
  stage('detect'),
  stage('alert'),
  stage('draft'),
  stage('track'),
  {
    from: 'src/verify/',
    may: ['src/domain/', 'src/store/'],
    mayNot: ['src/domain/postmortem/'],
    mayTypes: ['src/domain/postmortem/facts.ts', 'src/domain/postmortem/document.ts'],
    packages: true,
    why: 'it recomputes what a draft claims; code it shares with drafting would repeat the same mistake',
  },
  transport('api'),
  transport('web'),
  // A rehearsal starts the product itself, on imported history; the checker works without a server.
  transport('cli', COMPOSE, 'src/main.ts', 'config/', 'src/verify/'),
  {
    from: 'config/',
    // A postmortem's policy is a noun of the domain, with defaults; it loads nothing.
    may: ['src/domain/postmortem/policy.ts'],
    packages: true,
    why: 'settings are checked before anything else is loaded',
  },
];

/** Who may import the wiring. */
export const COMPOSE_IMPORTERS = ['src/main.ts', 'src/cli/'];

/** What domain must be given as an argument. */
export const IMPURE = ['Date.now', 'new Date()', 'Date()', 'Math.random', 'process', 'performance'].concat([
  'globalThis',
  'crypto',
  'fetch',
  'setTimeout',
  'setInterval',
]);

export const FORBIDDEN_FOLDERS = ['utils', 'util', 'common', 'helpers', 'services', 'shared', 'misc', 'lib'];

export const TOP_LEVEL = [
  ...['src', 'workers', 'migrations', 'config', 'test', '.ci'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'biome.json', 'vitest.config.ts', 'drizzle.config.ts'],
  ...['Dockerfile', 'compose.yaml', 'README.md', 'LICENSE', 'CHANGELOG.md'],
  ...['.gitignore', '.dockerignore', '.npmrc'],
];
/** Made by tools, and ignored by git. */
export const NOT_OURS = ['.git', 'node_modules', 'data', 'coverage', '.DS_Store'];
