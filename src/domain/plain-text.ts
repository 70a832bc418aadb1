const ELLIPSIS = '…';

/**
 * Text from outside as one line that shows what it is: without control and bidirectional characters, which would let a
 * name rewrite the line it stands in. The joiner that emoji are made with stays.
 */
export function plainText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/(?!\u200d)\p{Cf}/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** At most so many characters; what is too long loses its middle, since names differ at their ends. */
export function cutMiddle(text: string, most: number): string {
  const chars = [...text];
  if (chars.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  const tail = most - 1 - head;
  return `${chars.slice(0, head).join('').trimEnd()}${ELLIPSIS}${tail > 0 ? chars.slice(-tail).join('').trimStart() : ''}`;
}

/** At most so many UTF-16 units, as the limits of services count; what is too long loses its end. */
export function cutEnd(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}${ELLIPSIS}`;
}

/** Escaped and still within a limit: an escape is never cut in half. */
export function cutEscaped(text: string, escaping: (text: string) => string, most: number): string {
  let room = most;
  let escaped = escaping(cutEnd(text, room));
  while (escaped.length > most && room > 1) {
    room = Math.max(1, room - Math.max(1, Math.ceil((escaped.length - most) / 5)));
    escaped = escaping(cutEnd(text, room));
  }
  return escaped;
}
