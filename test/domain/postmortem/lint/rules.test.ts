import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ActionItem, Block, SectionId } from '#src/domain/postmortem/document.ts';
import type { Fact, FactName } from '#src/domain/postmortem/facts.ts';
import type { Finding, Linted } from '#src/domain/postmortem/lint/finding.ts';
import { lintPostmortem, RULES } from '#src/domain/postmortem/lint/rules.ts';
import { SCENES, type Scene } from '../../../stages/draft/scenes.ts';
import { draftsOf } from '../../../stages/verify/drafts.ts';

/** A true draft, from which each case departs in one thing. */
let scene: Scene;
let base: Linted;
beforeAll(() => {
  scene = SCENES.shortOutage();
  const [draft] = draftsOf(scene);
  if (!draft) throw new Error('no draft');
  base = { ...draft, claims: { total: 9, verified: 9, failed: [] }, status: 'draft', today: '2026-03-04' };
});
afterAll(() => scene[Symbol.dispose]());

const blocksOf = (linted: Linted, id: SectionId): Block[] => {
  const section = linted.document.sections.find((one) => one.id === id);
  if (!section) throw new Error(`no section ${id}`);
  return section.blocks;
};
const write = (text: string, id = 'own'): Block => ({
  id,
  origin: 'human',
  stale: false,
  layout: { as: 'paragraph' },
  spans: [{ kind: 'reported', text, facts: [] }],
});
const add = (section: SectionId, text: string) => (linted: Linted) => void blocksOf(linted, section).push(write(text));
const machine =
  (section: SectionId, text: string, kind: 'derived' | 'question' = 'derived') =>
  (linted: Linted) =>
    void blocksOf(linted, section).push({ ...write(text), origin: 'machine', spans: [{ kind, text, facts: [] }] });
const drop = (section: SectionId, which: (block: Block) => boolean) => (linted: Linted) => {
  const blocks = blocksOf(linted, section);
  blocks.splice(0, blocks.length, ...blocks.filter((block) => !which(block)));
};
const reword = (blockId: string, text: string) => (linted: Linted) => {
  const block = linted.document.sections.flatMap(({ blocks }) => blocks).find(({ id }) => id === blockId);
  if (!block) throw new Error(`no block ${blockId}`);
  Object.assign(block, { ...write(text, blockId), origin: 'edited' });
};
const summary =
  (...texts: string[]) =>
  (linted: Linted) => {
    const blocks = blocksOf(linted, 'summary');
    blocks.splice(0, blocks.length, ...texts.map((text, index) => write(text, `own-${index}`)));
  };
const action = (change: Partial<ActionItem>) => (linted: Linted) => {
  const good = { owner: 'payments on-call', dueOn: '2026-04-01', tracker: 'https://tracker.example/1' };
  linted.document.actions = [{ ...(linted.document.actions[0] as ActionItem), ...good, ...change }];
};
const fact = (name: FactName, change: Partial<Fact>) => (linted: Linted) => {
  const own = linted.ledger.find((one) => one.name === name);
  const made: Fact = { id: 'f900', name, value: null, unit: 'count', rows: [], ...own, ...change };
  linted.ledger = [...linted.ledger.filter((one) => one !== own), made];
};
const both =
  (...steps: ((linted: Linted) => void)[]) =>
  (linted: Linted) => {
    for (const step of steps) step(linted);
  };
const GOOD = 'Checkout was down from 14:26:40 to 14:36:40 UTC, for 10 min.';

