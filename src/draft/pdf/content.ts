import type { Content, ContentTable, ContentText, TDocumentDefinitions } from 'pdfmake/interfaces.js';
import type { Block, Section, Span } from '#src/domain/postmortem/document.ts';
import { chartSvg } from '#src/domain/postmortem/render/chart.ts';
import { escaped } from '#src/domain/postmortem/render/html.ts';
import {
  afterword,
  claimsLine,
  factRows,
  factValue,
  kicker,
  type Printed,
  spansOf,
} from '#src/domain/postmortem/render/printed.ts';

const INK = { soft: '#5c6672', line: '#c9ced6', ask: '#8a4b00', askBack: '#fff3dc', bad: '#b3261e', good: '#1e7d34' };

export interface PdfOptions {
  /** When this revision was stored: the date in the file, so that the same revision is the same bytes. */
  createdAt: number;
}

/** A postmortem as pdfmake sets it: the words of the document and nothing else, on A4. */
export function pdfContent(postmortem: Printed, { createdAt }: PdfOptions): TDocumentDefinitions {
  const { document, claims, ledger } = postmortem;
  const { header } = document;
  const title = printable(header.title);
  const chart = document.chart ? chartSvg(document.chart, (text) => escaped(printable(text))) : null;
  const head = header.rows.map(({ label, spans }) => [{ text: printable(label), bold: true }, { text: inline(spans) }]);
  return {
    pageSize: 'A4',
    pageMargins: [48, 56, 48, 56],
    defaultStyle: { font: 'Roboto', fontSize: 10, lineHeight: 1.25 },
    language: 'en',
    displayTitle: true,
    tagged: false,
    info: { title, creator: 'Hindcast', producer: 'Hindcast', creationDate: new Date(createdAt) },
    header: (page) => (page > 1 ? { text: title, color: INK.soft, fontSize: 8, margin: [48, 28, 48, 0] } : null),
    footer: (page, pages) => ({
      columns: [
        { text: printable(`${kicker(postmortem)}. ${claimsLine(claims)}.`), alignment: 'left' },
        { text: `${page} / ${pages}`, alignment: 'right', width: 60 },
      ],
      color: INK.soft,
      fontSize: 8,
      margin: [48, 20, 48, 0],
    }),
    pageBreakBefore: (node, nodes) =>
      (node.headlineLevel ?? 0) > 0 &&
      nodes.getFollowingNodesOnPage().filter(({ headlineLevel }) => !headlineLevel).length === 0,
    content: [
      { text: title, fontSize: 18, bold: true, lineHeight: 1.1, outline: true, margin: [0, 0, 0, 4] },
      { text: printable(`${kicker(postmortem)}. ${claimsLine(claims)}.`), color: INK.soft, margin: [0, 0, 0, 8] },
      table([70, '*'], head, 0),
      ...document.sections.flatMap((section) => sectionContent(section, section.id === 'timeline' ? chart : null)),
      ...afterword(postmortem).flatMap(({ title: name, items }) => [
        sectionTitle(name),
        { ul: items.map((text) => printable(text)) },
      ]),
      sectionTitle('Appendix: the facts'),
      factsTable(ledger),
    ],
  };
}

function sectionTitle(text: string): ContentText {
  return { text: printable(text), fontSize: 14, bold: true, outline: true, headlineLevel: 1, margin: [0, 16, 0, 4] };
}

function sectionContent({ title, blocks }: Section, chart: string | null): Content[] {
  const content: Content[] = [sectionTitle(title)];
  if (chart) content.push({ svg: chart, width: 499, margin: [0, 4, 0, 8] });
  let rows: Block[] = [];
  const endTable = () => {
    if (rows.length > 0) content.push(gapsTable(rows));
    rows = [];
  };
  for (const block of blocks) {
    if (block.layout.as === 'table') {
      rows.push(block);
      continue;
    }
    endTable();
    content.push(blockContent(block));
  }
  endTable();
  return content;
}

function blockContent(block: Block): Content {
  const all = spansOf(block);
  switch (block.layout.as) {
    case 'heading':
      return { text: inline(all), bold: true, fontSize: 11, headlineLevel: 2, margin: [0, 8, 0, 2] };
    case 'item':
      return { ul: [{ text: inline(all) }], margin: [0, 1, 0, 1] };
    case 'timeline':
      return timelineRow(block, all);
    default:
      return { text: inline(all), margin: [0, 2, 0, 2] };
  }
}

