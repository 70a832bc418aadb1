import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

/** A file that is read again when it changed, looked at no more than once a second. */
export function watchedFile(path: string, monotonic: () => number): () => { text: string; version: number } {
  let text = '';
  let version = 0;
  let seenMs: number | null | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (monotonic() - lookedAt >= 1000) {
      lookedAt = monotonic();
      const stat = statSync(path, { throwIfNoEntry: false });
      const mtimeMs = stat?.mtimeMs ?? null;
      if (mtimeMs !== seenMs) {
        seenMs = mtimeMs;
        text = stat ? readFileSync(path, 'utf8') : '';
        version += 1;
      }
    }
    return { text, version };
  };
}

/** Names of a hosts file (hosts(5)) in lower case, with their addresses in the order of the file. */
export function parseHosts(text: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!address || isIP(address) === 0) continue;
    for (const alias of aliases) {
      const name = alias.toLowerCase();
      const known = names.get(name);
      if (known) known.push(address);
      else names.set(name, [address]);
    }
  }
  return names;
}

export interface Search {
  domains: string[];
  /** A name with fewer dots than this may be short for a longer one. */
  ndots: number;
}

/** The search list of a resolv.conf (resolv.conf(5)): the last `search` or `domain`, and `options ndots`. */
export function parseSearch(text: string): Search {
  const search: Search = { domains: [], ndots: 1 };
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'search' || keyword === 'domain')
      search.domains = words.map((domain) => domain.toLowerCase().replace(/^\.|\.$/g, '')).filter(Boolean);
    const ndots = words.find((word) => keyword === 'options' && /^ndots:\d+$/.test(word));
    if (ndots) search.ndots = Number(ndots.slice('ndots:'.length));
  }
  return search;
}

/**
 * The names a host can mean, in the order they are tried. A host with a dot is tried as it stands first (glibc begins
 * with the search list when it has fewer than `ndots`), so that a public name costs no needless question.
 */
export function candidates(host: string, { domains, ndots }: Search): string[] {
  const name = host.replace(/\.$/, '');
  const dots = name.split('.').length - 1;
  if (host.endsWith('.') || dots >= ndots) return [name];
  const longer = domains.map((domain) => `${name}.${domain}`);
  return dots > 0 ? [name, ...longer] : [...longer, name];
}
