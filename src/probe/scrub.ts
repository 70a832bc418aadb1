/** Takes secrets out of what a check keeps. Made for one check: it knows the live secret values of that monitor. */
export interface Scrubber {
  /** Secrets and control characters out, then cut to `max` characters. In this order: a cut secret is still a secret. */
  text(value: string, max: number): string;
  /** As `text`, but keeps line breaks and tabs. */
  body(value: string, max: number): string;
  /** A URL without userinfo and with the values of its query hidden. */
  url(value: string): string;
}

const HIDDEN = '***';
// biome-ignore lint/suspicious/noControlCharactersInRegex: control and bidirectional characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g;
const URL_IN_TEXT = /\bhttps?:\/\/[^\s"'<>]+/gi;

/** The longest of the secrets is hidden first: one may be part of another. */
export function createScrubber(known: Iterable<string>): Scrubber {
  const secrets = [...known].filter(Boolean).sort((a, b) => b.length - a.length);
  const hide = (value: string) => secrets.reduce((text, secret) => text.replaceAll(secret, HIDDEN), value);
  const url = (value: string) => {
    const parsed = URL.parse(value);
    if (!parsed) return hide(value.replace(/\?.*$/s, `?${HIDDEN}`).replace(/\/\/[^/@]*@/, '//'));
    parsed.username = '';
    parsed.password = '';
    parsed.hash = '';
    const query = [...parsed.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=${HIDDEN}`);
    parsed.search = '';
    return hide(parsed.href) + (query.length > 0 ? `?${hide(query.join('&'))}` : '');
  };
  const cut = (value: string, max: number) => (value.length > max ? `${value.slice(0, max - 1)}…` : value);
  return {
    text: (value, max) => cut(hide(value).replace(URL_IN_TEXT, url).replace(CONTROL, ' ').toWellFormed(), max),
    body: (value, max) =>
      cut(
        hide(value)
          .replace(CONTROL, (char) => ('\n\r\t'.includes(char) ? char : ' '))
          .toWellFormed(),
        max,
      ),
    url,
  };
}