/** The time in a column of its own, a bar that tells failing from working. */
function timelineRow({ layout }: Block, all: Span[]): Content {
  const kind = layout.as === 'timeline' ? layout.kind : 'note';
  const known = layout.as === 'timeline' && layout.at !== null;
  const [first, ...rest] = all;
  const bar = ['started', 'joined', 'symptom'].includes(kind)
    ? INK.bad
    : ['restored', 'recovered'].includes(kind)
      ? INK.good
      : INK.line;
  const [time, text] = known && first ? [first.text, rest] : ['', all];
  return {
    table: {
      widths: [52, '*'],
      body: [[{ text: printable(time), bold: true }, { text: inline(text) }]],
      dontBreakRows: true,
    },
    layout: {
      hLineWidth: () => 0,
      vLineWidth: (i) => (i === 0 ? 2 : 0),
      vLineColor: () => bar,
      paddingTop: () => 1,
      paddingBottom: () => 1,
    },
  };
}

function gapsTable(rows: Block[]): ContentTable {
  const head = rows.filter(({ layout }) => layout.as === 'table' && layout.header).length;
  const columns = Math.max(...rows.map(({ spans }) => spans.length));
  const body = rows.map(({ spans, layout }) => {
    const bold = layout.as === 'table' && layout.header;
    const cells = spans.map((span) => ({ text: inline([span]), bold }));
    return [...cells, ...Array.from({ length: columns - cells.length }, () => ({ text: [], bold }))];
  });
  return table([...Array.from({ length: columns }, () => '*')], body, head);
}

function factsTable(ledger: Printed['ledger']): ContentTable {
  const head = ['Fact', 'Name', 'About', 'Value', 'Rows'].map((text) => ({ text, bold: true }));
  const body = ledger.map((fact) =>
    [fact.id, fact.name, fact.about ?? '', factValue(fact), factRows(fact)].map((text) => ({ text: breakable(text) })),
  );
  return { ...table([28, 100, 90, 150, '*'], [head, ...body], 1), fontSize: 7 } as ContentTable;
}

function table(widths: (number | string)[], body: { text: unknown }[][], headerRows: number): ContentTable {
  return {
    table: { widths, headerRows, body: body as ContentTable['table']['body'], dontBreakRows: true },
    layout: {
      hLineWidth: (i) => (i === 0 ? 0 : 0.5),
      vLineWidth: () => 0,
      hLineColor: () => INK.line,
      paddingLeft: () => 0,
      paddingRight: () => 6,
      paddingTop: () => 2,
      paddingBottom: () => 2,
    },
  };
}

/** Questions stand out in print without colour too. */
function inline(spans: readonly Span[]): ContentText[] {
  return spans.map(({ kind, text }, i) => ({
    text: printable(text) + (i < spans.length - 1 ? ' ' : ''),
    ...(kind === 'question' && { italics: true, color: INK.ask, background: INK.askBack }),
  }));
}

/** Long ids may break anywhere: a place for it after every few characters. */
function breakable(text: string): string {
  return printable(text).replace(/[\w/:.-]{18}/g, '$&\u200b');
}

/** What Roboto has: Latin, Greek and Cyrillic letters and common signs. */
const COVERED =
  /[\t\n\r\u0020-\u007e\u00a0-\u017f\u0192\u0218-\u021b\u02c6\u02dc\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f\u0490\u0491\u1e80-\u1e85\u2013-\u2015\u2017-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a\u2044\u20ac\u2122\u2212\u221a\u2248\u2260\u2264\u2265]/u;
const SIGNS: Record<string, string> = {
  '→': '->',
  '←': '<-',
  '✓': '[x]',
  '✕': 'x',
  '\u2011': '-',
  '\u202f': ' ',
  '\u2009': ' ',
};

/** A character that the font lacks is written by its code point, so that nothing is lost without a word. */
export function printable(text: string): string {
  return [...text.normalize('NFC')]
    .map((character) => {
      if (COVERED.test(character)) return character;
      return SIGNS[character] ?? `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
    })
    .join('');
}