/** For each rule a postmortem that breaks it, and where it is told one that is near by and does not. */
const CASES: Record<string, { broken: (linted: Linted) => void; fine?: (linted: Linted) => void }> = {
  'claims-verified': {
    broken: (linted) => {
      linted.claims = { total: 2, verified: 1, failed: [{ blockId: 'b', text: '12', reason: 'no' }] };
    },
  },
  'unresolved-figure': {
    broken: (linted) => {
      const [block] = blocksOf(linted, 'summary');
      Object.assign(block ?? {}, { origin: 'edited' });
      linted.claims = {
        ...linted.claims,
        unresolved: [{ blockId: block?.id ?? '', text: '300 carts', reason: 'no fact says 300' }],
      };
    },
  },
  'bounds-stated': {
    broken: both(reword('timeline.started', 'It began then.'), (linted) => {
      linted.document.header.rows = [];
    }),
    fine: reword('timeline.started', 'It began then.'),
  },
  'duration-within-bounds': { broken: fact('downSeconds', { value: 99_999 }) },
  'downtime-and-span': {
    broken: both(fact('spanSeconds', { value: 5000, min: 1, max: 9999 }), (linted) => {
      linted.document.header.rows = [];
      blocksOf(linted, 'summary').splice(0);
    }),
  },
  'counts-add-up': {
    broken: add('timeline', '41 of 40 checks failed'),
    fine: add('timeline', '40 of 41 checks failed'),
  },
  'percent-denominator': {
    broken: add('summary', 'Errors rose to 85 %.'),
    fine: both(add('summary', 'Errors: 34 of 40 checks (85 %).'), add('timeline', 'CPU stood at 100 %.')),
  },
  'beyond-a-monitor': {
    broken: machine('root-cause', 'The database load was high.'),
    fine: add('root-cause', 'The database load was high.'),
  },
  'cause-only-reported': {
    broken: machine('root-cause', 'It was caused by the deploy.'),
    fine: add('root-cause', 'It was caused by the deploy.'),
  },
  'unobserved-stated': {
    broken: fact('unobservedFrom', { id: 'f901', value: '2026-03-03T14:30:00.000Z', unit: 'time', about: 'all/u1' }),
    fine: both(
      fact('unobservedFrom', { id: 'f901', value: '2026-03-03T14:30:00.000Z', unit: 'time', about: 'all/u1' }),
      (linted) =>
        void blocksOf(linted, 'timeline')
          .find(({ id }) => id === 'timeline.detected')
          ?.spans[1]?.facts.push('f901'),
    ),
  },
  'all-only-if-all': {
    broken: add('summary', 'All users were locked out globally.'),
    fine: both(
      add('summary', 'Users of checkout were locked out.'),
      add('timeline', 'Everyone on the rota was told at 14:30:00 UTC.'),
    ),
  },
  'conflicts-shown': {
    broken: both(
      fact('fixAppliedAt', { value: '2026-03-03T15:26:40.000Z', unit: 'time' }),
      drop(
        'timeline',
        ({ layout }) => layout.as === 'timeline' && (layout.kind === 'conflict' || layout.kind === 'folded'),
      ),
    ),
  },
  'text-inert': {
    broken: machine('timeline', 'Note <script>alert(1)</script>'),
    fine: machine('timeline', 'Note `<script>` was seen'),
  },
  'text-scrubbed': {
    broken: machine('timeline', 'Mail ann@shop.example'),
    fine: machine('timeline', 'Mail to the on-call'),
  },
  'stale-block': { broken: (linted) => void Object.assign(blocksOf(linted, 'summary')[0] ?? {}, { stale: true }) },
  'summary-length': { broken: summary(GOOD), fine: summary(GOOD, 'One monitor was affected, Checkout API.') },
  'summary-impact-first': {
    broken: both(
      summary('At 14:20 the release went out.', GOOD),
      summary('Due to a full disk checkout was down.', GOOD),
    ),
    fine: summary(GOOD, 'It was due to a full disk.'),
  },
  'summary-times': {
    broken: summary('Checkout was down from 11:05 to 14:36:40 UTC, for 10 min.', 'One monitor.'),
    fine: summary('Checkout was down from 14:26 to 14:41 UTC, for 15 minutes.', 'One monitor.'),
  },
  'summary-duration': {
    broken: summary('Checkout was down from 14:26:40 to 14:41:30 UTC, for 47 minutes.', 'One monitor.'),
    fine: summary('Checkout was down from 14:26:40 to 14:41:30 UTC, for about 15 minutes.', 'One monitor.'),
  },
  'summary-when': {
    broken: summary('Checkout was down for 10 min.', 'One monitor.'),
    fine: summary(GOOD, 'One monitor.'),
  },
  'summary-how-long': {
    broken: summary('Checkout was down from 14:26 to 14:36 UTC.', 'One monitor.'),
    fine: summary(GOOD, 'One monitor.'),
  },
  'summary-affected': { broken: summary('Something was down from 14:26 to 14:36 UTC, for 10 min.', 'It came back.') },
  'summary-user-count': {
    broken: summary(GOOD, 'About 12,000 users were hit.'),
    fine: summary(GOOD, 'According to the access log 12,000 users were hit.'),
  },
  'summary-plain-words': { broken: summary(GOOD, 'We leveraged a remediation.') },
  'timeline-order': { broken: (linted) => void blocksOf(linted, 'timeline').reverse() },
  'timeline-utc': {
    broken: (linted) =>
      void Object.assign(blocksOf(linted, 'timeline').find(({ id }) => id === 'timeline.detected')?.spans[0] ?? {}, {
        text: 'around noon',
      }),
  },
  'timeline-before-start': {
    broken: (linted) => {
      const start = String(linted.ledger.find(({ name }) => name === 'start')?.value);
      drop(
        'timeline',
        ({ layout }) =>
          layout.as === 'timeline' && layout.at !== null && (layout.at < start || layout.kind === 'last_good'),
      )(linted);
    },
  },
  'seven-moments': { broken: drop('timeline', ({ id }) => id === 'timeline.fix') },
  'detection-split': { broken: drop('timeline', ({ id }) => id.startsWith('gaps.detect')) },
  'delivered-not-sent': {
    broken: (linted) => {
      const row = blocksOf(linted, 'timeline').find(
        ({ layout }) => layout.as === 'timeline' && layout.source === 'alert',
      );
      if (row) row.spans.splice(1, 1, { kind: 'observed', text: 'The alert was sent to on-call.', facts: [] });
    },
  },
  acknowledgment: {
    broken: drop(
      'timeline',
      ({ id, layout }) =>
        id === 'timeline.acknowledged' || (layout.as === 'timeline' && layout.kind === 'acknowledged'),
    ),
  },
  'row-source': {
    broken: (linted) =>
      void blocksOf(linted, 'timeline')
        .find(({ id }) => id === 'timeline.detected')
        ?.spans.pop(),
  },
  'nothing-dropped': {
    broken: fact('entryAt', { id: 'f902', value: '2026-03-03T14:30:00.000Z', unit: 'time', about: 'evt_lost' }),
  },
  'timeline-rows': {
    broken: (linted) => {
      const row = blocksOf(linted, 'timeline').find(({ id }) => id === 'timeline.detected');
      for (let i = 0; row && i < 41; i++) blocksOf(linted, 'timeline').push({ ...row, id: `timeline.${i}` });
    },
  },
  'timeline-facts-only': {
    broken: (linted) => {
      const row = blocksOf(linted, 'timeline').find(({ id }) => id === 'timeline.detected');
      row?.spans.push({ kind: 'reported', text: 'We think it was the cache.', facts: [] });
    },
  },
  'public-words-measured': {
    broken: (linted) =>
      void blocksOf(linted, 'timeline').push({
        ...write('Public update: we are on it.'),
        layout: { as: 'timeline', at: '2026-03-03T14:31:00.000Z', to: null, kind: 'status_update', source: 'person' },
      }),
  },
  'cause-confirmed': {
    broken: both(
      fact('causeIdentifiedAt', { value: null, unit: 'time' }),
      add('root-cause', 'Root cause: the pool was too small.'),
    ),
    fine: both(
      fact('causeIdentifiedAt', { value: '2026-03-03T14:31:00.000Z', unit: 'time' }),
      add('root-cause', 'Root cause: the pool had 20 connections.'),
    ),
  },
  'five-whys': { broken: drop('root-cause', ({ id }) => id === 'root-cause.why-3') },
  'first-why-from-data': {
    broken: reword('root-cause.why-1', 'Why 1: it just failed.'),
    fine: reword('root-cause.why-1', 'Why 1: 34 of 40 checks were refused.'),
  },
  'last-why-a-system': {
    broken: reword('root-cause.why-5', 'Why 5: the engineer forgot the flag.'),
    fine: reword('root-cause.why-5', 'Why 5: no test starts the service with an empty flag.'),
  },
  'failing-layer': {
    broken: (linted) =>
      void blocksOf(linted, 'root-cause')
        .find(({ id }) => id === 'root-cause.why-1')
        ?.spans.splice(0, 9, { kind: 'derived', text: 'Why 1: DNS failed.', facts: [] }),
  },
  'evidence-against': {
    broken: both(fact('changeBeforeSeconds', { id: 'f903', value: 30, unit: 's', about: 'chg_x' }), (linted) => {
      for (const block of blocksOf(linted, 'root-cause'))
        block.spans = [{ kind: 'derived', text: 'A deploy came before.', facts: [] }];
    }),
  },
  'trigger-apart': {
    broken: (linted) =>
      void blocksOf(linted, 'root-cause').push(write('The pool of connections ran empty. '.repeat(10))),
  },
  precursors: { broken: (linted) => void blocksOf(linted, 'root-cause').splice(0, 99, write('It failed.')) },
  'fact-and-comparator': {
    broken: add('what-went-well', 'The response was quick.'),
    fine: add('what-went-well', 'The response took 40 s, quick beside the target of 5 min.'),
  },
  'praise-contradicted': {
    broken: both(
      fact('acknowledgedAt', { value: null, unit: 'time' }),
      add('what-went-well', 'The on-call acknowledged promptly.'),
    ),
    fine: both(
      fact('acknowledgedAt', { value: '2026-03-03T14:29:00.000Z', unit: 'time' }),
      fact('acknowledgeSeconds', { value: 20, unit: 's' }),
      add('what-went-well', 'The on-call acknowledged promptly, 20 s after the alert.'),
    ),
  },
  'went-well-limits': {
    broken: add('what-went-well', 'Detection worked.'),
    fine: both(
      add('what-went-well', 'Detection worked, limited by the interval.'),
      reword('went-well.luck', 'It began at noon.'),
    ),
  },
  'went-well-adjectives': { broken: add('what-went-well', 'An amazing effort.') },
  'action-owner': { broken: action({ owner: null }), fine: action({}) },
  'action-one-owner': { broken: action({ owner: 'Payments team' }), fine: action({ owner: 'payments on-call' }) },
  'action-due': { broken: action({ dueOn: null }), fine: action({}) },
  'action-due-ahead': { broken: action({ dueOn: '2026-03-04' }), fine: action({ dueOn: '2026-03-05' }) },
  'action-tracker': { broken: action({ tracker: null }), fine: action({}) },
  'action-vague': {
    broken: action({ title: 'Improve monitoring' }),
    fine: action({ title: 'Raise the pool from 20 to 50 connections' }),
  },
  'action-verb-first': {
    broken: action({ title: 'The pool needs 50 connections' }),
    fine: action({ title: 'Raise the pool to 50 connections' }),
  },
  'action-done-when': { broken: action({ doneWhen: ' ' }), fine: action({}) },
  'action-bound': {
    broken: action({ title: 'Raise the pool', doneWhen: 'the pool is larger' }),
    fine: action({ title: 'Raise the pool to 50', doneWhen: 'the pool is larger' }),
  },
  'action-cites-gap': { broken: action({ state: 'proposed', cites: [] }), fine: action({ state: 'open', cites: [] }) },
  'action-fixes-people': { broken: action({ title: 'Train the on-call engineers in 2 sessions' }) },
  'action-count': { broken: (linted) => void linted.document.actions.splice(0) },
  'action-mix': {
    broken: (linted) => {
      const [first] = linted.document.actions.splice(0) as [ActionItem];
      for (const n of [1, 2, 3])
        linted.document.actions.push({ ...first, id: `act_${n}`, title: `Alert on ${n} failures` });
    },
  },
  'action-repeated': {
    broken: (linted) =>
      void linted.document.actions.push({ ...(linted.document.actions[0] as ActionItem), id: 'act_twin' }),
  },
  'action-items-text': { broken: add('action-items', 'We should also look at the cache.') },
  'blame-person': {
    broken: add('root-cause', 'It was human error.'),
    fine: add('root-cause', 'The check failed, the build failed, and it failed over.'),
  },
  fault: { broken: add('root-cause', 'The vendor is to blame.') },
  'team-shaming': { broken: add('root-cause', 'The database team ignored it.') },
  hindsight: { broken: add('root-cause', 'We should have seen it.') },
  obvious: {
    broken: add('root-cause', 'It was clearly the cache.'),
    fine: add('root-cause', 'It was the cache, `clearly-cached`.'),
  },
  normative: { broken: add('root-cause', 'Tests were inadequate.') },
  animated: { broken: add('root-cause', 'What a disaster') },
  minimising: {
    broken: add('summary', 'There was only a brief hiccup.'),
    fine: add('summary', 'It went to read-only mode.'),
  },
  unknown: { broken: add('root-cause', 'TBD') },
  'user-count': { broken: add('timeline', '500 customers complained.') },
  leak: { broken: add('timeline', 'See https://shop.example/x?token=abc') },
  markup: { broken: add('timeline', '<img src=x onerror=alert(1)>') },
  'quoted-wording': {
    broken: (linted) => {
      const row = blocksOf(linted, 'timeline').find(({ id }) => id === 'timeline.detected');
      row?.spans.push({ kind: 'reported', text: '“The intern broke it”', facts: [] });
    },
  },
  'roles-not-names': {
    broken: machine('timeline', 'Acknowledged by Ada Lovelace.'),
    fine: machine('timeline', 'Acknowledged by a responder.'),
  },
  'open-question': { broken: machine('root-cause', 'Which component failed first?', 'question') },
  'question-specific': {
    broken: machine('root-cause', 'What happened?', 'question'),
    fine: machine('root-cause', 'Which component failed first?', 'question'),
  },
  length: { broken: add('root-cause', 'word '.repeat(1600)) },
  'due-clock': { broken: fact('dueAt', { value: null, unit: 'time' }) },
  'near-misses-told': {
    broken: fact('nearMissCount', { id: 'f904', value: 2 }),
    fine: both(fact('nearMissCount', { id: 'f904', value: 2 }), add('timeline', 'There were 2 near-misses before.')),
  },
  'persons-words-reported': {
    broken: (linted) =>
      void Object.assign(blocksOf(linted, 'summary')[0] ?? {}, {
        origin: 'edited',
        spans: [{ kind: 'derived', text: 'It was down.', facts: ['f1'] }],
      }),
    fine: add('root-cause', 'It was down.'),
  },
  'sections-there': { broken: (linted) => void blocksOf(linted, 'summary').splice(0) },
};

