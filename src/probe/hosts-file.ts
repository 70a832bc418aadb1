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
