const MARK = '\u0000';
const LEAK =
  /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+\.[\p{L}\p{N}.-]+|:\/\/[^\s/@]*@|:\/\/\S*[?#]\S|\b(?:hc|whsec)_[\w+/=-]{8,}|[\p{Cc}\p{Bidi_C}]/u;
/** A word that may lose a part, or all of it, on its way into a draft: a URL, an address, a token, a secret's value. */
const SCRUBBED = /:\/\/|@|^bearer$|(?:hc|whsec)_|[=:]|^["'].*["']$/i;

/**
 * Is this what a person's text may have become in a draft? Every word must stand, in order and unchanged; only parts of
 * URLs, addresses of people, tokens and values of secrets may be missing, and a long text may be cut at its end.
 */
export function isCapturedOf(stated: string, raw: string): boolean {
  if (LEAK.test(stated)) return false;
  const cut = stated.endsWith('…') && !raw.trim().endsWith('…');
  const given = wordsOf(raw);
  const said = wordsOf((cut ? stated.slice(0, -1) : stated).replaceAll(/\[(?:address )?removed\]/g, MARK));
  let i = 0;
  for (const [j, word] of said.entries()) {
    let found = false;
    for (; i < given.length && !found; i++) {
      const source = given[i] as string;
      const last = cut && j === said.length - 1;
      if (source === word || (last && source.startsWith(word))) found = true;
      else if (SCRUBBED.test(source) && (word.includes(MARK) || isSubsequence(word, source))) found = true;
      else if (!afterSecret(given, i)) return false;
    }
    if (!found) return false;
  }
  return cut || given.slice(i).every((_, k) => afterSecret(given, i + k));
}

function wordsOf(text: string): string[] {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (character) => (character === MARK ? MARK : ' '))
    .split(/\s+/u)
    .filter((word) => word !== '');
}

/** The value behind `Bearer`, `password:` or `token =`. */
function afterSecret(words: string[], i: number): boolean {
  const before = `${words[i - 2] ?? ''} ${words[i - 1] ?? ''}`;
  return /bearer$|(?:token|secret|password|passwd|api[_-]?key)["']?\s*[=:]$/i.test(before);
}

function isSubsequence(short: string, long: string): boolean {
  let at = 0;
  for (const character of long) if (character === short[at]) at++;
  return at === short.length && short.length > 0;
}