const own = ['open-question', 'action-owner', 'action-due', 'action-tracker'];
function broken(id: string, change: (linted: Linted) => void): Finding[] {
  const linted = structuredClone(base);
  change(linted);
  const before = new Set(lintPostmortem(base).map((finding) => JSON.stringify(finding)));
  return lintPostmortem(linted).filter(
    (finding) => finding.rule === id && (own.includes(id) || !before.has(JSON.stringify(finding))),
  );
}

it('there is a case for every rule, and a rule for every case', () => {
  expect(Object.keys(CASES).sort()).toEqual(RULES.map(({ id }) => id).sort());
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
});

it.each(Object.entries(CASES))('%s is found where it is broken, and not near by', (id, { broken: breaks, fine }) => {
  const findings = broken(id, breaks);
  expect(findings.length).toBeGreaterThan(0);
  for (const { message, fix, blockId } of findings) {
    expect(message).not.toBe('');
    expect(fix).not.toBe('');
    expect(blockId).not.toBe('');
  }
  if (fine) expect(broken(id, fine)).toEqual([]);
});

it('a team may do without a section: what is not there breaks no rule', () => {
  const linted = structuredClone(base);
  linted.document.sections = linted.document.sections.filter(({ id }) => id === 'summary' || id === 'timeline');
  expect(lintPostmortem(linted).filter(({ level }) => level === 'blocking')).toEqual([]);
});

