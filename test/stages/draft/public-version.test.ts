import { expect, it } from 'vitest';
import { parseConfig } from '#config/config.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import { createRenderings } from '#src/draft/renderings.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { putPolicy } from '#src/store/policies.ts';
import { pdfText } from '../../support/pdf-text.ts';
import { type Scene, scene } from './scenes.ts';

/** In every field that a team fills in, a word that must not get out. */
const CANARIES = [
  'canary-key',
  'canaryhost',
  'canarypath',
  'canaryheader',
  'canaryowner',
  'Canaryname',
  'canaryactor',
  'canarymail',
  'canarynote',
  'canarychange',
  'canaryticket',
  'canaryother',
  'canaryconfirm',
  'canaryremoved',
  'canaryamender',
  'hc_canarytoken0123456789',
  '10.20.30.40',
  'fd00::7',
  'on-call',
  'db7.internal',
];

function leaky(): Scene {
  const s = scene(
    {
      key: 'canary-key',
      name: 'Checkout API',
      url: 'https://canaryhost.example/canarypath?x=canarypath',
      headers: { 'x-team': 'canaryheader' },
      service: 'checkout',
      owner: 'canaryowner desk',
      channels: ['on-call'],
      impact: { summary: 'Customers cannot pay.', usersPerMinute: 50 },
    },
    { key: 'canaryother', name: 'Docs', url: 'https://docs.canaryhost.example/', service: 'docs' },
  );
  s.change(-388, 'canarychange 4812', { service: 'checkout' });
  s.run(1, -3600, 0, 60);
  s.run(1, 0, 390, 5, { verdict: 'down', status: 503 });
  s.run(1, 390, 900, 60);
  s.run(2, -3600, 900, 60);
  s.flush();
  s.deliver({ failures: 1 });
  s.entry('acknowledged', 60, 'canarynote: on it');
  s.entry('diagnostic', 90, 'canarynote on db7.internal; ask canarymail@shop.example');
  s.entry('note', 100, 'canarynote');
  s.entry('cause_identified', 200, 'canarynote. It was canaryother at 10.20.30.40');
  s.entry('fix_applied', 300, 'canarynote restarted');
  s.entry('resolved', 800, 'canarynote done');
  s.entry('status_update', 400, 'Payments fail; Canaryactor is on it at https://canaryhost.example/canarypath');
  s.store.transact((tx) => tx.sql('UPDATE timeline_entries SET by = ?').run('Canaryname Canaryactor'));
  return s;
}

function shown(s: Scene) {
  const incidentId = s.incidentId();
  const rows = readDraftRows(s.store.reader, incidentId, s.clock.now());
  if (!rows) throw new Error('no incident');
  const { ledger, document } = drawPostmortem(rows);
  const block = document.sections[0]?.blocks.at(-1);
  if (!block) throw new Error('no block');
  block.origin = 'edited';
  block.written = { by: 'canaryactor', at: '2026-03-03T15:00:00.000Z' };
  block.spans = [
    {
      kind: 'reported',
      text: 'Canaryname saw 503 at 14:26:40 on canary-key (10.20.30.40, [fd00::7]:443, db7.internal) with token=hc_canarytoken0123456789, see canarymail@shop.example and https://canaryhost.example/canarypath.',
      facts: [],
    },
  ];
  document.removed = [
    { id: 'summary.x', sectionId: 'summary', text: 'canaryremoved', by: 'canaryactor', at: '2026-03-03T15:00:00.000Z' },
  ] as never;
  for (const action of document.actions) {
    action.owner = 'canaryowner';
    action.note = 'canaryother is gone';
    action.tracker = 'https://tracker.example/canaryticket';
  }
  const deed = { at: s.clock.now(), by: 'canaryamender' };
  const life = {
    submitted: deed,
    published: { ...deed, revision: 1 },
    override: { ...deed, reason: 'canaryhost.example is known', rules: ['open-question'] },
    amendments: [{ ...deed, text: 'It was db7.internal after all; 3 of 4.' }],
  };
  const claims = { total: 61, verified: 61, failed: [] };
  return {
    ...{ incidentId, ledger, document, claims, life, status: 'published', revision: 1, by: 'canaryactor' },
    ...{ createdAt: s.clock.now(), dueAt: null, snapshot: '', actions: document.actions },
  };
}

