import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { parseAst } from 'vitest/node';

/** One import of a module, or a `new URL('./x.ts', import.meta.url)` that names one. */
export interface Import {
  /** As written: `#src/domain/ids.ts`, `./ids.ts`, `node:fs`, `bullmq`. */
  specifier: string;
  /** Path in the project, null for packages and Node's own modules. */
  file: string | null;
  /** Erased before the program runs. */
  typeOnly: boolean;
  /** What is taken: names, or null when it may be anything (`* as x`, `import()`, `export *`). */
  names: string[] | null;
}

export interface Source {
  /** Path from the root, with forward slashes. */
  path: string;
  imports: Import[];
  /** Names it exports; what it passes on from other modules too. */
  exports: string[];
  /** Files it names in a text, to start them or hand them to a tool. */
  mentions: Set<string>;
  /** How often each identifier stands in it. */
  identifiers: Map<string, number>;
  /** Uses of what is not an argument: `Date.now`, `new Date()`, `Math.random`, `process.env`, `process`, … */
  ambient: Set<string>;
}

interface AstNode {
  type: string;
  [key: string]: unknown;
}

const FOLDERS = ['src', 'workers', 'config', 'test'];
const AMBIENT_OBJECTS = new Set([
  'process',
  'performance',
  'globalThis',
  'crypto',
  'fetch',
  'setTimeout',
  'setInterval',
]);

/** Reads every TypeScript file of the project: its folders, and the configurations of tools beside them. */
export function readSources(root: string): Source[] {
  const configs = readdirSync(root).map((name) => join(root, name));
  return [...configs, ...FOLDERS.flatMap((folder) => filesUnder(join(root, folder)))]
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readSource(root, relative(root, file)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}

function readSource(root: string, path: string): Source {
  const source: Source = {
    path,
    imports: [],
    exports: [],
    mentions: new Set(),
    identifiers: new Map(),
    ambient: new Set(),
  };
  visit(parse(root, path), (node, parent, key) => {
    collectImports(source, node);
    collectExports(source, node);
    collectUses(source, node, parent, key);
  });
  return source;
}

function parse(root: string, path: string): AstNode {
  try {
    return parseAst(readFileSync(join(root, path), 'utf8'), { lang: 'ts' }) as unknown as AstNode;
  } catch (error) {
    throw new Error(`${path} is not TypeScript`, { cause: error });
  }
}

function visit(node: AstNode, see: (node: AstNode, parent: AstNode | null, key: string) => void): void {
  const walk = (current: AstNode, parent: AstNode | null, ownKey: string) => {
    see(current, parent, ownKey);
    for (const [key, value] of Object.entries(current)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, current, key);
    }
  };
  walk(node, null, '');
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && typeof (value as AstNode).type === 'string';
}

const nodes = (value: unknown): AstNode[] => (Array.isArray(value) ? value.filter(isNode) : []);
const nameOf = (value: unknown): string => (isNode(value) ? String(value.name ?? value.value) : '');
const literal = (value: unknown): string | null =>
  isNode(value) && value.type === 'Literal' && typeof value.value === 'string' ? value.value : null;

function collectImports(source: Source, node: AstNode): void {
  const add = (specifier: string | null, typeOnly: boolean, names: string[] | null) => {
    if (specifier !== null) {
      source.imports.push({ specifier, file: resolveSpecifier(source.path, specifier), typeOnly, names });
    }
  };
  const specifiers = nodes(node.specifiers);
  switch (node.type) {
    case 'ImportDeclaration': {
      const isType = (s: AstNode) => node.importKind === 'type' || s.importKind === 'type';
      const typeOnly = node.importKind === 'type' || (specifiers.length > 0 && specifiers.every(isType));
      const star = specifiers.some((s) => s.type === 'ImportNamespaceSpecifier');
      add(literal(node.source), typeOnly, star ? null : specifiers.map((s) => nameOf(s.imported) || 'default'));
      break;
    }
    case 'ExportNamedDeclaration':
      add(
        literal(node.source),
        node.exportKind === 'type',
        specifiers.map((s) => nameOf(s.local)),
      );
      break;
    case 'ExportAllDeclaration':
      add(literal(node.source), node.exportKind === 'type', null);
      break;
    case 'ImportExpression':
      add(literal(node.source), false, null);
      break;
    case 'TSImportType':
      add(literal(node.source ?? node.argument), true, null);
      break;
    case 'NewExpression': {
      const [path, base] = nodes(node.arguments);
      const text = literal(path);
      if (nameOf(node.callee) === 'URL' && base?.type === 'MemberExpression' && text?.endsWith('.ts')) {
        add(text, false, null);
      }
    }
  }
}

function collectExports(source: Source, node: AstNode): void {
  if (node.type !== 'ExportNamedDeclaration') return;
  source.exports.push(...nodes(node.specifiers).map((s) => nameOf(s.exported)));
  const declared = node.declaration;
  if (!isNode(declared)) return;
  const declarators = nodes(declared.declarations);
  if (declarators.length === 0) source.exports.push(nameOf(declared.id));
  for (const { id } of declarators) {
    const properties =
      isNode(id) && id.type === 'ObjectPattern' ? nodes(id.properties).map((p) => nameOf(p.value)) : null;
    source.exports.push(...(properties ?? [nameOf(id)]));
  }
}

function collectUses(source: Source, node: AstNode, parent: AstNode | null, key: string): void {
  const text = literal(node);
  if (text?.endsWith('.ts')) {
    source.mentions.add(normalize(text)).add(relative('/', resolve('/', dirname(source.path), text)));
  }
  if (node.type === 'MemberExpression' && isNode(node.object) && node.object.type === 'Identifier') {
    source.ambient.add(`${nameOf(node.object)}.${nameOf(node.property)}`);
  }
  if (node.type === 'NewExpression' && nameOf(node.callee) === 'Date' && nodes(node.arguments).length === 0) {
    source.ambient.add('new Date()');
  }
  if (node.type === 'CallExpression' && nameOf(node.callee) === 'Date') source.ambient.add('Date()');
  if (node.type !== 'Identifier') return;
  const name = nameOf(node);
  source.identifiers.set(name, (source.identifiers.get(name) ?? 0) + 1);
  const isMemberName = (key === 'property' || key === 'key') && parent?.computed !== true;
  if (!isMemberName && AMBIENT_OBJECTS.has(name)) source.ambient.add(name);
}

function resolveSpecifier(from: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return normalize(specifier.slice(1));
  if (!specifier.startsWith('.')) return null;
  return relative('/', resolve('/', dirname(from), specifier));
}
