import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as rules from './rules.ts';
import { filesUnder, type Import, readSources, type Source } from './sources.ts';

/** What breaks a rule: one line, with the reason the rule exists. Empty when the tree is sound. */
export type Check = (root: string, sources: Source[]) => string[];

export const CHECKS: Record<string, Check> = {
  'layers import only what is theirs to know': checkLayers,
  'the domain takes time, chance and environment as arguments': (_root, sources) =>
    sources
      .filter((source) => source.path.startsWith('src/domain/'))
      .flatMap(({ path, ambient }) =>
        rules.IMPURE.filter((use) => ambient.has(use)).map((use) => `${path} uses ${use}: pass it in`),
      ),
  'only entries read the environment': (_root, sources) =>
    sources
      .filter(({ path, ambient }) => isProduct(path) && ambient.has('process.env') && !within(path, rules.ENTRIES))
      .map(({ path }) => `${path} reads process.env: parseConfig does, once, in an entry`),
  'everything is wired in compose.ts only': checkWiring,
  'a worker never loads the database': checkWorkers,
  'the product never imports its tests': (_root, sources) =>
    imports(sources)
      .filter(([source, { file }]) => isProduct(source.path) && file?.startsWith('test/'))
      .map(([source, { specifier }]) => `${source.path} imports ${specifier}`),
  'names say what a thing is': checkNames,
  'the top level holds the map and nothing else': (root) =>
    readdirSync(root)
      .filter((name) => !rules.TOP_LEVEL.includes(name) && !rules.NOT_OURS.includes(name))
      .map((name) => `${name} does not belong at the top level`),
  'every path the README names exists': checkReadme,
};

export function checkArchitecture(root: string): Record<string, string[]> {
  const sources = readSources(root);
  return Object.fromEntries(Object.entries(CHECKS).map(([name, check]) => [name, check(root, sources)]));
}

const isProduct = (path: string) => !path.startsWith('test/');
const within = (path: string, places: readonly string[]) =>
  places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
const imports = (sources: Source[]): [Source, Import][] =>
  sources.flatMap((s) => s.imports.map((i) => [s, i] as [Source, Import]));

function checkLayers(_root: string, sources: Source[]): string[] {
  return imports(sources).flatMap(([source, wanted]) => {
    const layer = rules.LAYERS.find(({ from }) => source.path.startsWith(from));
    if (!layer || isAllowed(layer, wanted)) return [];
    return [`${source.path} imports ${wanted.specifier}: ${layer.why}`];
  });
}

function isAllowed(layer: rules.Layer, { file, typeOnly }: Import): boolean {
  if (file === null || file === 'package.json') return layer.packages;
  if (file.startsWith(layer.from)) return true;
  if (typeOnly && within(file, layer.mayTypes ?? [])) return true;
  return within(file, layer.may) && !within(file, layer.mayNot ?? []);
}

function stageOf(path: string): string | undefined {
  return rules.STAGES.find((stage) => path.startsWith(`src/${stage}/`));
}

function checkWiring(_root: string, sources: Source[]): string[] {
  const product = sources.filter(({ path }) => isProduct(path) && path !== rules.COMPOSE);
  const importers = product
    .filter(
      ({ path, imports }) => imports.some((i) => i.file === rules.COMPOSE) && !within(path, rules.COMPOSE_IMPORTERS),
    )
    .map(({ path }) => `${path} imports ${rules.COMPOSE}: only what starts the product may`);
  const wirers = product.flatMap(({ path, imports }) => {
    const stages = new Set(
      [
        stageOf(path),
        ...imports.map((i) => (rules.SHARED_GUARD(path, i.file) ? undefined : stageOf(i.file ?? ''))),
      ].filter((s) => s !== undefined),
    );
    if (stageOf(path) === 'record') stages.delete('detect');
    return stages.size > 1 ? [`${path} brings together ${[...stages].join(' and ')}: compose.ts does that`] : [];
  });
  return [...importers, ...wirers];
}

/** Follows what is really loaded, not what is imported for its types, and says by which way it is reached. */
function checkWorkers(_root: string, sources: Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const ways = new Map(rules.STATELESS_WORKERS.map((path) => [path, [path]]));
  const problems: string[] = [];
  for (const [path, way] of ways) {
    for (const { file, specifier, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (typeOnly) continue;
      if (file?.startsWith('src/store/') || /^(better-sqlite3|drizzle-orm)(\/|$)/.test(specifier)) {
        problems.push(`${[...way, specifier].join(' → ')}: a worker holds no rows`);
      } else if (file !== null && !ways.has(file)) ways.set(file, [...way, file]);
    }
  }
  return problems;
}

function checkNames(root: string, sources: Source[]): string[] {
  const barrels = sources.filter(({ path }) => /(^|\/)index\.ts$/.test(path)).map(({ path }) => `${path} is a barrel`);
  const files = ['src', 'workers', 'config', 'test'].flatMap((folder) => filesUnder(join(root, folder)));
  const folders = new Set(
    files.flatMap((file) =>
      file
        .slice(root.length + 1)
        .split('/')
        .slice(0, -1),
    ),
  );
  const vague = rules.FORBIDDEN_FOLDERS.filter((name) => folders.has(name));
  return [...barrels, ...vague.map((name) => `a folder called ${name} says nothing of what is in it`)];
}

/** Inline code that begins with one of the project's folders, or is one of its top-level files. */
function checkReadme(root: string): string[] {
  const readme = join(root, 'README.md');
  if (!existsSync(readme)) return ['README.md is missing'];
  const prose = readFileSync(readme, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const named = [...prose.matchAll(/`([^`\s]+)`/g)].map((match) => (match[1] ?? '').replace(/:\d+$/, ''));
  const isPath = (text: string) =>
    /^(src|workers|migrations|config|test|\.ci)\/[\w./-]*$/.test(text) || rules.TOP_LEVEL.includes(text);
  const missing = named.filter((text) => isPath(text) && !existsSync(join(root, text)));
  return [...new Set(missing)].map((text) => `README.md names ${text}, which does not exist`);
}