it('what a team asks of each of its postmortems is its own question', () => {
  const ask = (linted: Linted) => {
    blocksOf(linted, 'root-cause').push({
      ...write('', 'root-cause.else'),
      origin: 'machine',
      spans: [{ kind: 'question', text: 'What else?', facts: ['f905'] }],
    });
    const own = {
      name: 'teamQuestion',
      value: 'What else?',
      unit: 'text',
      about: 'root-cause.else',
      rows: [],
    } as const;
    linted.ledger = [...linted.ledger, { id: 'f905', ...own, rows: [] }];
  };
  expect(broken('question-specific', ask)).toEqual([]);
});

it('a captured note that is quoted as it was told is read, and never blocks', () => {
  const quote = (linted: Linted) => {
    const told = { name: 'entryText', value: 'The intern broke it', unit: 'text', about: 'evt_x' } as const;
    linted.ledger = [...linted.ledger, { id: 'f906', ...told, rows: [] }];
    const row = blocksOf(linted, 'timeline').find(({ id }) => id === 'timeline.detected');
    row?.spans.push({ kind: 'reported', text: '“The intern broke it”', facts: ['f906'] });
  };
  expect(broken('quoted-wording', quote).map(({ level }) => level)).toEqual(['warning']);
  expect(broken('blame-person', quote)).toEqual([]);
});

