import { expect, it } from 'vitest';
import { type Failing, madeRows } from '#test/support/made-outage.ts';
import { caseOf, REAL } from '#test/support/outage-cases.ts';
import type { Case } from '#test/support/outage-store.ts';
import { proved } from '#test/support/proved.ts';

const START = Date.UTC(2026, 2, 3, 14, 0, 0);

/** One monitor, down for ten minutes with 503, alerted, acknowledged, explained and repaired, with a deploy before. */
function plain(
  change: Partial<Case> & { failing?: Failing[]; every?: number; until?: number; name?: string } = {},
): Case {
  const { failing = [{ from: 0, to: 600 }], every = 30, until = 2400, name = 'Checkout API', ...rest } = change;
  const start = rest.start ?? START;
  return {
    start,
    monitors: [
      {
        config: {
          key: 'checkout-api',
          name,
          url: 'https://shop.example/health',
          service: 'checkout',
          intervalSeconds: every,
        },
        rows: madeRows(start, { from: -3600, to: until, every }, failing),
      },
      {
        config: { key: 'docs', name: 'Docs', url: 'https://docs.example/', service: 'docs', intervalSeconds: 60 },
        rows: madeRows(start, { from: -3600, to: until, every: 60 }, []),
      },
    ],
    alertAt: 60,
    told: [
      { at: 120, kind: 'acknowledged', text: '' },
      { at: 200, kind: 'diagnostic', text: 'Connections pile up' },
      { at: 300, kind: 'cause_identified', text: 'Pool of connections exhausted' },
      { at: 540, kind: 'fix_applied', text: 'Pool enlarged' },
    ],
    changes: [{ at: -300, kind: 'deploy', title: 'Release 12', service: 'checkout' }],
    ...rest,
  };
}
const only = (given: Case) => {
  const drafts = proved(given);
  expect(drafts).toHaveLength(1);
  return drafts[0] as (typeof drafts)[number];
};
const without = (kind: string) => plain().told.filter((entry) => entry.kind !== kind);

it('no acknowledgment: a question, and none recorded', () => {
  const { text } = only(plain({ told: without('acknowledged') }));
  expect(text).toContain('Acknowledgment: none recorded.');
  expect(text).toMatch(/Which role took it on, and when after/);
});

it('no cause, no fix, no diagnostic: a question for each', () => {
  const { text } = only(plain({ told: [] }));
  for (const asked of [/Diagnostic steps: what/, /Cause identified: when/, /Fix applied: which action/])
    expect(text).toMatch(asked);
});

it('nobody was told: who noticed, how, and when?', () => {
  expect(only(plain({ alertAt: undefined })).text).toMatch(/Who noticed(?: it)?, how,? and/);
});

it('a paused monitor: the time is unobserved and says why', () => {
  const given = plain({ failing: [{ from: 0, to: 600 }] });
  const [first, ...others] = given.monitors;
  if (!first) throw new Error('no monitor');
  const rows = first.rows.filter(({ at }) => Date.parse(at) < START + 200_000 || Date.parse(at) >= START + 400_000);
  const { text } = only({
    ...given,
    monitors: [{ ...first, rows }, ...others],
    unobserved: [{ monitor: 1, from: 200, to: 400, reason: 'paused' }],
  });
  expect(text).toMatch(/14:03:20 to 14:06:40 Unobserved time: Checkout API not watched, .*paus/);
  expect(text).toContain('3 min 20 s of the');
});

it('a late note: both times', () => {
  const told = [...plain().told, { at: 240, kind: 'note', text: 'Seen in the logs too', recordedAt: 5000 } as const];
  expect(only(plain({ told })).text).toMatch(/14:04:00 Note: “Seen in the logs too” Recorded (?:on \S+ )?at 15:23:20/);
});

it('a decoy deploy of another service: on record with its distance, and nobody says it was the cause', () => {
  const changes = [
    ...plain().changes,
    { at: -20, kind: 'deploy', title: 'Docs: new footer', service: 'docs' } as const,
  ];
  const { text } = only(plain({ changes }));
  expect(text).toContain('“Docs: new footer”');
  expect(text).toContain('20 s before the start');
  expect(text).not.toMatch(/because|caused|due to|led to|triggered by/i);
});

it('deploys that were followed by nothing: the base rate says so', () => {
  const quiet = Array.from(
    { length: 8 },
    (_, i) => ({ at: -86_400 * (i + 2), kind: 'deploy', title: `Release ${i}` }) as const,
  );
  expect(only(plain({ changes: [...plain().changes, ...quiet] })).text).toMatch(/0 of the last 8 deploys/);
});

it('notes that contradict each other and the checks: a row shows both', () => {
  const told = [
    ...plain().told,
    { at: 420, kind: 'cause_identified', text: 'It was the load balancer' } as const,
    { at: 300, kind: 'resolved', text: 'All good' } as const,
  ];
  const { text } = only(plain({ told }));
  expect(text).toMatch(/Notes differ on .*14:05:00 and 14:07:00/);
  expect(text).toMatch(/declared resolved at 14:05:00, the checks passed again from 14:10:00/);
});

