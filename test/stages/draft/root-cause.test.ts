import { describe, expect, it } from 'vitest';
import { FAILURES, type Failure, layerOf } from '#src/domain/check.ts';
import { LAYER_WORDS } from '#src/domain/postmortem/symptom-words.ts';
import { drawn } from '../../support/drawn.ts';
import { recurring, type Scene, type Symptom, scene } from './scenes.ts';

const SHOP = { key: 'shop', name: 'Shop', url: 'https://shop.example/', service: 'shop', intervalSeconds: 60 };
const DOCS = { key: 'docs', name: 'Docs', url: 'https://docs.example/', service: 'docs', intervalSeconds: 60 };
const SEARCH = { key: 'search', name: 'Search', url: 'https://search.example/', service: 'shop', intervalSeconds: 60 };

/** Five minutes of failure on the first monitor after half an hour that was fine; the others stay fine. */
function outage(what: Symptom, configs: Parameters<typeof scene> = [SHOP, DOCS], before?: (s: Scene) => void): Scene {
  const s = scene(...configs);
  before?.(s);
  s.run(1, -1800, 0, 60);
  s.run(1, 0, 300, 5, { verdict: 'down', ...what });
  s.run(1, 300, 900, 60);
  for (let no = 2; no <= configs.length; no++) s.run(no, -1800, 900, 60);
  s.flush();
  return s;
}

const whys = (s: Scene) => drawn(s).under('root-cause.why-');
const unlike = (text: string | undefined) => (text ?? '').replace(/\([^)]*\)/g, '');

describe.each(FAILURES.map((failure): [Failure] => [failure]))('a failure of %s', (failure) => {
  it('is found at its layer, and asked about in its own terms', () => {
    using s = outage({ failure, ...(failure === 'status' && { status: 500 }) });
    const { claims, block } = drawn(s);
    expect(block('root-cause.why-1')).toContain(`60 of 60 failed checks stopped at ${LAYER_WORDS[layerOf(failure)]}:`);
    expect(block('root-cause.why-1')).toContain('Not affected meanwhile: Docs.');
    expect(block('root-cause.why-2')).toMatch(/^Why 2: .{40,}\?$/);
    expect(claims.failed).toEqual([]);
  });
});

it('asks something else for each layer and status', () => {
  const asked = (
    [
      { failure: 'dns-not-found' },
      { failure: 'dns-error' },
      { failure: 'connect-refused' },
      { failure: 'connect-timeout' },
      { failure: 'tls-expired' },
      { failure: 'tls-name-mismatch' },
      { failure: 'first-byte-timeout' },
      { failure: 'too-large' },
      { status: 500 },
      { status: 502 },
      { status: 503 },
      { status: 429 },
      { status: 403 },
      { status: 404 },
      { failure: 'latency' },
    ] satisfies Symptom[]
  ).map((what) => {
    using s = outage(what);
    return unlike(whys(s)[1]);
  });
  expect(new Set(asked).size).toBe(asked.length);
});

describe('a change nearby', () => {
  it('of another service is a decoy: the question is about the one to the service that failed', () => {
    using s = outage({ status: 503 }, [SHOP, DOCS], (early) => {
      early.change(-30, 'New theme for the docs', { service: 'docs' });
      early.change(-1500, 'Release 12 of the shop', { service: 'shop' });
    });
    const { block, under, claims } = drawn(s);
    expect(block('root-cause.why-3')).toContain('to this service is the deploy “Release 12 of the shop”');
    expect(block('root-cause.why-3')).not.toContain('theme');
    const [decoy, own] = under('root-cause.chg_');
    expect(decoy).toContain(
      'Against: no affected monitor is of its service; 1 monitor of its service was not affected',
    );
    expect(own).toContain('For: 1 of 1 affected monitor is of its service');
    expect(claims.failed).toEqual([]);
  });

  it('that came after answers had become slower says so', () => {
    using s = scene(SHOP);
    s.change(-90, 'Release 13', { service: 'shop' });
    s.run(1, -3600, -240, 60);
    s.run(1, -240, 0, 60, { durationMs: 900 });
    s.run(1, 0, 300, 5, { verdict: 'down', status: 503 });
    s.run(1, 300, 900, 60);
    s.flush();
    const { under, block, claims } = drawn(s);
    expect(under('root-cause.chg_')[0]).toContain('Against: Shop had been answering slower since 14:22:40, before it');
    expect(block('root-cause.why-3')).toContain('Answers had become slower from 14:22:40 on');
    expect(block('root-cause.trigger')).toContain('what made answers slower from 14:22:40 on');
    expect(claims.failed).toEqual([]);
  });

  it('that other monitors of its service did not mind says so', () => {
    using s = outage({ status: 503 }, [SHOP, SEARCH], (early) => early.change(-120, 'Release 14', { service: 'shop' }));
    expect(drawn(s).under('root-cause.chg_')[0]).toContain('1 monitor of its service was not affected');
  });

  it('has its base rate beside it', () => {
    using s = outage({ status: 503 }, [SHOP], (early) => {
      for (let i = 1; i <= 12; i++) early.change(-i * 7200, `Release ${i}`, { service: 'shop' });
      early.change(-60, 'Release 13', { service: 'shop' });
    });
    const { under, claims } = drawn(s);
    expect(under('root-cause.chg_')[0]).toContain(
      'Base rate: 0 of the last 12 deploys were followed by a failure within 10 min.',
    );
    expect(claims.failed).toEqual([]);
  });
});

it('asks what differs between the places that saw it and those that did not', () => {
  using s = outage({ status: 503 });
  s.store.transact((tx) =>
    tx
      .sql(
        `INSERT INTO checks SELECT monitor_no, at, 2, late_ms, duration_us, 0, NULL, 200, dns_us, connect_us, tls_us, first_byte_us,
           download_us, origin FROM checks WHERE monitor_no = 1 AND location_no = 1`,
      )
      .run(),
  );
  const { block, claims } = drawn(s);
  expect(block('root-cause.why-1')).toContain('It was seen from default (1 of 2 locations); no check from far failed');
  expect(block('root-cause.why-4')).toContain('default saw Shop fail and far did not');
  expect(claims.failed).toEqual([]);
});

it('asks what must fail with a dependency', () => {
  using s = scene({ ...SHOP, dependsOn: ['docs'] }, DOCS);
  for (const [no, from] of [
    [2, 0],
    [1, 30],
  ] as const) {
    s.run(no, -1800, from, 60);
    s.run(no, from, 300, 5, { verdict: 'down', failure: 'connect-refused' });
    s.run(no, 300, 900, 60);
  }
  s.flush();
  expect(drawn(s).block('root-cause.why-4')).toContain('Shop depends on Docs: which part of it has to fail');
});

it('tells of earlier incidents of the same signature, and asks what was changed after them', () => {
  using s = recurring();
  const { under, block, text, claims } = drawn(s);
  expect(under('root-cause.earlier.inc_')).toHaveLength(2);
  expect(block('root-cause.earlier')).toContain(
    '3 incidents of this service in the 365 days before, 2 with the signature',
  );
  expect(text).toContain('Incident 1, 2026-01-28, 34 days before: the same failure');
  expect(text).not.toContain('ops@shop.example');
  expect(block('root-cause.why-5')).toContain('on record 2 times in the 365 days before, last in incident 3');
  expect(claims.failed).toEqual([]);
});
