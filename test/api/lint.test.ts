import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Problem, TestApi } from '../support/api.ts';

interface Finding {
  rule: string;
  level: string;
  fix: string;
  blockId: string;
  excerpt?: string;
  suggestion?: string;
  start?: number;
  end?: number;
}
interface Lint {
  blocking: Finding[];
  warnings: Finding[];
}

let api: TestApi;
const start = Date.now() - 5 * 3_600_000;
beforeAll(async () => {
  api = await TestApi.start();
  await api.call('PUT', '/monitors/shop', {
    name: 'Obviously Shop',
    url: 'http://shop.example/',
    paused: true,
    intervalSeconds: 60,
  });
  const rows = Array.from({ length: 40 }, (_, minute) =>
    JSON.stringify({
      at: new Date(start + minute * 60_000).toISOString(),
      status: minute >= 15 && minute < 25 ? 503 : 200,
      latencyMs: 90,
    }),
  );
  const headers = { 'content-type': 'application/x-ndjson' };
  await api.call('POST', '/monitors/shop/checks/import', undefined, { raw: rows.join('\n'), headers });
});
afterAll(() => api[Symbol.asyncDispose]());

const lint = async (body: object) => (await api.call<Lint>('POST', '/incidents/1/postmortem/lint', body)).body;

it('judges the postmortem as it stands: what people have to fill blocks, questions are told', async () => {
  const { blocking, warnings } = await lint({});
  expect(new Set(blocking.map(({ rule }) => rule))).toEqual(new Set(['action-owner', 'action-due']));
  expect(warnings.map(({ rule }) => rule)).toContain('open-question');
  for (const { blockId, fix, level } of blocking) {
    expect(blockId).toMatch(/^action-items\.act_/);
    expect(fix).not.toBe('');
    expect(level).toBe('blocking');
  }
});

it('judges any text, says where each finding stands, and offers other words', async () => {
  const text = 'Obviously Shop was down. The intern broke it, and it should have been seen.';
  const { blocking, warnings } = await lint({ text });
  expect(blocking).toMatchObject([
    { rule: 'blame-person', excerpt: 'The intern broke', suggestion: expect.any(String) },
  ]);
  expect(warnings).toMatchObject([{ rule: 'hindsight', excerpt: 'should have' }]);
  for (const { excerpt, start: from, end } of [...blocking, ...warnings]) expect(text.slice(from, end)).toBe(excerpt);
  expect((await lint({ text: 'Improve monitoring', section: 'action-items' })).blocking).toMatchObject([
    { rule: 'action-vague', start: 0 },
    { rule: 'action-bound', blockId: 'action-items' },
  ]);
  expect(await lint({ text: 'The check failed.' })).toEqual({ blocking: [], warnings: [] });
});

it('holds a text that would be all of the summary to what a summary must say', async () => {
  const rules = async (text: string) => (await lint({ text, section: 'summary' })).blocking.map(({ rule }) => rule);
  expect(await rules('Due to a bad release the shop had trouble from 3pm PST.')).toEqual([
    'timeline-utc',
    'summary-length',
    'summary-impact-first',
    'summary-when',
    'summary-how-long',
    'summary-affected',
  ]);
  const at = (minute: number) => new Date(start + minute * 60_000).toISOString().slice(11, 16);
  const text = `Obviously Shop was down from ${at(15)} to ${at(25)} UTC, for 10 min. Nothing else was watched.`;
  expect(await rules(text)).toEqual([]);
  expect(await rules(text.replace('10 min', '47 min'))).toEqual(['summary-duration']);
});

it('finds in the postmortem what a person wrote there, and changes none of it', async () => {
  const read = await api.call<{ sections: { id: string; blocks: { id: string; spans: { text: string }[] }[] }[] }>(
    'GET',
    '/incidents/1/postmortem',
  );
  const headers = { 'if-match': read.headers.get('etag') ?? '' };
  const words = 'The platform team ignored the warning, and about 900 customers left.';
  const sections = [{ id: 'summary', blocks: [{ id: 'my.words', text: words }] }];
  const patched = await api.call('PATCH', '/incidents/1/postmortem', { sections }, { headers });
  expect(patched.status).toBe(200);
  const { blocking } = await lint({});
  const own = blocking.filter(({ blockId }) => blockId === 'my.words').map(({ rule }) => rule);
  expect(own.sort()).toEqual(['summary-user-count', 'team-shaming', 'user-count']);
  const now = await api.call<typeof read.body>('GET', '/incidents/1/postmortem');
  const block = now.body.sections[0]?.blocks.find(({ id }) => id === 'my.words');
  expect(block?.spans[0]?.text).toBe(words);
  const etag = { 'if-match': now.headers.get('etag') ?? '' };
  const refused = await api.call<Problem & { blocking: Finding[] }>(
    'POST',
    '/incidents/1/postmortem/publish',
    {},
    { headers: etag },
  );
  expect(refused.status).toBe(409);
  expect(refused.body.blocking.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['team-shaming', 'action-owner']),
  );
});

it('lists every rule, and refuses what it cannot judge', async () => {
  const { data } = (
    await api.call<{ data: { id: string; level: string; message: string; fix: string }[] }>('GET', '/postmortem-rules')
  ).body;
  expect(data.length).toBeGreaterThan(60);
  for (const { message, fix } of data) expect(message.length * fix.length).toBeGreaterThan(0);
  for (const [body, path] of [
    [{ text: '' }, 'text'],
    [{ text: 'x'.repeat(65_537) }, 'text'],
    [{ text: 'x', section: 'appendix' }, 'section'],
    [{ words: 'x' }, 'words'],
  ] as const) {
    const { status, body: problem } = await api.call<Problem>('POST', '/incidents/1/postmortem/lint', body);
    expect(status).toBe(422);
    expect(problem.errors[0]?.path).toBe(path);
  }
  expect((await api.call('POST', '/incidents/99/postmortem/lint', {})).status).toBe(404);
});
