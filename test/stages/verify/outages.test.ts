import { describe, expect, it } from 'vitest';
import type { PostmortemDocument } from '#src/domain/postmortem/document.ts';
import { MAX_WORDS } from '#src/domain/postmortem/draw.ts';
import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';
import { countWords } from '#src/domain/postmortem/words.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { caseOf, REAL } from '#test/support/outage-cases.ts';
import { caseStore } from '#test/support/outage-store.ts';

type Draft = { ledger: Fact[]; document: PostmortemDocument };

const factOf = ({ ledger }: Draft, name: FactName) => ledger.find((fact) => fact.name === name)?.value ?? null;
const blocksOf = ({ document }: Draft) => document.sections.flatMap(({ blocks }) => blocks);
const textOf = (draft: Draft) =>
  [...draft.document.header.rows, ...blocksOf(draft)]
    .map(({ spans }) => spans.map(({ text }) => text).join(' '))
    .join('\n')
    .toLowerCase();

describe.each(REAL)('the drafts of $outage.name', ({ outage, story }) => {
  const { expected } = story;
  const toleranceMs = 2000 * (story.monitor.intervalSeconds ?? 30);

  it('are verified, all of them, and keep to 1,500 words', () => {
    using made = caseStore(caseOf(outage, story));
    const drafts = made.drafts();
    expect(drafts.length).toBeGreaterThan(0);
    for (const draft of drafts) {
      const claims = verifyPostmortem(made.store.reader, draft);
      expect(claims.failed).toEqual([]);
      expect(claims.total).toBeGreaterThan(draft.ledger.length);
      expect(countWords(draft.document.sections)).toBeLessThanOrEqual(MAX_WORDS);
    }
  });

  it('say what happened, and nothing that nobody could know', () => {
    using made = caseStore(caseOf(outage, story));
    const drafts = made.drafts();
    const all = drafts.map(textOf).join('\n');
    for (const words of expected.says) expect(all).toContain(words.toLowerCase());
    for (const words of expected.saysNot) expect(all).not.toContain(words.toLowerCase());
    const seconds = drafts.reduce((sum, draft) => sum + Number(factOf(draft, 'downSeconds')), 0);
    expect(seconds).toBeGreaterThanOrEqual(expected.downSeconds[0]);
    expect(seconds).toBeLessThanOrEqual(expected.downSeconds[1]);
  });

  it('date the outage within two intervals of what is published, and measure the gaps from there', () => {
    using made = caseStore(caseOf(outage, story));
    const longest = made
      .drafts()
      .toSorted((a, b) => Number(factOf(b, 'spanSeconds')) - Number(factOf(a, 'spanSeconds')))
      .find((draft) => factOf(draft, 'downSeconds') !== 0) as Draft;
    const t0 = Date.parse(outage.start);
    const start = Date.parse(String(factOf(longest, 'start')));
    expect(start).toBeGreaterThanOrEqual(t0 + outage.trouble[0] * 1000 - toleranceMs);
    expect(start).toBeLessThanOrEqual(t0 + outage.solid[0] * 1000 + toleranceMs);
    const end = Date.parse(String(factOf(longest, 'end')));
    expect(end).toBeGreaterThanOrEqual(t0 + outage.solid[1] * 1000 - toleranceMs);
    expect(end).toBeLessThanOrEqual(t0 + outage.trouble[1] * 1000 + toleranceMs);
    const told = factOf(longest, 'statusUpdateSeconds');
    if (expected.statusSeconds === undefined) expect(told).toBeNull();
    else expect(Math.abs(Number(told) - expected.statusSeconds)).toBeLessThanOrEqual(toleranceMs / 1000);

    const rows = blocksOf(longest);
    const asked = expected.asks.map((moment) => rows.find(({ id }) => id === `timeline.${moment}`));
    for (const block of asked) {
      expect(block?.layout).toMatchObject({ as: 'timeline', at: null });
      expect(block?.spans.some(({ kind }) => kind === 'question')).toBe(true);
    }
    expect(Number(factOf(longest, 'changesBeforeCount')) > 0).toBe(expected.changeBefore);
    expect(factOf(longest, 'leadUpFrom') !== null).toBe(expected.drift ?? false);
  });
});

it('are the same whatever the order of the rows, and with some of them twice', () => {
  for (const { outage, story } of REAL) {
    const plain = caseOf(outage, story);
    const mixed = {
      ...plain,
      told: plain.told.toReversed(),
      changes: plain.changes.toReversed(),
      monitors: plain.monitors.map(({ config, rows }) => ({
        config,
        rows: [...rows.slice(0, 50), ...rows.toReversed()],
      })),
    };
    using one = caseStore(plain);
    using other = caseStore(mixed);
    expect(JSON.stringify(other.drafts())).toBe(JSON.stringify(one.drafts()));
  }
});