const publicly = { audience: 'public' } as const;

it('lets nothing private out in any form, whatever field it stood in', { timeout: 60_000 }, async () => {
  using s = leaky();
  const renderings = createRenderings({ reader: s.store.reader });
  const postmortem = shown(s);
  const pdf = await renderings.pdf(postmortem, publicly);
  const forms = {
    json: JSON.stringify(renderings.json(postmortem, publicly)),
    markdown: renderings.markdown(postmortem, publicly),
    html: renderings.html(postmortem, publicly),
    pdf: pdfText(pdf),
    bytes: pdf.toString('latin1'),
  };
  await renderings.close();
  const within = JSON.stringify(renderings.json(postmortem)) + renderings.markdown(postmortem);
  for (const canary of CANARIES.filter((word) => !['canaryheader', 'canaryconfirm'].includes(word)))
    expect(within, `the internal version has ${canary}`).toContain(canary);
  for (const [form, text] of Object.entries(forms)) {
    for (const canary of CANARIES) expect(text.toLowerCase(), `${form}: ${canary}`).not.toContain(canary.toLowerCase());
    expect(text, form).not.toMatch(/\bchk_[0-9a-z]{26}/);
  }
});

it('is the internal version with words taken out: every figure stands, no sentence is changed', () => {
  using s = leaky();
  const renderings = createRenderings({ reader: s.store.reader });
  const postmortem = shown(s);
  postmortem.document.sections[0]?.blocks.pop();
  const [within, outside] = [renderings.json(postmortem), renderings.json(postmortem, publicly)];
  expect(outside.sections.map(({ title, blocks }) => [title, blocks.length])).toEqual(
    within.sections.map(({ title, blocks }) => [title, blocks.length]),
  );
  const spansIn = (json: typeof within) => json.sections.flatMap(({ blocks }) => blocks.flatMap(({ spans }) => spans));
  for (const [i, span] of spansIn(outside).entries()) {
    const original = spansIn(within)[i];
    expect(span.kind).toBe(original?.kind);
    expect(span.facts).toEqual(original?.facts);
    // What is left stands in the original, in order.
    let rest = original?.text ?? '';
    for (const part of span.text.split(/\[redacted\]|Checkout API/)) {
      expect(rest, span.text).toContain(part);
      rest = rest.slice(rest.indexOf(part) + part.length);
    }
  }
  expect(JSON.stringify(outside)).toContain('“Customers cannot pay”');
  expect(JSON.stringify(outside)).toContain('Payments fail; [redacted] is on it at [redacted]');
  expect(outside.actions.every(({ owner }) => owner === '[redacted]')).toBe(true);
});

it('follows the newest policy: public names, names that are private, and words that may be quoted', () => {
  using s = leaky();
  const { postmortem: policy } = parseConfig(
    {},
    `postmortem:
  privacy:
    names: { Checkout API: our shop, db7.internal: the database }
    redact: [monitor-names, service-names]
    quotes: [diagnostic, change]
`,
  ).file;
  s.store.transact((tx) => putPolicy(tx, policy));
  const renderings = createRenderings({ reader: s.store.reader });
  const text = renderings.markdown(shown(s), publicly).replaceAll('\\', '');
  expect(text).toContain('our shop was down on 2026-03-03');
  expect(text).not.toMatch(/Checkout API|\bDocs\b/);
  expect(text).toContain('| Services | [redacted] |');
  expect(text).toContain('Diagnostic step: “canarynote on the database; ask [address removed]”');
  expect(text).toContain('“canarychange 4812”');
  expect(text).not.toContain('Customers cannot pay');
  expect(text).not.toContain('Payments fail');
});
