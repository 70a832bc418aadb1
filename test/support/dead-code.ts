import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSources, type Source } from './sources.ts';

/**
 * Exports that nothing imports and their own file does not use, and files that nothing imports and no script starts.
 * A test keeps an export alive, but not a file of the product: what only tests load is not wired up.
 * @returns one line for each, sorted.
 */
export function findDeadCode(root: string): string[] {
  const sources = readSources(root);
  const entries = entriesOf(root);
  const product = sources.filter(({ path }) => !path.startsWith('test/'));
  const tests = sources.filter(({ path }) => path.startsWith('test/') && !path.endsWith('.test.ts'));
  const dead: string[] = [];
  for (const source of product) {
    if (entries.has(source.path) || !source.path.includes('/')) continue;
    if (isImported(source, product)) dead.push(...deadExports(source, sources));
    else dead.push(`${source.path}: nothing of the product imports it`);
  }
  for (const source of tests) {
    if (!entries.has(source.path) && !isImported(source, sources)) dead.push(`${source.path}: nothing imports it`);
  }
  return dead.sort();
}

/** What the scripts of package.json start. */
function entriesOf(root: string): Set<string> {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const started = Object.values(scripts).flatMap((line) => [...line.matchAll(/[\w./-]+\.ts\b/g)].map(String));
  return new Set(started);
}

function isImported(source: Source, by: Source[]): boolean {
  const names = ({ imports, mentions }: Source) =>
    mentions.has(source.path) || imports.some(({ file }) => file === source.path);
  return by.some((other) => other !== source && names(other));
}

function deadExports(source: Source, sources: Source[]): string[] {
  const taken = sources
    .filter((other) => other !== source)
    .flatMap((other) => other.imports.filter(({ file }) => file === source.path))
    .map(({ names }) => names);
  // A module loaded as a whole, or by a tool that is told its path, may use anything in it.
  const isMentioned = sources.some((other) => !other.path.includes('/') && other.mentions.has(source.path));
  if (taken.includes(null) || isMentioned) return [];
  const wanted = new Set(taken.flat());
  // Declared once and never mentioned again: an export that its own file uses is only needlessly public.
  const isUsedHere = (name: string) => (source.identifiers.get(name) ?? 0) > 1;
  return source.exports
    .filter((name) => !wanted.has(name) && !isUsedHere(name))
    .map((name) => `${source.path}: nothing imports the export ${name}`);
}
