import type { Node } from 'yaml';
import type { Parsed } from './settings.ts';

const SHOWN_CHARACTERS = 60;

/** A value as a message quotes it: short, and without control characters. */
export function describeText(text: string): string {
  const visible = text.replace(/\p{C}/gu, '?');
  return visible.length > SHOWN_CHARACTERS ? `"${visible.slice(0, SHOWN_CHARACTERS)}…"` : `"${visible}"`;
}

/** Locations are parts of queue names and ids, so they keep to what every backend takes. */
export function isLocationName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
}

/**
 * A Redis URL, or the path of its socket. The value is never quoted: it may hold a password.
 */
export function parseRedisUrl(text: string): Parsed<string> {
  const accepted = 'give redis://host:6379, rediss://host:6379 or the absolute path of a socket';
  if (text.startsWith('/')) return { value: text };
  const url = URL.parse(text);
  if (!url) return { problem: `is not a URL; ${accepted}` };
  if (url.protocol === 'unix:' && url.pathname.startsWith('/')) return { value: url.pathname };
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    return { problem: `has the scheme ${describeText(url.protocol)}; ${accepted}` };
  }
  if (!url.hostname) return { problem: `names no host; ${accepted}` };
  if (!/^(\/\d*)?$/.test(url.pathname)) return { problem: `has a path that is not a database number; ${accepted}` };
  return { value: text };
}

/** The base of links: without a slash at its end. */
export function parseBaseUrl(text: string): Parsed<string> {
  const accepted = 'give an http:// or https:// address, such as https://status.example.com';
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return { problem: `is not a web address; ${accepted}` };
  }
  if (url.username || url.password) return { problem: `has credentials in it; ${accepted}` };
  if (url.search || url.hash) return { problem: `has a query or a fragment; ${accepted}` };
  return { value: url.href.replace(/\/+$/, '') };
}

/** 32 bytes in base64 or base64url, as `openssl rand -base64 32` prints them. */
export function parseSecretKey(text: string): Parsed<Buffer> {
  const accepted = 'give the base64 of 32 bytes, such as `openssl rand -base64 32` prints';
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return { problem: `is not base64; ${accepted}` };
  const key = Buffer.from(text, 'base64');
  return key.length === 32 ? { value: key } : { problem: `decodes to ${key.length} bytes; ${accepted}` };
}

/** The candidate that a mistyped name most likely means, if one is near: at most a third of its letters differ. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  const ranked = candidates.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  const best = ranked.sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= Math.max(2, Math.floor(name.length / 3)) ? best.candidate : null;
}

/** Notes a mistake in the YAML file: its path, where it stands, and in words what would be accepted. */
export type Add = (name: string, node: Node | null, message: string) => void;

export function unknownKey(name: string, known: string[]): string {
  const meant = nearest(name, known);
  return meant ? `is not known; did you mean ${meant}?` : `is not known; give ${known.join(', ')}`;
}

/** Levenshtein's distance: insertions, deletions and replacements of one character. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
