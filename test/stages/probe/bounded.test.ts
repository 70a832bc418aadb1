import { afterAll, expect, test } from 'vitest';
import { compileJsonPath, selectValues, TooManySteps } from '#src/probe/json-path.ts';
import { findPattern } from '#src/probe/patterns.ts';
import { targetAt, testProber } from '#test/support/target-monitor.ts';
import { startHttpServer } from '#test/support/target-server.ts';

const prober = testProber();
afterAll(() => prober.close());
const MARGIN_MS = 1500;

/** Took 50 s on 1 MiB when it was run as it is: the engine's states do not repeat, and it falls back to its slow way. */
const COSTLY_PATTERN = '(\\pL\\B?){900}\\d';
const LETTERS = Array.from({ length: 1_000_000 }, (_, index) => String.fromCharCode(97 + ((index * 7919) % 26))).join(
  '',
);

test('a pattern that would take a minute ends with the check, and the loop turns meanwhile', async () => {
  await using server = await startHttpServer((_request, response) => response.end(LETTERS));
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 20);
  const startedAt = performance.now();
  const result = await prober.probe(
    targetAt(`${server.url}/`, { timeoutSeconds: 1, expect: { body: [{ matches: COSTLY_PATTERN }] } }),
  );
  clearInterval(ticking);
  expect(result).toMatchObject({ verdict: 'down', failure: 'body', detail: expect.stringContaining('took longer') });
  expect(performance.now() - startedAt).toBeLessThan(1000 + MARGIN_MS);
  expect(turns).toBeGreaterThan(10);
});

test('a costly pattern that can be decided is decided', async () => {
  expect(await findPattern('(\\pL\\B?){900}', LETTERS, 10_000)).toBe(true);
  expect(await findPattern('[0-9]{50,60}', LETTERS, 10_000)).toBe(false);
});

const flat = Array.from({ length: 200_000 }, (_, index) => index);
const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
const unbounded: [path: string, document: unknown][] = [
  ['$..*..*..*', deep],
  ['$[?count($..*) > 1]', flat],
  ['$[?@ == $[0]]', [flat, flat, flat, flat, flat, flat].map((each) => [...each])],
  [
    '$[0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0][0,0,0,0,0,0,0,0]',
    deep,
  ],
];
test.for(unbounded)('the path %s is given up after a bounded number of steps', ([path, document]) => {
  expect(() => selectValues(compileJsonPath(path), document)).toThrow(TooManySteps);
});

test('a large and a deep document are walked', () => {
  expect(selectValues(compileJsonPath('$[*]'), flat)).toHaveLength(200_000);
  expect(selectValues(compileJsonPath('$..x'), deep)).toEqual([]);
});

test('a path that is given up fails the check in words', async () => {
  await using server = await startHttpServer((_request, response) =>
    response.end(JSON.stringify(flat.slice(0, 20_000))),
  );
  const json = [{ path: '$[?count($..*) > 1]', count: 1 }];
  expect(await prober.probe(targetAt(`${server.url}/`, { expect: { json } }))).toMatchObject({
    failure: 'json',
    detail: expect.stringContaining('steps'),
  });
});

test('a hundred costly expectations end with the check', async () => {
  await using server = await startHttpServer((_request, response) =>
    response.end(JSON.stringify(flat.slice(0, 100_000))),
  );
  const json = Array.from({ length: 100 }, () => ({ path: '$..[?@ > 1]', count: 1 }));
  const startedAt = performance.now();
  const result = await prober.probe(targetAt(`${server.url}/`, { timeoutSeconds: 0.5, expect: { json } }));
  expect(result.failures.at(-1)?.detail).toContain('not judged within the time');
  expect(performance.now() - startedAt).toBeLessThan(500 + MARGIN_MS);
});
