import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '#config/config.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import { DEFAULT_POLICY, type PostmortemPolicy } from '#src/domain/postmortem/policy.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { putPolicy, readPolicyAt } from '#src/store/policies.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { type Scene, START, shortOutage, stillOpen } from '../../stages/draft/scenes.ts';

const fileOf = (yaml: string) => parseConfig({}, yaml).file.postmortem;

function problemsOf(yaml: string): Record<string, string> {
  try {
    fileOf(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return Object.fromEntries(error.problems.map((p) => [p.name, p.message]));
    throw error;
  }
  return {};
}

function storePolicy(s: Scene, at: number, policy: PostmortemPolicy): void {
  const now = s.clock.now();
  s.clock.set(at);
  s.store.transact((tx) => putPolicy(tx, policy));
  s.clock.set(now);
}

function drawn(s: Scene) {
  const incidentId = s.incidentId();
  const rows = readDraftRows(s.store.reader, incidentId, s.clock.now());
  if (!rows) throw new Error('no incident');
  const draft = { incidentId, ...drawPostmortem(rows) };
  return { ...draft, claims: verifyPostmortem(s.store.reader, draft) };
}

describe('the section postmortem of the configuration file', () => {
  it('is as usual where it says nothing', () => {
    expect(fileOf('postmortem: {}\n')).toEqual(DEFAULT_POLICY);
    expect(fileOf('postmortem:\n')).toEqual(DEFAULT_POLICY);
  });

  it('is shown whole in the example', () => {
    const policy = fileOf(readFileSync(join(import.meta.dirname, '../../../config/example.yaml'), 'utf8'));
    expect(policy.deadlines).toEqual(DEFAULT_POLICY.deadlines);
    expect(policy.questions['root-cause']).toHaveLength(1);
    expect(policy.privacy.names).toEqual({ 'edge-proxy': 'our network edge' });
  });

  it('leaves out the usual reminders that a shorter deadline has no room for', () => {
    expect(fileOf('postmortem: {deadlines: {dueHours: 36}}\n').deadlines.remindHours).toEqual([24]);
  });

  it.each([
    [
      'deadlines:\n    dueHours: soon',
      'postmortem.deadlines.dueHours',
      'line 3: is "soon"; give a whole number of hours from 1 to 720',
    ],
    ['deadlines:\n    dueHour: 3', 'postmortem.deadlines.dueHour', 'line 3: is not known; did you mean dueHours?'],
    [
      'deadlines:\n    remindHours: [44, 24]',
      'postmortem.deadlines.remindHours',
      'line 3: is not that; give hours that ascend',
    ],
    ['deadlines: {dueHours: 24, remindHours: [24]}', 'postmortem.deadlines.remindHours', 'before dueHours (24)'],
    [
      'deadlines: {followUpDays: 7}',
      'postmortem.deadlines.followUpDays',
      'is "7"; give a whole number of days from 14 to 28',
    ],
    ['targets: {detectSeconds: -1}', 'postmortem.targets.detectSeconds', 'is "-1"; give a whole number of seconds'],
    [
      'sections:\n    - timeline',
      'postmortem.sections',
      'lack a section that no postmortem goes without; give summary and timeline',
    ],
    ['sections: [summary, timeline, summary]', 'postmortem.sections', 'give each section once'],
    [
      'sections:\n    - summary\n    - timeline\n    - blame',
      'postmortem.sections[2]',
      'line 5: is "blame"; give one of summary, timeline',
    ],
    [
      'questions:\n    root-cause:\n      - "What of {server}?"',
      'postmortem.questions.root-cause[0]',
      'line 4: has a placeholder that is not known; give {date}, {downtime}',
    ],
    ['questions: {summary: ["What of {constructor}?"]}', 'postmortem.questions.summary[0]', 'placeholder'],
    ['questions: {causes: ["Why?"]}', 'postmortem.questions.causes', 'is not known; give summary, timeline'],
    ['privacy: {quotes: [everything]}', 'postmortem.privacy.quotes[0]', 'is "everything"; give one of status_update'],
    ['privacy: {hide: []}', 'postmortem.privacy.hide', 'is not known; give names, redact, quotes'],
  ])('%j is refused with its line', (yaml, name, message) => {
    expect(problemsOf(`postmortem:\n  ${yaml}\n`)[name]).toContain(message);
  });

  it('is refused as a whole when it is no mapping', () => {
    expect(problemsOf('postmortem: [1]\n').postmortem).toContain('line 1: ');
  });
});

describe('a policy', () => {
  const short = fileOf(
    'postmortem: {deadlines: {dueHours: 72}, targets: {detectSeconds: 30, acknowledgeSeconds: 60}}\n',
  );

  it('is a new row only when it differs', () => {
    using s = shortOutage();
    for (const policy of [DEFAULT_POLICY, DEFAULT_POLICY, short, short]) storePolicy(s, START, policy);
    expect(s.store.reader.sql('SELECT id FROM postmortem_policies').all()).toHaveLength(2);
  });

  it('holds for incidents that end under it; the one before goes on for older ones', () => {
    using s = shortOutage();
    storePolicy(s, START - 86_400_000, short);
    const before = drawn(s);
    expect(before.ledger.find(({ name }) => name === 'dueAt')?.value).toBe('2026-03-06T14:41:15.000Z');
    expect(JSON.stringify(before.document.header)).toContain('72 h after recovery');
    expect(before.claims.failed).toEqual([]);
    storePolicy(s, START + 7_200_000, DEFAULT_POLICY);
    const after = drawn(s);
    expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    expect(readPolicyAt(s.store.reader, START).policy).toEqual(short);
  });

  it('is the one of the time when an imported incident was recorded, which ended before there was any', () => {
    using s = shortOutage();
    storePolicy(s, START - 86_400_000, DEFAULT_POLICY);
    storePolicy(s, START + 86_400_000, short);
    s.store.transact((tx) => tx.sql('UPDATE incidents SET recorded_at = ?').run(START + 2 * 86_400_000));
    const { ledger, claims } = drawn(s);
    expect(ledger.find(({ name }) => name === 'dueSeconds')?.value).toBe(72 * 3600);
    expect(claims.failed).toEqual([]);
  });

  it('has targets for monitors without their own, and a monitor’s own goes first', () => {
    using s = stillOpen();
    s.store.transact((tx) =>
      tx.sql(`UPDATE monitor_revisions SET config = json_set(config, '$.targets.detectSeconds', NULL)`).run(),
    );
    storePolicy(s, START - 1, short);
    const { ledger, claims } = drawn(s);
    const target = (name: string) => ledger.find((fact) => fact.name === name);
    expect(target('targetDetectSeconds')?.value).toBe(30);
    expect(target('targetDetectSeconds')?.rows).toEqual([expect.stringMatching(/^pol_/)]);
    expect(target('targetAcknowledgeSeconds')?.value).toBe(300);
    expect(claims.failed).toEqual([]);
  });

  it('orders, renames and drops sections, and asks a team’s questions with figures from facts', () => {
    using s = shortOutage();
    const policy = fileOf(`postmortem:
  sections: [timeline, {id: summary, title: In short}, what-went-well]
  questions:
    summary: ["Did the 2 regions differ between {start} and {end}?"]
    what-went-well: ["What did {monitor} teach us in {downtime}?", "What did {monitor} teach us in {downtime}?"]
    root-cause: ["Not drawn: why?"]
`);
    storePolicy(s, START - 1, policy);
    const { document, claims } = drawn(s);
    expect(document.sections.map(({ id }) => id)).toEqual(['timeline', 'summary', 'what-went-well']);
    expect(document.sections[1]?.title).toBe('In short');
    const asked = document.sections.flatMap(({ blocks }) => blocks).filter(({ id }) => id.includes('.team.'));
    expect(asked.map(({ id }) => id)).toEqual([
      'summary.team.did-the-2-regions-differ-between-start-and-end',
      'what-went-well.team.what-did-monitor-teach-us-in-downtime',
      'what-went-well.team.what-did-monitor-teach-us-in-downtime-2',
    ]);
    expect(asked[0]?.spans[0]).toMatchObject({
      kind: 'question',
      text: 'Did the 2 regions differ between 14:26:40 UTC and 14:41:15 UTC?',
    });
    expect(asked[1]?.spans[0]?.text).toBe('What did Checkout API teach us in 14 min 35 s?');
    expect(claims.failed).toEqual([]);
  });

  it('is recomputed by the checker: another order, title, question or deadline is found', () => {
    using s = shortOutage();
    storePolicy(s, START - 1, {
      ...short,
      sections: DEFAULT_POLICY.sections.map((each) => ({ ...each, title: `The ${each.id}` })),
      questions: { summary: ['Who was told?'] },
    });
    const truth = drawn(s);
    expect(truth.claims.failed).toEqual([]);
    const lies: ((draft: typeof truth) => unknown)[] = [
      ({ document }) => document.sections.reverse(),
      ({ document }) => document.sections.pop(),
      ({ document }) => Object.assign(document.sections[0] ?? {}, { title: 'Summary' }),
      ({ document }) => document.sections[0]?.blocks.pop(),
      ({ document }) => Object.assign(document.sections[0]?.blocks.at(-1)?.spans[0] ?? {}, { text: 'Who was it?' }),
      ({ ledger }) => Object.assign(ledger.find(({ name }) => name === 'dueSeconds') ?? {}, { value: 3600 }),
      ({ ledger }) => Object.assign(ledger.find(({ name }) => name === 'teamQuestion') ?? {}, { value: 'Who?' }),
    ];
    for (const lie of lies) {
      const draft = structuredClone(truth);
      lie(draft);
      expect(verifyPostmortem(s.store.reader, draft).failed, String(lie)).not.toEqual([]);
    }
  });
});
