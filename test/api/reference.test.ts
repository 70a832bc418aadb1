import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../support/api.ts';
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
