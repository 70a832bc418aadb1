/**
 * A rendering as its reader sees it: the words of each heading, paragraph, list entry and table cell, in order, with
 * the markup off. `times` are what machines read beside them.
 */
export interface Plain {
  segments: string[];
  times: string[];
  /** What could run or load something; must be empty. */
  live: string[];
}

const CHARACTERS: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** One way to write what renderings write in several: blanks, and what Markdown cannot hold inside of code. */
export function plainWords(text: string): string {
  return text.replaceAll('`', "'").replaceAll('|', '/').replaceAll(/\s+/gu, ' ').trim();
}

function decoded(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (decimal) return String.fromCodePoint(Number(decimal));
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
      return CHARACTERS[name?.toLowerCase() ?? ''] ?? whole;
    },
  );
}

/** GitHub-flavoured Markdown, of which each line is a whole: what the renderer writes, and people who edit it. */
export function plainMarkdown(text: string): Plain {
  const segments: string[] = [];
  const live: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const isTable = /^\s*\|/.test(line);
    if (isTable && /^[\s|:-]+$/.test(line)) continue;
    const body = line.replace(/^\s*(?:#{1,6}|[-*+]|\d+[.)])\s+/, '');
    const { cells, raw } = inline(body);
    live.push(...raw);
    segments.push(...(isTable ? cells : [cells.join('|')]).map(plainWords).filter((cell) => cell !== ''));
  }
  return { segments, times: [], live };
}

/** Cells apart at bare `|`, escapes and emphasis off, code as it stands. `raw`: tags and links that are not escaped. */
function inline(line: string): { cells: string[]; raw: string[] } {
  const cells: string[] = [];
  const raw: string[] = [];
  let cell = '';
  let inCode = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string;
    if (character === '`') inCode = !inCode;
    else if (inCode) cell += character;
    else if (character === '\\' && /[!-/:-@[-`{-~]/.test(line[i + 1] ?? '')) cell += line[++i];
    else if (character === '|') {
      cells.push(decoded(cell));
      cell = '';
    } else if (character !== '*') cell += character;
    if (!inCode && /^(?:<[a-z/!]|\]\()/i.test(line.slice(i, i + 2)) && line[i - 1] !== '\\')
      raw.push(line.slice(i, i + 40));
  }
  cells.push(decoded(cell));
  return { cells, raw };
}

const INLINE = /^(?:a|abbr|b|code|em|i|mark|small|span|strong|sub|sup|time|tspan|wbr)$/;
const LIVE =
  /^<(?:script|iframe|object|embed|form|base|link)\b|\son\w+\s*=|javascript:|\s(?:src|href)\s*=\s*["']?(?!#|data:image\/)/i;

/** A page. Axes of a chart (elements of class `tick`) are a scale, and say nothing. */
export function plainHtml(html: string): Plain {
  const segments: string[] = [];
  const times: string[] = [];
  const live: string[] = [];
  let words = '';
  let hidden: string | null = null;
  const end = () => {
    const said = plainWords(decoded(words));
    if (said !== '') segments.push(said);
    words = '';
  };
  for (const part of html.split(/(<[^>]*>)/)) {
    const tag = /^<(\/?)([a-z][\w-]*)/i.exec(part);
    if (!tag) {
      if (hidden === null && !part.startsWith('<!')) words += part;
      continue;
    }
    const [, closing, name = ''] = tag;
    if (hidden !== null) {
      if (closing && name === hidden) hidden = null;
      continue;
    }
    if (LIVE.test(part)) live.push(part.slice(0, 80));
    if (!INLINE.test(name)) end();
    const time = /^<time[^>]*\sdatetime="([^"]*)"/i.exec(part)?.[1];
    if (time !== undefined) times.push(time);
    const isScale = name === 'text' && /\sclass="[^"]*\btick\b/.test(part);
    if (!closing && (/^(?:head|style)$/.test(name) || isScale)) hidden = name;
  }
  end();
  return { segments, times, live };
}
