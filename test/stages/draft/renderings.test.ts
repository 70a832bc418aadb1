import { afterAll, describe, expect, it } from 'vitest';
import type { PostmortemDocument } from '#src/domain/postmortem/document.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import { NO_LIFE } from '#src/domain/postmortem/life.ts';
import { createRenderings } from '#src/draft/renderings.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { checkRendered } from '#src/verify/rendered.ts';
import { pdfText } from '../../support/pdf-text.ts';
import { SCENES, type Scene } from './scenes.ts';

const CLAIMS = { total: 61, verified: 61, failed: [] };
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

function shown(s: Scene, change?: (document: PostmortemDocument) => void) {
  const incidentId = s.incidentId();
  const rows = readDraftRows(s.store.reader, incidentId, s.clock.now());
  if (!rows) throw new Error('no incident');
  const drawn = drawPostmortem(rows);
  change?.(drawn.document);
  const life = NO_LIFE;
  const base = {
    status: 'draft',
    revision: 1,
    createdAt: s.clock.now(),
    dueAt: null,
    snapshot: '',
    claims: CLAIMS,
    life,
  };
  return { incidentId, ...drawn, ...base };
}

function renderingsOf(s: Scene) {
  const renderings = createRenderings({ reader: s.store.reader });
  closing.push(renderings.close);
  return renderings;
}

/** Every figure, time and code, as a set. */
const figures = (text: string) => new Set(text.match(/\d+(?:[.:-]\d+)*/g) ?? []);

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
const plainHtml = (html: string) =>
  html
    .replace(/<(style|svg|title)\b[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&\w+;|&#39;/g, (entity) => ENTITIES[entity] ?? entity);
const beforeAppendix = (text: string) => text.slice(0, text.lastIndexOf('Appendix: the facts'));

describe.each(Object.entries(SCENES))('the renderings of %s', (_name, make) => {
  it('have the same figures as the spans of the JSON, in all four forms', { timeout: 60_000 }, async () => {
    using s = make();
    const postmortem = shown(s);
    const renderings = renderingsOf(s);
    const json = renderings.json(postmortem);
    const spans = [
      ...json.header.flatMap((row) => row.spans),
      ...json.sections.flatMap(({ blocks }) => blocks.flatMap((block) => block.spans)),
    ];
    const said = figures([...spans.map(({ text }) => text), json.title, 'revision 1, 61 of 61'].join(' \n'));
    // Axes aside.
    const { chart: _, ...document } = postmortem.document;
    const pdf = pdfText(await renderings.pdf({ ...postmortem, document }));
    const texts = {
      markdown: renderings.markdown(postmortem).replaceAll('\\', ''),
      html: plainHtml(renderings.html(postmortem)),
      pdf,
    };
    for (const [form, text] of Object.entries(texts)) {
      expect([...figures(beforeAppendix(text))].sort(), form).toEqual([...said].sort());
    }
    // And every word of it, in its order.
    const { ledger, claims } = postmortem;
    const whole = pdfText(await renderings.pdf(postmortem));
    expect(checkRendered({ format: 'text', text: whole, claims, revision: 1 }, { document, ledger })).toEqual([]);
    for (const { id, name } of ledger) expect(pdf).toMatch(new RegExp(`\\b${id}\\s+${name}\\b`));
  });
});

it('prints the same bytes from the same revision, dated when it was stored', { timeout: 60_000 }, async () => {
  using s = SCENES.shortOutage();
  const renderings = renderingsOf(s);
  const one = await renderings.pdf(shown(s));
  expect((await renderings.pdf(shown(s))).equals(one)).toBe(true);
  expect(one.subarray(0, 5).toString()).toBe('%PDF-');
  expect(one.toString('latin1')).toContain('/Outlines');
});

it('loses no character in a PDF: what its font lacks stands as its code point', { timeout: 60_000 }, async () => {
  using s = SCENES.shortOutage();
  const words = 'Größe Ωμέγα Ёлка 復旧 🔥 \u200b≥ 3';
  const postmortem = shown(s, ({ sections }) => {
    const span = sections[0]?.blocks[0]?.spans[0];
    if (span) span.text = words;
  });
  const text = pdfText(await renderingsOf(s).pdf(postmortem));
  expect(text).toContain('Größe Ωμέγα Ёлка [U+5FA9][U+65E7] [U+1F525] [U+200B]≥ 3');
});

it('goes on printing after a document that cannot be printed', { timeout: 60_000 }, async () => {
  using s = SCENES.fromTheFirst();
  const renderings = renderingsOf(s);
  const broken = shown(s);
  broken.document.sections = [{ id: 'summary', title: 'x', blocks: [{ spans: null } as never] }];
  await expect(renderings.pdf(broken)).rejects.toThrow('the PDF was not printed');
  expect((await renderings.pdf(shown(s))).length).toBeGreaterThan(10_000);
});
