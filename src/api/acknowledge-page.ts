import { createHash } from 'node:crypto';
import { escapeHtml } from '#src/domain/html-text.ts';
import { plainText } from '#src/domain/plain-text.ts';

/** For a phone: one column, large targets, no script, nothing from elsewhere. */
const STYLE =
  'body{font:17px/1.5 system-ui,sans-serif;margin:0 auto;max-width:34rem;padding:1.5rem;color:#101828;background:#fff}' +
  'h1{font-size:1.35rem;line-height:1.3;overflow-wrap:anywhere}p{overflow-wrap:anywhere}label{display:block;margin:1rem 0 .25rem}' +
  'input{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;border:1px solid #667085;border-radius:.4rem}' +
  'button{font:inherit;font-weight:600;width:100%;margin-top:1rem;padding:.8rem;border:0;border-radius:.4rem;background:#175cd3;color:#fff}' +
  '@media(prefers-color-scheme:dark){body{color:#f2f4f7;background:#101828}input{background:#1d2939;color:inherit}}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** The token stands in the address: no cache keeps it, no other site hears it. */
export const PAGE_HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex, nofollow',
  'x-frame-options': 'DENY',
};

interface Page {
  heading: string;
  lines: string[];
  /** Asks for a name and offers the button; where it posts to. */
  form?: { action: string; label: string };
}

export function renderPage({ heading, lines, form }: Page): string {
  const text = (words: string) => escapeHtml(plainText(words));
  const paragraphs = lines.map((line) => `<p>${text(line)}</p>`).join('\n');
  const asked = form
    ? `<form method="post" action="${escapeHtml(form.action)}">
<label for="by">Your name or role (optional)</label>
<input id="by" name="by" maxlength="200" autocomplete="name">
<button type="submit">${text(form.label)}</button>
</form>`
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${text(heading)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${text(heading)}</h1>
${paragraphs}
${asked}
</body>
</html>
`;
}