it('a note with markup, a script, a token and an address: inert, and scrubbed', () => {
  const text =
    '<script>alert(1)</script> [x](javascript:alert(1)) **bold** | cell `code` ann@shop.example hc_0123456789abcdef0123 https://a.example/p?user=ann\u202e\u0007 Bearer abcdef123456';
  const draft = only(plain({ told: [...plain().told, { at: 150, kind: 'note', text }] }));
  for (const words of [draft.markdown, draft.html]) {
    expect(words).not.toMatch(
      /<script|<img|ann@shop|hc_0123456789|\?user=|abcdef123456|\p{Cc}(?<!\n)|\p{Bidi_Control}/u,
    );
  }
  expect(draft.markdown).not.toMatch(/(?<!\\)\]\(/);
  expect(draft.html).toContain('&lt;script&gt;');
});

it.each([
  ['digits', 'Node 14:26:40 of 503'],
  ['cause words', 'because of DNS'],
  ['a right-to-left mark', 'shop\u200f\u202e api'],
  ['markup', '<b>API</b> | *x* _y_ `z`'],
  ['words of the template', 'Problem started'],
  ['a count of users', '12 users'],
  ['other letters', 'Оплата 支払い ٣'],
  ['quotes', '“Shop” "api" \'x\''],
  ['200 characters', `${'Long name '.repeat(19)}and so on`],
  ['one character', 'X'],
  ['a question', 'Who owns this?'],
  ['all locations', 'All regions, worldwide'],
])('a monitor named with %s', (_, name) => {
  const { document } = only(plain({ name }));
  expect(document.sections).toHaveLength(5);
});

it('several places of which one stays good: says which failed and how many', () => {
  const given = plain();
  const [first, ...others] = given.monitors;
  if (!first) throw new Error('no monitor');
  const span = { from: -3600, to: 2400, every: 30 };
  const rows = [
    ...madeRows(START, { ...span, location: 'eu' }, [{ from: 0, to: 600 }]),
    ...madeRows(START, { ...span, location: 'us' }, [{ from: 30, to: 570, failure: 'connect-timeout' }]),
    ...madeRows(START, { ...span, location: 'asia' }, []),
  ];
  const { text } = only({ ...given, monitors: [{ ...first, rows }, ...others] });
  expect(text).toMatch(/2 of 3 locations/);
  expect(text).not.toMatch(/\ball (?:\d+ )?locations\b/);
});

it.each([
  ['over midnight', Date.UTC(2026, 2, 3, 23, 56, 10)],
  ['over the end of a year', Date.UTC(2025, 11, 31, 23, 57, 0)],
  ['over a leap day', Date.UTC(2028, 1, 28, 23, 55, 30)],
  ['over the change to summer time', Date.UTC(2026, 2, 29, 0, 58, 0)],
  ['over the change to winter time', Date.UTC(2026, 9, 25, 0, 58, 0)],
])('%s', (_, start) => {
  const { text } = only(plain({ start }));
  expect(text).toContain('10 min');
  const days = new Set([start, start + 600_000].map((at) => new Date(at).toISOString().slice(0, 10)));
  for (const day of days) expect(text).toContain(`${day}, times in UTC`);
});

it('an outage of three seconds', () => {
  const { ledger } = only(plain({ every: 1, until: 300, failing: [{ from: 0, to: 3 }], told: [], alertAt: undefined }));
  expect(ledger.find(({ name }) => name === 'downSeconds')?.value).toBe(3);
});

it('an outage of six days', () => {
  const days = 6 * 86_400;
  const { text, ledger } = only(plain({ every: 600, until: days + 7200, failing: [{ from: 0, to: days }] }));
  expect(ledger.find(({ name }) => name === 'downSeconds')?.value).toBe(days);
  expect(text).toContain('144 h');
});

it('an outage that begins with the first check', () => {
  const given = plain({ told: [], changes: [] });
  const [first, ...others] = given.monitors;
  if (!first) throw new Error('no monitor');
  const rows = first.rows.filter(({ at }) => Date.parse(at) >= START);
  expect(only({ ...given, monitors: [{ ...first, rows }, ...others] }).text).toMatch(/no check had passed before/);
});

it('an outage that does not end: live, and nothing says that it is over', () => {
  const { text } = only(plain({ failing: [{ from: 0, to: 9999 }], until: 1200, now: 1200, told: [] }));
  expect(text).toContain('still open as of');
  expect(text).toContain('Fully restored: not yet.');
});

it('each real outage, with each kind of data missing', () => {
  for (const { outage, story } of REAL) {
    const given = caseOf(outage, story);
    const entries = [...new Set(given.told.map(({ kind }) => kind))];
    for (const kind of entries) proved({ ...given, told: given.told.filter((entry) => entry.kind !== kind) });
    proved({ ...given, told: [], changes: [], alertAt: undefined });
    proved({ ...given, changes: given.changes.map((one) => ({ ...one, at: one.at - 47 })) });
    proved({ ...given, told: given.told.map((one) => ({ ...one, recordedAt: one.at + 7200 })) });
    const thinned = given.monitors.map(({ config, rows }) => ({ config, rows: rows.filter((_, i) => i % 7 !== 3) }));
    proved({ ...given, monitors: thinned });
  }
});
