import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN_KEY, TestApi } from '../support/api.ts';
import { launchChromium } from '../support/chromium.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, { summary?: string; tags?: string[]; responses: Record<string, unknown> }>>;
}

it('describes every route with a summary, a tag and its refusals', async () => {
  const { body } = await api.call<OpenApi>('GET', '/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  const routes = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({ name: `${method} ${path}`, ...route })),
  );
  expect(routes.length).toBeGreaterThan(35);
  for (const { name, summary, tags, responses } of routes) {
    expect(summary, name).toBeTruthy();
    expect(tags?.length, name).toBeGreaterThan(0);
    expect(Object.keys(responses), name).toContain('4XX');
  }
  const names = routes.map((route) => route.name);
  for (const name of [
    'put /api/v1/monitors/{id}',
    'post /api/v1/monitors/test',
    'get /api/v1/incidents/{id}/postmortem.md',
    'post /api/v1/channels/{id}/test',
  ])
    expect(names).toContain(name);
});

it('refers to no shape that it does not have', async () => {
  const { body } = await api.call<{ components: { schemas: Record<string, unknown> } }>('GET', '/openapi.json');
  const named = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !Object.keys(body.components.schemas).includes(name ?? ''))).toEqual([]);
});

it('shows the reference in a browser, and the browser asks nobody else', { timeout: 60_000 }, async () => {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const asked: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${api.url}/docs/`);
    await page.getByText('Create a monitor').first().waitFor({ timeout: 30_000 });
    expect(errors).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(api.url) && !/^(?:data|blob):/.test(url))).toEqual([]);
  } finally {
    await browser.close();
  }
});

it('shows a draft in a browser as it stands: nothing is run, nothing is loaded, every section is there', {
  timeout: 60_000,
}, async () => {
  await api.call('POST', '/incidents', { title: 'Wrong <b>prices</b> & more', severity: 'critical' });
  await api.call('POST', '/incidents/1/timeline', { kind: 'note', text: '<img src=x onerror=alert(1)> seen' });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ extraHTTPHeaders: { authorization: `Bearer ${ADMIN_KEY}` } });
    const asked: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${api.url}/api/v1/incidents/1/postmortem.html`);
    const headings = await page.locator('h2').allTextContents();
    for (const title of ['Incident summary', 'Timeline', 'Contributing factors (to be confirmed)', 'Action items'])
      expect(headings).toContain(title);
    expect(await page.locator('h1').textContent()).toContain('Wrong <b>prices</b>');
    expect(await page.locator('img').count()).toBe(0);
    expect(errors.filter((text) => !text.includes('favicon'))).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(api.url))).toEqual([]);
  } finally {
    await browser.close();
  }
});
