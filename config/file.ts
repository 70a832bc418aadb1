import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { DEFAULT_POLICY, type PostmortemPolicy } from '#src/domain/postmortem/policy.ts';
import { type Add, describeText, unknownKey } from './checks.ts';
import type { Problem } from './config.ts';
import { readPostmortem } from './postmortem.ts';

/** What the YAML file says. Monitors and channels are as written: the API's schemas judge them at start. */
export interface FileConfig {
  monitors: unknown[];
  channels: unknown[];
  trackers: unknown[];
  escalations: unknown[];
  /** `host:port` of places that answer while our own network works. */
  sentinels: string[];
  /** Where to say that all is well, after a check of our own went the whole way; null: nowhere. */
  heartbeat: { url: string; everySeconds: number } | null;
  retention: {
    /** Days that rows of checks are kept; rollups, and rows around incidents, stay. Null: for ever. */
    rawDays: number | null;
  };
  /** Deadlines, targets, privacy and the template of postmortems. */
  postmortem: PostmortemPolicy;
}

const HEARTBEAT_SECONDS = [1, 86_400] as const;
const DEFAULT_HEARTBEAT_SECONDS = 60;
const MAX_RAW_DAYS = 3650;

export const EMPTY_FILE: FileConfig = {
  monitors: [],
  channels: [],
  trackers: [],
  escalations: [],
  sentinels: [],
  heartbeat: null,
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
  trackers: (value, node, add) => readList('trackers', value, node, add),
  escalations: (value, node, add) => readList('escalations', value, node, add),
  sentinels: readSentinels,
  heartbeat: readHeartbeat,
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

function readHeartbeat(value: unknown, node: Node, add: Add): FileConfig['heartbeat'] {
  if (!isMap(node)) {
    add('heartbeat', node, 'is not a mapping; give url and everySeconds');
    return null;
  }
  const { url, everySeconds = DEFAULT_HEARTBEAT_SECONDS, ...others } = value as Record<string, unknown>;
  for (const name of Object.keys(others)) add(`heartbeat.${name}`, node, unknownKey(name, ['url', 'everySeconds']));
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  // The address is not quoted: many services put a token into it.
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password)
    add('heartbeat.url', node, 'is not an address; give an http:// or https:// URL without credentials');
  const [least, most] = HEARTBEAT_SECONDS;
  const fits = typeof everySeconds === 'number' && everySeconds >= least && everySeconds <= most;
  if (!fits) {
    const given = describeText(String(everySeconds));
    add('heartbeat.everySeconds', node, `is ${given}; give a number of seconds from ${least} to ${most}`);
  }
  return parsed && fits ? { url: parsed.href, everySeconds } : null;
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
