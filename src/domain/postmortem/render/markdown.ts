import type { Block, Section, Span } from '../document.ts';
import { afterword, claimsLine, factRows, factValue, kicker, type Printed, spansOf } from './printed.ts';

/** GitHub-flavoured Markdown. Captured text can set no markup, no link and no mention in it. */
export function renderMarkdown(postmortem: Printed): string {
  const { document, claims, ledger } = postmortem;
  const { header } = document;
  const rows = header.rows.map(({ label, spans }) => `| ${label} | ${cell(spans)} |`);
  return [
    `# ${inert(header.title)}`,
    `${kicker(postmortem)}. ${claimsLine(claims)}.`,
    ['| | |', '|---|---|', ...rows].join('\n'),
    ...document.sections.map(section),
    ['## Appendix: the facts', '', '| Fact | Name | About | Value | Rows |', '|---|---|---|---|---|']
      .concat(
        ledger.map(
          (fact) =>
            `| ${[fact.id, fact.name, fact.about ?? '', factValue(fact), factRows(fact)].map(inert).join(' | ')} |`,
        ),
      )
      .join('\n'),
    ...afterword(postmortem).map(({ title, items }) =>
      [`## ${title}`, '', ...items.map((one) => `- ${inert(one)}`)].join('\n'),
    ),
    '',
  ].join('\n\n');
}

function section({ title, blocks }: Section): string {
  let text = `## ${inert(title)}\n`;
  let before = '';
  for (const block of blocks) {
    const { as } = block.layout;
    const list = as === 'timeline' || as === 'item' || as === 'table';
    text += `${list && before === as ? '\n' : '\n\n'}${print(block)}`;
    before = as;
  }
  return text.replace(/\n{3,}/g, '\n\n');
}

function print(block: Block): string {
  const text = spansOf(block).map(spanText).join(' ');
  switch (block.layout.as) {
    case 'heading':
      return `### ${text}`;
    case 'item':
    case 'timeline':
      return block.id.startsWith('action-items.') ? `- ${boldFirst(block.spans)}` : `- ${text}`;
    case 'table': {
      const row = `| ${block.spans.map((span) => cell([span])).join(' | ')} |`;
      return block.layout.header ? `${row}\n|${'---|'.repeat(block.spans.length)}` : row;
    }
    case 'paragraph':
      return text;
  }
}

/** The title of an action, then why, and when it is done. */
function boldFirst([first, ...rest]: readonly Span[]): string {
  return [first ? `**${spanText(first)}**` : '', ...rest.map(spanText)].join(' ');
}

/** Questions stand out: they are what the reader has to do. */
function spanText({ kind, text }: Span): string {
  return kind === 'question' ? `*${inert(text)}*` : inert(text);
}

function cell(spans: readonly Span[]): string {
  return spans.map(spanText).join(' ');
}

/** URLs and mentions go into code, where nothing links them; all that could be markup is escaped. */
export function inert(text: string): string {
  return text
    .split(/((?:[a-z][a-z0-9+.-]*:\/\/|www\.)[^\s”)]+|(?<![\w@])@[\w/-]+)/i)
    .map((part, index) => (index % 2 === 1 ? `\`${part.replaceAll('`', "'").replaceAll('|', '/')}\`` : escaped(part)))
    .join('');
}

function escaped(text: string): string {
  return text
    .replace(/[\\`*_[\]|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/#(?=\w)/g, '\\#')
    .replace(
      /^(\s*)([-+=#]|\d+\.)(?=\s|$)/,
      (_, space: string, mark: string) => `${space}${mark.replace(/([-+=#.])$/, '\\$1')}`,
    );
}
