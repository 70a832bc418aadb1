import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, type Problem, TestApi } from '../support/api.ts';
import { pdfText } from '../support/pdf-text.ts';

const START = Date.UTC(2025, 4, 6, 9, 0, 0);
let api: TestApi;

beforeAll(async () => {
  api = await TestApi.start();
  const monitor = {
    key: 'secret-shop-key',
    name: 'Shop',
    url: 'https://shop-7.internal.example/health',
    owner: 'Grace Example',
    intervalSeconds: 60,
  };
  expect((await api.call('PUT', '/monitors/secret-shop-key', monitor)).status).toBe(201);
  const rows = Array.from({ length: 60 }, (_, minute) => ({
    at: new Date(START + minute * 60_000).toISOString(),
    status: minute >= 30 && minute < 45 ? 503 : 200,
    latencyMs: 80 + (minute % 5),
  }));
  const raw = rows.map((row) => JSON.stringify(row)).join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  expect((await api.call('POST', '/monitors/secret-shop-key/checks/import', undefined, { raw, headers })).status).toBe(
    200,
  );
  const note = {
    kind: 'diagnostic',
    at: new Date(START + 40 * 60_000).toISOString(),
    text: 'shop-7 restarts',
    by: 'Grace Example',
  };
  await api.call('POST', '/incidents/1/timeline', note);
});
afterAll(() => api[Symbol.asyncDispose]());

async function bytes(path: string, accept?: string): Promise<{ response: Response; body: Buffer }> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, ...(accept && { accept }) };
  const response = await fetch(`${api.url}/api/v1${path}`, { headers });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

describe('a postmortem over REST', () => {
  it.each([
    ['.pdf', undefined],
    ['', 'application/pdf'],
    ['', 'text/html;q=0.5, application/pdf'],
  ])('is a PDF at postmortem%s with Accept %s', { timeout: 60_000 }, async (suffix, accept) => {
    const { response, body } = await bytes(`/incidents/1/postmortem${suffix}`, accept);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(response.headers.get('content-disposition')).toBe('inline; filename="incident-1.pdf"');
    expect(pdfText(body)).toContain('Shop is down');
  });

  it('has a tag for each audience, and answers 304 to it in every form', { timeout: 60_000 }, async () => {
    const tags = new Set<string>();
    for (const query of ['', '?audience=public']) {
      const { response } = await bytes(`/incidents/1/postmortem${query}`);
      const etag = response.headers.get('etag') ?? '';
      tags.add(etag);
      for (const suffix of ['.md', '.html', '.pdf']) {
        const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'if-none-match': etag };
        expect((await fetch(`${api.url}/api/v1/incidents/1/postmortem${suffix}${query}`, { headers })).status).toBe(
          304,
        );
      }
    }
    expect(tags.size).toBe(2);
  });

  it('has a public version in all four forms, without what is private', { timeout: 60_000 }, async () => {
    const texts = [
      (await bytes('/incidents/1/postmortem?audience=public')).body.toString(),
      (await bytes('/incidents/1/postmortem.md?audience=public')).body.toString(),
      (await bytes('/incidents/1/postmortem?audience=public', 'text/html')).body.toString(),
      pdfText((await bytes('/incidents/1/postmortem.pdf?audience=public')).body),
    ];
    for (const text of texts) {
      expect(text).toContain('Shop was down on 2025-05-06');
      expect(text.replaceAll('\\', '')).toContain('[redacted]');
      expect(text).not.toMatch(/secret-shop-key|shop-7|Grace|chk_/);
    }
  });

  it('refuses an audience or a parameter that it does not know', async () => {
    for (const query of ['?audience=everyone', '?for=public']) {
      const { status, body } = await api.call<Problem>('GET', `/incidents/1/postmortem.md${query}`);
      expect(status, query).toBe(400);
      expect(body.errors).toHaveLength(1);
    }
  });

  it('says which types there are when none is wanted', async () => {
    const { status, body } = await api.call<Problem>('GET', '/incidents/1/postmortem', undefined, {
      headers: { accept: 'image/png' },
    });
    expect(status).toBe(406);
    expect(body.detail).toContain('application/pdf');
  });

  it('answers other reads while it prints', { timeout: 60_000 }, async () => {
    let answered = 0;
    const printing = Promise.all(Array.from({ length: 3 }, () => bytes('/incidents/1/postmortem.pdf')));
    let over = false;
    void printing.then(() => {
      over = true;
    });
    while (!over) {
      await (await fetch(`${api.url}/healthz`)).text();
      answered++;
    }
    expect(answered).toBeGreaterThan(10);
  });
});
