import type { Chart } from '../chart.ts';
import type { Block, Section, Span } from '../document.ts';
import { CHART_TITLE, chartSvg } from './chart.ts';
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
${document.sections.map((each) => section(each, document.chart)).join('\n')}
<section>
<h2>Appendix: the facts</h2>
<details>
<summary>Every figure with the rows behind it</summary>
<div class="wide"><table class="facts"><thead><tr>${['Fact', 'Name', 'About', 'Value', 'Rows'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${facts.join('\n')}</tbody></table></div>
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
  table: ['<div class="wide"><table class="gaps">', '</tbody></table></div>'],
};

/** The chart stands before the rows that it shows. */
function section({ id, title, blocks }: Section, chart: Chart | undefined): string {
  let body = '';
  let open: Block['layout']['as'] | null = null;
  for (const block of blocks) {
    const { as } = block.layout;
    if (as !== open) body += `${open ? CONTAINERS[open][1] : ''}${CONTAINERS[as][0]}\n`;
    open = as;
    body += `${print(block)}\n`;
  }
  if (open) body += CONTAINERS[open][1];
  const figure =
    id === 'timeline' && chart
      ? `<figure>${chartSvg(chart, escaped)}<figcaption>${CHART_TITLE}</figcaption></figure>\n`
      : '';
  return `<section id="section-${id}">\n<h2>${escaped(title)}</h2>\n${figure}${body}\n</section>`;
}

function print(block: Block): string {
  const all = spansOf(block);
  const origin = block.origin === 'machine' ? '' : ` data-origin="${block.origin}"`;
  const id = `data-block="${escaped(block.id)}"${origin}${block.stale ? ' data-stale' : ''}`;
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
      if (block.layout.header)
        return `<thead><tr ${id}>${block.spans.map((span) => `<th scope="col">${inline([span])}</th>`).join('')}</tr></thead><tbody>`;
      const [first, ...rest] = block.spans;
      const label = first ? `<th scope="row">${inline([first])}</th>` : '';
      return `<tr ${id}>${label}${rest.map((span) => `<td>${inline([span])}</td>`).join('')}</tr>`;
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

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