it.each([
  'Alert on a queue depth above 1000',
  'Test the restore of backups each month',
  'Log the pool size every 10 s',
  'Bring up a second node within 1 min',
])('%s begins with what is to be done', (title) => expect(broken('action-verb-first', action({ title }))).toEqual([]));

it.each(['Fixing the pool of 50', 'DNS: fix within 1 min', 'Alerts on 3 queues', '2 more nodes'])(
  '%s does not begin with what is to be done',
  (title) => expect(broken('action-verb-first', action({ title }))).toHaveLength(1),
);

it('an action that a person wrote is read as their words', () => {
  const own = action({ title: 'Undo what Bob broke within 5 min', state: 'open', cites: [] });
  expect(broken('blame-person', own)).toMatchObject([{ level: 'blocking', excerpt: 'Bob broke' }]);
});

it('blame in a captured note is a hint, and blocks in what a person writes', () => {
  const quoted = broken('quoted-wording', CASES['quoted-wording']?.broken ?? (() => {}));
  expect(quoted.map(({ level }) => level)).toEqual(['warning']);
  expect(broken('blame-person', add('summary', 'The intern broke the deploy.'))).toMatchObject([
    { level: 'blocking', excerpt: 'The intern broke', suggestion: expect.stringContaining('production') },
  ]);
});
