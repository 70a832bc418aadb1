const MAX_CHARACTERS = 300;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const URL_IN_TEXT = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#@]*@)?([^\s?#"'<>)]*)(?:[?#][^\s"'<>)]*)?/gi;
const EMAIL = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
const TOKEN = /\b(?:bearer\s+[\w.~+/=-]{6,}|hc_[\w-]{8,}|whsec_[\w+/=]{8,})/gi;
const SECRET_PAIR =
  /\b((?:[\w-]*(?:token|secret|password|passwd|apikey|api_key|api-key))\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)/gi;

/**
 * Text that came from outside (titles, notes, names), made inert as text: no control or bidirectional characters, one
 * line, no query strings, addresses of people or tokens, at most 300 characters. Escaping is left to the rendering.
 */
export function captured(text: string, limit = MAX_CHARACTERS): string {
  const line = text
    .replace(INVISIBLE, ' ')
    .replace(URL_IN_TEXT, '$1$2')
    .replace(EMAIL, '[address removed]')
    .replace(TOKEN, '[removed]')
    .replace(SECRET_PAIR, '$1[removed]')
    .replace(/\s+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length <= limit
    ? line
    : `${characters
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`;
}
