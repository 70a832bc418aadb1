import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Problem, TestApi } from '#test/support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

interface Span {
  kind: string;
  text: string;
  facts: string[];
}
interface Block {
  id: string;
  origin: string;
  stale: boolean;
  spans: Span[];
  since?: { facts: { name: string; before: unknown; now: unknown }[]; vanished: boolean };
}
interface Postmortem {
  incidentId: string;
  status: string;
  revision: number;
  claims: { total: number; verified: number; failed: unknown[] };
  blocking: { rule: string; message: string; blockId: string }[];
  sections: { id: string; blocks: Block[] }[];
  removed: { id: string; text: string }[];
  amendments: { by: string; text: string }[];
  override: { reason: string; rules: string[] } | null;
  newerRows: boolean;
  newer: { name: string }[];
}

let counter = 0;
let number = 0;
let key = '';
// Late in a second: what a check lasts takes its end into the next one.
const startOf = Math.floor(Date.now() / 1000) * 1000 + 950 - 20 * 3_600_000;

async function importRows(rows: object[]): Promise<void> {
  const { status } = await api.call('POST', `/monitors/${key}/checks/import`, undefined, {
    raw: rows.map((row) => JSON.stringify(row)).join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  expect(status).toBe(200);
}

const row = (minute: number, status: number, base: number) => ({
  at: new Date(base + minute * 60_000).toISOString(),
  status,
  latencyMs: 100,
});

/** An outage of ten minutes, hours ago; each test has one of its own. */
beforeEach(async () => {
  counter++;
  key = `shop-${counter}`;
  await api.call('PUT', `/monitors/${key}`, {
    name: `Shop ${'abcdefghijklmnopqrstuvwxyz'[counter]}`,
    url: `https://shop-${counter}.example/`,
    intervalSeconds: 60,
    paused: true,
  });
  const base = startOf + counter * 1_800_000;
  await importRows(Array.from({ length: 30 }, (_, i) => row(i, i >= 10 && i < 20 ? 503 : 200, base)));
  const { body } = await api.call<{ data: { number: number }[] }>('GET', '/incidents?limit=1');
  number = body.data[0]?.number ?? 0;
});

const path = (suffix = '') => `/incidents/${number}/postmortem${suffix}`;
const read = () => api.call<Postmortem>('GET', path());
const etagOf = ({ headers }: Answer<unknown>) => headers.get('etag') ?? '';
async function write<T = Postmortem>(method: string, suffix: string, body: unknown): Promise<Answer<T>> {
  const before = await read();
  const answer = await api.call<T>(method, path(suffix), body, { headers: { 'if-match': etagOf(before) } });
  if (answer.status === 200 && before.body.status !== 'live')
    expect(etagOf(answer), 'the next write can be made on the answer').toBe(etagOf(await read()));
  return answer;
}
const patch = <T = Postmortem>(id: string, ...blocks: object[]) =>
  write<T>('PATCH', '', { sections: [{ id, blocks }], by: 'on-call' });
const blockOf = (postmortem: Postmortem, id: string) =>
  postmortem.sections.flatMap(({ blocks }) => blocks).find((block) => block.id === id);
const text = (block: Block | undefined) => block?.spans.map((span) => span.text).join(' ') ?? '';
const note = (kind: string, minute: number, words: string) =>
  api.call('POST', `/incidents/${number}/timeline`, {
    kind,
    text: words,
    by: 'on-call',
    at: new Date(startOf + counter * 1_800_000 + minute * 60_000).toISOString(),
  });

describe('a write names the version that it is made on', () => {
  it('is refused without If-Match, with a stale, a weak and an unquoted one', async () => {
    const body = { sections: [{ id: 'summary', blocks: [{ id: 'summary.what', text: 'The shop was down.' }] }] };
    const tag = etagOf(await read());
    const attempt = (ifMatch?: string) =>
      api.call<Problem>('PATCH', path(), body, ifMatch ? { headers: { 'if-match': ifMatch } } : {});
    expect((await attempt()).status).toBe(428);
    expect((await attempt('"1-0123456789abcdef"')).status).toBe(412);
    expect((await attempt(`W/${tag}`)).status).toBe(412);
    expect((await attempt(tag.replaceAll('"', ''))).status).toBe(400);
    const done = await attempt(`"other", ${tag}`);
    expect(done.status).toBe(200);
    expect(etagOf(done)).not.toBe(tag);
    expect(etagOf(done)).toBe(etagOf(await read()));
    expect((await attempt(tag)).status).toBe(412);
    expect((await attempt('*')).status).toBe(200);
  });

  it('has the same tag for as long as nothing that is shown changes', async () => {
    const first = etagOf(await read());
    expect(etagOf(await read())).toBe(first);
    const known = await api.call('GET', path(), undefined, { headers: { 'if-none-match': first } });
    expect(known.status).toBe(304);
    await write('POST', '/regenerate', {});
    expect(etagOf(await read())).toBe(first);
    const submitted = await write('POST', '/submit', {});
    expect(submitted.body.status).toBe('in_review');
    expect(etagOf(submitted)).not.toBe(first);
  });
});

describe("a person's words", () => {
  it('stand in place of the draft, and a late row under them flags them without touching them', async () => {
    const words = 'The shop was down, and this sentence is ours.';
    const edited = await patch('summary', { id: 'summary.what', text: words });
    expect(blockOf(edited.body, 'summary.what')).toMatchObject({
      origin: 'edited',
      stale: false,
      spans: [{ kind: 'reported', text: words }],
    });
    expect(edited.body.claims.failed).toEqual([]);
    const base = startOf + counter * 1_800_000;
    await importRows([{ ...row(0, 503, base), at: new Date(base + 9.5 * 60_000).toISOString() }]);
    const after = await read();
    const block = blockOf(after.body, 'summary.what');
    expect(block).toMatchObject({ origin: 'edited', stale: true, spans: [{ text: words }] });
    expect(block?.since?.facts.map(({ name }) => name)).toContain('start');
    expect(after.body.blocking.map(({ rule }) => rule)).toContain('stale-block');
    const markdown = await api.call<string>('GET', path('.md'));
    expect(markdown.body).toMatch(/To be read again: start is now [\d-]+ [\d:]+; down is now 10 min 30 s/);
    expect(after.body.claims.failed).toEqual([]);

    const confirmed = await patch('summary', { id: 'summary.what', confirmed: true });
    expect(blockOf(confirmed.body, 'summary.what')).toMatchObject({
      origin: 'edited',
      stale: false,
      spans: [{ text: words }],
    });
    const restored = await patch('summary', { id: 'summary.what', restore: true });
    expect(blockOf(restored.body, 'summary.what')?.origin).toBe('machine');
  });

  it('cite the facts that they still state', async () => {
    const { body } = await read();
    const before = blockOf(body, 'summary.what');
    const facts = await api.call<{ facts: { id: string; name: string }[] }>('GET', path('/facts'));
    const nameOf = (id: string) => facts.body.facts.find((fact) => fact.id === id)?.name;
    const time = /\d\d:\d\d:\d\d/.exec(text(before))?.[0];
    const edited = await patch('summary', { id: 'summary.what', text: `From ${time} on nobody could buy.` });
    const cited = blockOf(edited.body, 'summary.what')?.spans[0]?.facts.map(nameOf);
    expect(cited).toContain('start');
    expect(cited).not.toContain('end');
  });

  it('hold figures of their own only where they say whose they are', async () => {
    const rulesOf = ({ body }: Answer<Postmortem>, id: string) =>
      body.blocking.filter(({ blockId }) => blockId === id).map(({ rule }) => rule);
    const invented = await patch('summary', { id: 'summary.what', text: 'About 317 carts were lost.' });
    expect(rulesOf(invented, 'summary.what')).toContain('unresolved-figure');
    expect(invented.body.claims.failed, 'it is no claim of the draft').toEqual([]);
    const quoted = await patch('summary', { id: 'summary.what', text: 'Support said “about 317 carts were lost”.' });
    expect(rulesOf(quoted, 'summary.what')).not.toContain('unresolved-figure');
    const own = await patch('root-cause', { id: 'ours', text: 'Support counted 317 carts.' });
    expect(rulesOf(own, 'ours')).not.toContain('unresolved-figure');
  });

  it('of a row of the timeline leave its time and its source', async () => {
    const row = blockOf((await read()).body, 'timeline.started');
    const whole = `${row?.spans[0]?.text} The shop stopped answering. ${row?.spans.at(-1)?.text}`;
    const edited = await patch('timeline', { id: 'timeline.started', text: whole });
    expect(text(blockOf(edited.body, 'timeline.started'))).toBe(whole);
    expect(edited.body.claims.failed).toEqual([]);
  });

  it('stay in blocks of their own at their place, whatever rows come', async () => {
    const added = await patch(
      'root-cause',
      { id: 'ours', text: 'We had no runbook for this.', after: 'root-cause.why-2' },
      { text: 'Written down a day later.', after: 'ours' },
    );
    expect(added.status).toBe(200);
    const ids = (postmortem: Postmortem) =>
      postmortem.sections.find(({ id }) => id === 'root-cause')?.blocks.map(({ id }) => id) ?? [];
    const at = ids(added.body).indexOf('root-cause.why-2');
    expect(ids(added.body)[at + 1]).toBe('ours');
    expect(ids(added.body)[at + 2]).toMatch(/^blk_/);
    await note('cause_identified', 15, 'The pool was empty');
    const after = await read();
    const now = ids(after.body).indexOf('root-cause.why-2');
    expect(ids(after.body).slice(now, now + 3)).toEqual(ids(added.body).slice(at, at + 3));
    expect(blockOf(after.body, 'ours')).toMatchObject({ origin: 'human', spans: [{ kind: 'reported' }] });
    const gone = await patch('root-cause', { id: 'ours', text: null });
    expect(ids(gone.body)).not.toContain('ours');
  });

  it('dissolve when they are what the draft says', async () => {
    const before = await read();
    const same = await patch('summary', { id: 'summary.what', text: text(blockOf(before.body, 'summary.what')) });
    expect(blockOf(same.body, 'summary.what')?.origin).toBe('machine');
    expect(same.body.revision).toBe(before.body.revision);
  });
});

describe('taking out', () => {
  it('leaves a paragraph out, lists it, and brings it back flagged when a fact under it changes', async () => {
    const removed = await patch('summary', { id: 'summary.what', text: null });
    expect(blockOf(removed.body, 'summary.what')).toBeUndefined();
    expect(removed.body.removed).toMatchObject([{ id: 'summary.what' }]);
    const base = startOf + counter * 1_800_000;
    await importRows([{ ...row(0, 503, base), at: new Date(base + 9.5 * 60_000).toISOString() }]);
    const back = await read();
    expect(blockOf(back.body, 'summary.what')).toMatchObject({ origin: 'machine', stale: true });
    expect(back.body.claims.failed).toEqual([]);
    const again = await patch('summary', { id: 'summary.what', text: null });
    expect(blockOf(again.body, 'summary.what')).toBeUndefined();
  });

  it.for([
    ['timeline', 'timeline.started', 'nothing captured is left out'],
    ['timeline', 'gaps.detect', 'measured figures'],
  ])('is refused for %s %s', async ([section, id, why]) => {
    const { status, body } = await patch<Problem>(section as string, { id, text: null });
    expect(status).toBe(422);
    expect(body.detail).toContain(why);
  });
});

it.for([
  ['an unknown section', { sections: [{ id: 'sumary', blocks: [{ id: 'a', text: 'b' }] }] }, 'sections.0.id'],
  [
    'a mistyped block',
    { sections: [{ id: 'summary', blocks: [{ id: 'summary.waht', text: 'b' }] }] },
    'sections.0.blocks.0.id',
  ],
  [
    'a block of another section',
    { sections: [{ id: 'summary', blocks: [{ id: 'timeline.started', text: 'b' }] }] },
    'sections.0.blocks.0.id',
  ],
  [
    'nothing to take out',
    { sections: [{ id: 'summary', blocks: [{ id: 'none', text: null }] }] },
    'sections.0.blocks.0.id',
  ],
  [
    'a block named twice',
    {
      sections: [
        {
          id: 'summary',
          blocks: [
            { id: 'a', text: 'b' },
            { id: 'a', text: 'c' },
          ],
        },
      ],
    },
    'sections.0.blocks.1.id',
  ],
  [
    'a place that is not there',
    { sections: [{ id: 'summary', blocks: [{ id: 'a', text: 'b', after: 'x' }] }] },
    'sections.0.blocks.0.after',
  ],
  [
    'two wishes at once',
    { sections: [{ id: 'summary', blocks: [{ id: 'summary.what', text: 'b', restore: true }] }] },
    'sections.0.blocks.0.text',
  ],
  [
    'control characters',
    { sections: [{ id: 'summary', blocks: [{ id: 'a', text: 'b\u0007' }] }] },
    'sections.0.blocks.0.text',
  ],
  [
    'too long a text',
    { sections: [{ id: 'summary', blocks: [{ id: 'a', text: 'b'.repeat(5001) }] }] },
    'sections.0.blocks.0.text',
  ],
  ['an empty text', { sections: [{ id: 'summary', blocks: [{ id: 'a', text: '' }] }] }, 'sections.0.blocks.0.text'],
  ['an unknown field', { sections: [{ id: 'summary', blocks: [{ id: 'a', txt: 'b' }] }] }, 'sections.0.blocks.0.txt'],
  ['no section', { sections: [] }, 'sections'],
] as const)('refuses %s, names it, and changes nothing', async ([, body, where]) => {
  const before = await read();
  const good = { id: 'root-cause', blocks: [{ id: 'good', text: 'fine' }] };
  const sent = body.sections.length > 0 ? { sections: [...body.sections, good] } : body;
  const refused = await write<Problem>('PATCH', '', sent);
  expect(refused.status).toBe(422);
  expect(refused.body.errors.map(({ path: at }) => at)).toContain(where);
  const after = await read();
  expect(etagOf(after)).toBe(etagOf(before));
});

describe('publishing', () => {
  const override = { override: { reason: 'the team agreed to publish as it is' }, by: 'lead' };

  it('is refused with what blocks it, and done with a reason, which is kept and shown', async () => {
    const refused = await write<Problem & { blocking: { rule: string }[] }>('POST', '/publish', {});
    expect(refused.status).toBe(409);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.body.blocking.map(({ rule }) => rule)).toContain('action-owner');
    expect((await read()).body.status).toBe('draft');
    expect((await write('POST', '/publish', { override: {} })).status).toBe(422);
    const published = await write('POST', '/publish', override);
    expect(published.body).toMatchObject({
      status: 'published',
      override: { reason: override.override.reason, by: 'lead' },
    });
    expect(published.body.override?.rules).toContain('action-owner');
    for (const suffix of ['.md', '.html']) {
      const { body } = await api.call<string>('GET', path(suffix));
      expect(body).toContain(override.override.reason);
      expect(body).toContain('action-owner');
    }
  });

  it('freezes the text: what comes later is said beside it, and added by amending', async () => {
    await write('POST', '/submit', { by: 'on-call' });
    const published = await write('POST', '/publish', override);
    const before = await Promise.all(['.md', '.html'].map((suffix) => api.call<string>('GET', path(suffix))));
    await note('note', 12, 'A late note that says more');
    const now = await read();
    expect(now.body).toMatchObject({ status: 'published', revision: published.body.revision, newerRows: true });
    expect(now.body.newer.map(({ name }) => name)).toContain('entryText');
    expect(etagOf(now)).not.toBe(etagOf(published));
    const after = await Promise.all(['.md', '.html'].map((suffix) => api.call<string>('GET', path(suffix))));
    expect(after.map(({ body }) => body)).toEqual(before.map(({ body }) => body));
    expect(await patch('summary', { id: 'summary.what', text: 'x' })).toMatchObject({ status: 409 });
    for (const step of ['regenerate', 'submit', 'publish']) {
      expect(await write('POST', `/${step}`, {})).toMatchObject({ status: 409 });
    }
    expect((await write('POST', '/amend', {})).status).toBe(422);
    const amended = await write('POST', '/amend', { text: 'The pool was too small.', by: 'lead' });
    expect(amended.body).toMatchObject({
      status: 'published',
      amendments: [{ by: 'lead', text: 'The pool was too small.' }],
    });
    const markdown = (await api.call<string>('GET', path('.md'))).body;
    expect(markdown.startsWith((before[0]?.body ?? '').trimEnd())).toBe(true);
    expect(markdown.slice((before[0]?.body ?? '').trimEnd().length)).toContain('The pool was too small.');
    const verified = await api.call<{ total: number }>('POST', path('/verify'), {});
    expect(verified).toMatchObject({ status: 200 });
  });

  it('refuses steps that make no sense', async () => {
    expect((await write('POST', '/amend', { text: 'too early' })).status).toBe(409);
    expect((await write('POST', '/submit', {})).status).toBe(200);
    expect((await write('POST', '/submit', {})).status).toBe(409);
  });

  it('refuses to submit and to publish what is still live', async () => {
    const declared = await api.call<{ number: number }>('POST', '/incidents', { title: 'Phones are down' });
    number = declared.body.number;
    expect((await read()).body.status).toBe('live');
    for (const step of ['submit', 'publish']) expect((await write('POST', `/${step}`, {})).status).toBe(409);
    const tag = etagOf(await read());
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(etagOf(await read()), 'its text grows with the clock').not.toBe(tag);
    const added = await api.call<Postmortem>(
      'PATCH',
      path(),
      { sections: [{ id: 'summary', blocks: [{ id: 'ours', text: 'Calls fail.' }] }] },
      { headers: { 'if-match': tag } },
    );
    expect(added.status, 'a tag is good until something but the clock moved').toBe(200);
    const late = await api.call(
      'PATCH',
      path(),
      { sections: [{ id: 'summary', blocks: [{ id: 'x', text: 'y' }] }] },
      { headers: { 'if-match': tag } },
    );
    expect(late.status).toBe(412);
  });
});

describe('revisions', () => {
  it('are all kept, with why and by whom, and two can be compared word by word', async () => {
    const first = await read();
    const words = 'Nobody could buy anything.';
    await patch('summary', { id: 'summary.what', text: words });
    await note('note', 12, 'A late note');
    await write('POST', '/submit', { by: 'on-call' });
    const list = await api.call<{ data: { revision: number; reason: string; by: string | null; status: string }[] }>(
      'GET',
      path('/revisions'),
    );
    expect(list.body.data.slice(0, 4)).toMatchObject([
      { reason: 'submitted', by: 'on-call', status: 'in_review' },
      { reason: 'drawn', by: null, status: 'draft' },
      { reason: 'edited', by: 'on-call', status: 'draft' },
      { reason: 'drawn', by: null },
    ]);
    const paged = await api.call<{ data: unknown[]; nextCursor: string }>('GET', path('/revisions?limit=2'));
    const rest = await api.call<{ data: unknown[] }>(
      'GET',
      path(`/revisions?limit=50&cursor=${paged.body.nextCursor}`),
    );
    expect([...paged.body.data, ...rest.body.data]).toEqual(list.body.data);
    const old = await api.call<Postmortem>('GET', path(`/revisions/${first.body.revision}`));
    expect(old.body.sections).toEqual(first.body.sections);
    const newest = list.body.data[0]?.revision ?? 0;
    const diff = await api.call<{
      facts: { name: string }[];
      sections: { id: string; blocks: { id: string; change: string; pieces: { op: string; text: string }[] }[] }[];
    }>('GET', path(`/revisions/${newest}/diff?against=${first.body.revision}`));
    const blocks = diff.body.sections.flatMap((section) => section.blocks);
    const what = blocks.find(({ id }) => id === 'summary.what');
    const side = (without: string) =>
      what?.pieces
        .filter(({ op }) => op !== without)
        .map((piece) => piece.text)
        .join('');
    expect(what?.change).toBe('changed');
    expect(side('removed')).toBe(words);
    expect(side('added')).toBe(text(blockOf(first.body, 'summary.what')));
    expect(blocks.filter(({ change }) => change === 'added').length).toBeGreaterThan(0);
    expect(diff.body.facts.map(({ name }) => name)).toContain('entryText');
    expect((await api.call('GET', path('/revisions/1/diff'))).status).toBe(400);
    expect((await api.call('GET', path('/revisions/999'))).status).toBe(404);
    expect((await api.call('GET', path('/revisions/none'))).status).toBe(400);
  });
});

describe('whatever blocks are changed', () => {
  it('all claims that are left still verify, and the draft comes back as it was', { timeout: 60_000 }, async () => {
    await note('diagnostic', 12, 'Looked at the pool');
    await note('cause_identified', 15, 'The pool was empty');
    await note('note', 400, 'A late note');
    const before = await read();
    const all = before.body.sections.flatMap(({ id: section, blocks }) => blocks.map(({ id }) => ({ section, id })));
    for (const words of ['Ours.', null]) {
      const done: typeof all = [];
      for (const { section, id } of all) {
        const sent = { sections: [{ id: section, blocks: [{ id, text: words }] }] };
        const { status, body } = await api.call<Postmortem>('PATCH', path(), sent, { headers: { 'if-match': '*' } });
        if (status === 422) continue;
        expect(body.claims.failed, `${words === null ? 'without' : 'reworded'} ${id}`).toEqual([]);
        done.push({ section, id });
      }
      expect(done.length).toBeGreaterThan(5);
      for (const { section, id } of done) expect((await patch(section, { id, restore: true })).status).toBe(200);
      expect((await read()).body.sections).toEqual(before.body.sections);
    }
  });
});
