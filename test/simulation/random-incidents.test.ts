import { expect, it } from 'vitest';
import { madeRows } from '#test/support/made-outage.ts';
import type { Case } from '#test/support/outage-store.ts';
import type { Told, ToldChange } from '#test/support/outage-stories.ts';
import { generator } from '#test/support/outages.ts';
import { proved } from '#test/support/proved.ts';

/** CASES_TRIED=5000 tries more of them, CASE_SEED=17 one alone. */
const CASES = Number(process.env.CASES_TRIED ?? 100);
const SEED = process.env.CASE_SEED;

/** Three monitors that flap with every failure there is, and a dozen notes: folding stops at two rows of a kind. */
const MOST_WORDS = 1_700;

const FAILURES = [
  { failure: 'status', status: 500 },
  { failure: 'status', status: 503 },
  { failure: 'connect-refused' },
  { failure: 'connect-timeout' },
  { failure: 'dns-error' },
  { failure: 'tls-expired' },
  { failure: 'first-byte-timeout' },
  { failure: 'body', status: 200 },
];
const NAMES = ['Checkout API', 'Search', 'Web app', 'Login <b>', 'Node 7', 'Оплата', 'because of DNS', 'x'];
const TEXTS = [
  'Looking',
  'Restarted 3 of 7 nodes at 14:02',
  'See https://ci.example/run?token=abc',
  'ask ann@shop.example',
  'the deploy caused it, 100 % sure',
  '',
  '“quoted” words',
  'zwei\nZeilen',
];

/** An incident that nobody thought of: monitors, places, failures, people, changes, pauses, all from one number. */
function randomCase(seed: number): Case {
  const random = generator(seed * 7919 + 1);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const start = Date.UTC(2024 + below(4), below(12), 1 + below(28), below(24), below(60), below(60));
  const every = pick([5, 10, 30, 60, 300]);
  const length = every * (2 + below(60));
  const span = { from: -every * (5 + below(100)), to: length + every * (4 + below(30)), every };
  const windows = () => {
    const list = [];
    for (let at = below(3) * every; at < length; at += every * (1 + below(30))) {
      const to = at + every * (1 + below(12));
      list.push({ from: at, to: Math.min(to, length), ...pick(FAILURES) });
      at = to;
    }
    return list;
  };
  const count = 1 + below(3);
  const monitors = Array.from({ length: count }, (_, i) => ({
    config: {
      key: `m${i}`,
      name: `${pick(NAMES)}${i > 0 ? ` ${i}` : ''}`,
      url: `https://m${i}.example/`,
      service: pick(['shop', 'shop', null]),
      intervalSeconds: every,
      confirm: { failures: 1 + below(3), recoveries: 1 + below(3), retrySeconds: Math.min(5, every), locations: 1 },
      impact: pick([null, { summary: 'Nobody can pay. Really!', usersPerMinute: pick([null, 7, 50]) }]),
      targets: pick([
        { detectSeconds: null, acknowledgeSeconds: null, statusUpdateSeconds: null, uptimePercent: null },
        { detectSeconds: 60, acknowledgeSeconds: 300, statusUpdateSeconds: 600, uptimePercent: 99.9 },
      ]),
    },
    rows: ['eu', 'us', 'asia'].slice(0, 1 + below(3)).flatMap((location) => {
      const failing = random() < 0.8 ? windows() : [];
      return madeRows(start, { ...span, location }, failing).filter(() => random() < 0.97);
    }),
  }));
  const kinds = [
    'diagnostic',
    'cause_identified',
    'fix_applied',
    'note',
    'status_update',
    'acknowledged',
    'resolved',
  ] as const;
  const told = Array.from({ length: below(8) }, (): Told => {
    const at = below(length * 2) - Math.floor(length / 3);
    return {
      at,
      kind: pick(kinds),
      text: pick(TEXTS),
      recordedAt: at + below(4000),
      source: pick(['person', 'integration']),
    };
  });
  const changes = Array.from({ length: below(8) }, (_, i): ToldChange => {
    const kind = pick(['deploy', 'config', 'flag', 'infrastructure', 'other'] as const);
    return {
      at: below(length) - below(90_000),
      kind,
      title: `${pick(TEXTS) || 'Change'} ${i}`,
      ...(random() < 0.5 && { service: 'shop' }),
    };
  });
  const unobserved = Array.from({ length: below(3) }, () => {
    const from = below(length) - every * 3;
    return {
      monitor: pick([null, 1]),
      from,
      to: from + below(length) + 1,
      reason: pick(['paused', 'process-down', 'missed', 'maintenance']),
    };
  });
  return {
    start,
    monitors,
    ...(random() < 0.6 && { alertAt: below(length) }),
    told,
    changes,
    unobserved,
    ...(random() < 0.2 && { now: span.to }),
  };
}

it(`proves the drafts of ${SEED ?? CASES} incidents that nobody thought of`, { timeout: 3_600_000 }, () => {
  const wrong: string[] = [];
  let drafts = 0;
  const seeds = SEED === undefined ? Array.from({ length: CASES }, (_, i) => i) : [Number(SEED)];
  for (const seed of seeds) {
    try {
      drafts += proved(randomCase(seed), MOST_WORDS).length;
    } catch (error) {
      wrong.push(`CASE_SEED=${seed}: ${(error as Error).message}\n${(error as Error).stack?.split('\n')[1] ?? ''}`);
      if (SEED !== undefined) throw error;
    }
  }
  expect(wrong).toEqual([]);
  if (SEED === undefined) expect(drafts).toBeGreaterThan(CASES / 2);
});
