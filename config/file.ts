import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { DEFAULT_POLICY, type PostmortemPolicy } from '#src/domain/postmortem/policy.ts';
import { type Add, describeText, unknownKey } from './checks.ts';
import type { Problem } from './config.ts';
import { readPostmortem } from './postmortem.ts';

/** What the YAML file says. Monitors and channels are as written: the API's schemas judge them at start. */
export interface FileConfig {
  monitors: unknown[];
  channels: unknown[];
  escalations: unknown[];
  /** `host:port` of places that answer while our own network works. */
  sentinels: string[];
  retention: {
    /** Days that rows of checks are kept; rollups, and rows around incidents, stay. Null: for ever. */
    rawDays: number | null;
  };
  /** Deadlines, targets, privacy and the template of postmortems. */
  postmortem: PostmortemPolicy;
}

const MAX_RAW_DAYS = 3650;

export const EMPTY_FILE: FileConfig = {
  monitors: [],
  channels: [],
  escalations: [],
  sentinels: [],
  retention: { rawDays: null },
  postmortem: DEFAULT_POLICY,
};

/** Reads the text of the YAML file; problems are named by their path in it, with the line. */
export function parseFile(yaml: string): { file: FileConfig; problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = [];
  const lineOf = (offset: number) => lines.linePos(offset).line;
  for (const error of document.errors) {
    // The parser quotes what it stumbled over, and that may be a secret.
    const reason = error.message.replace(/: "[\s\S]*$/, '').replace(/\.$/, '');
    problems.push({ name: 'HINDCAST_CONFIG', message: `line ${lineOf(error.pos[0])}: ${reason}; give valid YAML 1.2` });
  }
  if (problems.length > 0 || document.contents === null) return { file: EMPTY_FILE, problems };
  const add = (name: string, node: Node | null, message: string) => {
    problems.push({ name, message: `line ${lineOf(node?.range?.[0] ?? 0)}: ${message}` });
  };
  if (!isMap(document.contents)) {
    add('HINDCAST_CONFIG', document.contents, `is not a mapping; give ${Object.keys(SECTIONS).join(', ')}`);
    return { file: EMPTY_FILE, problems };
  }
  return { file: readSections(document.contents.items as YamlPair[], document.toJS.bind(document), add), problems };
}

type YamlPair = { key: Node & { value?: unknown }; value: Node | null };

const SECTIONS: { [Name in keyof FileConfig]: (value: unknown, node: Node, add: Add) => FileConfig[Name] } = {
  monitors: (value, node, add) => readList('monitors', value, node, add),
  channels: (value, node, add) => readList('channels', value, node, add),
  escalations: (value, node, add) => readList('escalations', value, node, add),
  sentinels: readSentinels,
  retention: readRetention,
  postmortem: readPostmortem,
};

function readSections(pairs: YamlPair[], toJs: () => unknown, add: Add): FileConfig {
  let values: Record<string, unknown>;
  try {
    values = toJs() as Record<string, unknown>;
  } catch {
    add('HINDCAST_CONFIG', null, 'has too many or unknown aliases; write the values out');
    return EMPTY_FILE;
  }
  const file: Record<string, unknown> = { ...EMPTY_FILE };
  for (const { key, value } of pairs) {
    const name = String(key.value);
    const read = Object.hasOwn(SECTIONS, name) ? SECTIONS[name as keyof FileConfig] : undefined;
    if (!read) add(describeText(name).slice(1, -1), key, unknownKey(name, Object.keys(SECTIONS)));
    else if (value && values[name] !== null) file[name] = read(values[name], value, add);
  }
  return file as unknown as FileConfig;
}

function readList(name: string, value: unknown, node: Node, add: Add): unknown[] {
  if (!isSeq(node) || !Array.isArray(value)) {
    add(name, node, `is not a list; give one ${name.slice(0, -1)} after another, each behind a dash`);
    return [];
  }
  for (const [index, item] of value.entries()) {
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) continue;
    add(`${name}[${index}]`, node.items[index] as Node, 'is not a mapping; give fields as in the REST API');
  }
  return value;
}

const MOST_SENTINELS = 20;

/** Answers with `host:port` of each; a URL stands for its host and port. */
function readSentinels(value: unknown, node: Node, add: Add): string[] {
  if (!isSeq(node) || !Array.isArray(value)) {
    add('sentinels', node, 'is not a list; give host:port or http(s) URLs, each behind a dash');
    return [];
  }
  if (value.length > MOST_SENTINELS) add('sentinels', node, `are ${value.length}; give at most ${MOST_SENTINELS}`);
  return value.flatMap((item: unknown, index) => {
    const address = typeof item === 'string' ? sentinelAddress(item) : null;
    if (address !== null) return address;
    const given = typeof item === 'string' && !item.includes('@') ? `is ${describeText(item)}` : 'is not an address';
    add(`sentinels[${index}]`, node.items[index] as Node, `${given}; give host:port or an http(s) URL`);
    return [];
  });
}

function sentinelAddress(text: string): string | null {
  const isUrl = /^https?:\/\//i.test(text);
  const url = URL.parse(isUrl ? text : `tcp://${text}`);
  if (!url || url.username || url.password || url.hostname === '') return null;
  if (isUrl) return `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  return url.port !== '' && url.port !== '0' && /^[^/?#]+$/.test(text) ? `${url.hostname}:${url.port}` : null;
}

function readRetention(value: unknown, node: Node, add: Add): FileConfig['retention'] {
  if (!isMap(node)) {
    add('retention', node, 'is not a mapping; give rawDays');
    return EMPTY_FILE.retention;
  }
  const { rawDays = null, ...others } = value as Record<string, unknown>;
  for (const name of Object.keys(others)) add(`retention.${name}`, node, unknownKey(name, ['rawDays']));
  if (rawDays === null) return EMPTY_FILE.retention;
  if (typeof rawDays === 'number' && Number.isInteger(rawDays) && rawDays >= 1 && rawDays <= MAX_RAW_DAYS)
    return { rawDays };
  const given = describeText(String(rawDays));
  add('retention.rawDays', node, `is ${given}; give a whole number of days from 1 to ${MAX_RAW_DAYS}`);
  return EMPTY_FILE.retention;
}
