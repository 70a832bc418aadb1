import type { Block, Section, Span } from '../document.ts';
import { afterword, claimsLine, factRows, factValue, kicker, type Printed, spansOf } from './printed.ts';
import { STYLE } from './style.ts';

/** One self-contained page: no script, nothing loaded from anywhere, fit for print. */
export function renderHtml(postmortem: Printed): string {
  const { document, claims, ledger } = postmortem;
  const { header } = document;
  const rows = header.rows.map(
    ({ label, spans }) => `<tr><th scope="row">${escaped(label)}</th><td>${inline(spans)}</td></tr>`,
  );
  const facts = ledger.map(
    (fact) =>
      `<tr>${[fact.id, fact.name, fact.about ?? '', factValue(fact), factRows(fact)].map((text) => `<td>${escaped(text)}</td>`).join('')}</tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(header.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escaped(header.title)}</h1>
<p class="kicker">${escaped(kicker(postmortem))}. ${escaped(claimsLine(claims))}.</p>
<table class="head"><tbody>${rows.join('')}</tbody></table>
</header>
${document.sections.map(section).join('\n')}
<section>
<h2>Appendix: the facts</h2>
<details>
<summary>Every figure with the rows behind it</summary>
<table class="facts"><thead><tr><th>Fact</th><th>Name</th><th>About</th><th>Value</th><th>Rows</th></tr></thead><tbody>${facts.join('\n')}</tbody></table>
</details>
</section>
${afterword(postmortem)
  .map(
    ({ title, items }) =>
      `<section>\n<h2>${escaped(title)}</h2>\n<ul>\n${items.map((one) => `<li>${escaped(one)}</li>`).join('\n')}\n</ul>\n</section>`,
  )
  .join('\n')}
</main>
</body>
</html>
`;
}

const CONTAINERS: Record<Block['layout']['as'], [string, string]> = {
  heading: ['', ''],
  paragraph: ['', ''],
  item: ['<ul>', '</ul>'],
  timeline: ['<ol class="timeline">', '</ol>'],
  table: ['<table class="gaps">', '</table>'],
};

function section({ id, title, blocks }: Section): string {
  let body = '';
  let open: Block['layout']['as'] | null = null;
  for (const block of blocks) {
    const { as } = block.layout;
    if (as !== open) body += `${open ? CONTAINERS[open][1] : ''}${CONTAINERS[as][0]}\n`;
    open = as;
    body += `${print(block)}\n`;
  }
  if (open) body += CONTAINERS[open][1];
  return `<section id="section-${id}">\n<h2>${escaped(title)}</h2>\n${body}\n</section>`;
}

function print(block: Block): string {
  const all = spansOf(block);
  const id = `data-block="${escaped(block.id)}"`;
  switch (block.layout.as) {
    case 'heading':
      return `<h3 ${id}>${inline(block.spans)}</h3>`;
    case 'paragraph':
      return `<p ${id}>${inline(all)}</p>`;
    case 'item':
      return `<li ${id}>${inline(all)}</li>`;
    case 'timeline': {
      const [first, ...rest] = all;
      if (block.layout.at === null || !first) return `<li class="unknown" ${id}>${inline(all)}</li>`;
      return `<li class="${block.layout.kind}" ${id}><time datetime="${block.layout.at}">${escaped(first.text)}</time> ${inline(rest)}</li>`;
    }
    case 'table': {
      const tag = block.layout.header ? 'th' : 'td';
      return `<tr ${id}>${block.spans.map((span) => `<${tag}>${inline([span])}</${tag}>`).join('')}</tr>`;
    }
  }
}

function inline(spans: readonly Span[]): string {
  return spans
    .map(({ kind, text }) =>
      kind === 'question' || kind === 'reported' ? `<span class="${kind}">${escaped(text)}</span>` : escaped(text),
    )
    .join(' ');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
