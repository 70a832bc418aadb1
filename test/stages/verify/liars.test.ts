import { expect, it } from 'vitest';
import type { Block, PostmortemDocument, Span } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { SCENES } from '../draft/scenes.ts';
import { draftsOf } from './drafts.ts';

interface Draft {
  incidentId: string;
  ledger: Fact[];
  document: PostmortemDocument;
}

/** A lie changes a copy of a true draft; false when this draft gives it nothing to change. */
type Lie = (draft: Draft) => boolean;

const blocksOf = ({ document }: Draft) => document.sections.flatMap((section) => section.blocks);
const spansOf = (draft: Draft) => [
  ...draft.document.header.rows.flatMap((row) => row.spans),
  ...blocksOf(draft).flatMap((block) => block.spans),
];

/** Changes the nth span in which a pattern is found. */
const reword =
  (pattern: RegExp, to: (found: string) => string, nth = 0, only: Span['kind'] | null = null): Lie =>
  (draft) => {
    const span = spansOf(draft).filter((s) => pattern.test(s.text) && (only === null || s.kind === only))[nth];
    if (!span) return false;
    const before = span.text;
    span.text = span.text.replace(pattern, to);
    return span.text !== before;
  };
const insert =
  (blockId: RegExp, text: string): Lie =>
  (draft) => {
    const block = blocksOf(draft).find(({ id }) => blockId.test(id));
    block?.spans.push({ kind: 'derived', text, facts: [] });
    return block !== undefined;
  };
const fact =
  (name: string, change: (fact: Fact) => void): Lie =>
  (draft) => {
    const found = draft.ledger.find((one) => one.name === name && one.value !== null);
    const before = JSON.stringify(found);
    if (found) change(found);
    return JSON.stringify(found) !== before;
  };
const shiftTime = (text: string) =>
  text.replace(/:(\d\d):/, (_all, minute: string) => `:${String((Number(minute) + 1) % 60).padStart(2, '0')}:`);
const plusOne = (text: string) => text.replace(/\d+/, (digits) => String(Number(digits) + 1));
const removeBlock =
  (id: string): Lie =>
  ({ document }) => {
    let removed = false;
    for (const section of document.sections) {
      const kept = section.blocks.filter((block) => block.id !== id && !block.id.startsWith(`${id}.`));
      removed ||= kept.length < section.blocks.length;
      section.blocks = kept;
    }
    return removed;
  };
const row = (block: Block) => (block.layout.as === 'timeline' && block.layout.at !== null ? block.layout : null);

const LIES: Record<string, Lie> = {
  'a shifted minute': reword(/\d\d:\d\d:\d\d/, shiftTime),
  'a shifted minute further on': reword(/\d\d:\d\d:\d\d/, shiftTime, 5),
  'a shifted minute far on': reword(/\d\d:\d\d:\d\d/, shiftTime, 12),
  'a shifted minute in a question': reword(/\d\d:\d\d:\d\d/, shiftTime, 0, 'question'),
  'another date': reword(/2026-03-0(\d)/, (found) => `${found.slice(0, -1)}${(Number(found.at(-1)) + 1) % 10}`),
  'another year': reword(/2026-/, () => '2025-'),
  'start and end swapped': reword(/from (\d\d:\d\d:\d\d) to (\d\d:\d\d:\d\d)/, () => 'from 23:59:58 to 00:00:01'),
  'a longer outage': reword(/(\d+) min/, plusOne),
  'a longer outage in seconds': reword(/(\d+(?:\.\d)?) s\b/, plusOne),
  'minutes turned into hours': reword(/ min\b/, () => ' h'),
  'a wider bound': reword(/\((\d+)/, plusOne),
  'one more failed check': reword(/\d+ of \d+ checks/, plusOne),
  'fewer failed checks': reword(/(\d+) of (\d+) checks/, (found) => found.replace(/^\d+/, '1')),
  'another total': reword(/of (\d+) checks/, plusOne),
  'another status code': reword(/HTTP 503/, () => 'HTTP 502'),
  'another symptom code in the timeline': reword(/HTTP \d{3}/, () => 'HTTP 500', 1),
  'an invented percentage': insert(/^summary/, 'Availability fell to 87 %.'),
  'an invented user count': insert(/^summary/, 'About 12000 users were affected.'),
  'vague users': insert(/^summary/, 'Some users saw errors.'),
  'a cause in the summary': insert(/^summary/, 'This was caused by the deploy.'),
  'a cause by another word': insert(/^summary/, 'The outage was due to a full disk.'),
  'a cause in why 1': insert(/^root-cause/, 'It was triggered by the release.'),
  'a root cause': insert(/^timeline/, 'The root cause is the database.'),
  'a coincidence promoted': insert(/^root-cause/, 'The deploy led to the failure.'),
  'a global claim': insert(/^summary/, 'All users worldwide were affected.'),
  'a number from nowhere': insert(/^timeline/, 'There were 17 retries.'),
  'a time from nowhere': insert(/^timeline/, 'The database failed at 03:02:01.'),
  'a question made a statement about the cause': (draft) => {
    const span = spansOf(draft).find(({ kind, text }) => kind === 'question' && /^Why 2/.test(text));
    if (!span) return false;
    Object.assign(span, { kind: 'derived', text: 'Why 2: because the pool of connections was empty.' });
    return true;
  },
  'a citation removed': (draft) => {
    const span = spansOf(draft).find(
      ({ kind, text, facts }) => kind !== 'question' && /\d\d:\d\d:\d\d/.test(text) && facts.length > 0,
    );
    if (span) span.facts = [];
    return span !== undefined;
  },
  'a citation of another fact': (draft) => {
    const span = spansOf(draft).find(({ text, facts }) => /\d\d:\d\d:\d\d/.test(text) && facts.length > 0);
    const other = draft.ledger.find(({ name }) => name === 'severity');
    if (span && other) span.facts = [other.id];
    return span !== undefined && other !== undefined;
  },
  'a citation of a fact that is not there': (draft) => {
    const span = spansOf(draft).find(({ facts }) => facts.length > 0);
    span?.facts.push('f9999');
    return span !== undefined;
  },
  'a row at another time': (draft) => {
    const layout = blocksOf(draft)
      .map(row)
      .find((found) => found !== null);
    if (layout?.at) layout.at = new Date(Date.parse(layout.at) - 1000).toISOString();
    return Boolean(layout);
  },
  'a run that ends later': (draft) => {
    const layout = blocksOf(draft)
      .map(row)
      .find((found) => found?.to);
    if (layout?.to) layout.to = new Date(Date.parse(layout.to) + 60_000).toISOString();
    return Boolean(layout);
  },
  'a timeline out of order': ({ document }) => {
    const timeline = document.sections.find(({ id }) => id === 'timeline');
    const at = timeline?.blocks.findIndex((block) => row(block) !== null) ?? -1;
    const [first] = at >= 0 ? (timeline?.blocks.splice(at, 1) ?? []) : [];
    if (first) timeline?.blocks.push(first);
    return first !== undefined;
  },
  'an acknowledgment put into people’s mouths': reword(/“[^”]+”/, () => '“It was my fault”'),
  'a quote shortened': reword(/“([^”]{12,})”/, (found) => `${found.slice(0, 6)}”`),
  'a channel that was not told': insert(/^timeline/, 'Alert delivered on attempt 2.'),
  'another monitor named': (draft) => {
    const names = draft.ledger.filter(({ name }) => name === 'monitorName').map(({ value }) => String(value));
    const [one, other] = names;
    const span = spansOf(draft).find(({ text, facts }) => one && text.includes(one) && facts.length > 0);
    if (!span || !one || !other || span.text.includes(other)) return false;
    span.text = span.text.replace(one, other);
    return true;
  },
  'an extra digit in an action': ({ document }) => {
    const action = document.actions.find(({ title }) => /\d/.test(title));
    if (action) action.title = action.title.replace(/\d/, (digit) => `${digit}7`);
    return action !== undefined;
  },
  'another measure behind an action': ({ document }) => {
    const action = document.actions.find(({ reason }) => /\d/.test(reason));
    if (action) action.reason = plusOne(action.reason);
    return action !== undefined;
  },
  'an action without citation': ({ document }) => {
    const action = document.actions.find(({ title }) => /\d/.test(title));
    if (action) action.cites = [];
    return action !== undefined;
  },
  'an action that is done by another measure': ({ document }) => {
    const action = document.actions.find(({ doneWhen }) => /\d/.test(doneWhen));
    if (action) action.doneWhen = plusOne(action.doneWhen);
    return action !== undefined;
  },
  'text and ledger changed together': (draft) => {
    const down = draft.ledger.find(({ name }) => name === 'downSeconds');
    const span = spansOf(draft).find(({ facts }) => down && facts.includes(down.id));
    if (!down || !span || typeof down.value !== 'number') return false;
    down.value += 60;
    return true;
  },
  'a fact stated twice': ({ ledger }) => ledger.push({ ...(ledger[0] as Fact), id: 'f998' }) > 0,
  'a fact that the rows do not give': ({ ledger }) =>
    ledger.push({ ...(ledger[0] as Fact), id: 'f997', about: 'mon_nobody' }) > 0,
  'rows of another incident': fact('start', (one) => {
    one.rows = ['chk_01m86wcf3ge00r000001000000'];
  }),
  'rows that do not exist': fact('alertDeliveredAt', (one) => {
    one.rows = ['msg_01m86wch25fg0rjvdyxsxeqmwf'];
  }),
  'a note of another text': fact('entryText', (one) => {
    one.value = 'we restarted it and that was all';
  }),
  'a note without its last word': fact('entryText', (one) => {
    one.value = String(one.value).replace(/\s\S+$/, '');
  }),
  'a change with another title': fact('changeTitle', (one) => {
    one.value = 'Nothing of note';
  }),
  'a leaked token': fact('entryText', (one) => {
    one.value = `${String(one.value)} hc_0123456789abcdefghij`;
  }),
  'a leaked address': fact('entryText', (one) => {
    one.value = `${String(one.value)} ann@shop.example`;
  }),
  'a change moved nearer': fact('changeBeforeSeconds', (one) => {
    one.value = 5;
  }),
  'an alert that came sooner': fact('alertSeconds', (one) => {
    one.value = 0;
  }),
  'a detection that came sooner': fact('detectSeconds', (one) => {
    one.value = 0.5;
  }),
  'fewer attempts': fact('alertAttempts', (one) => {
    one.value = 99;
  }),
  'a better baseline': fact('baselineMs', (one) => {
    one.value = Number(one.value) / 2;
  }),
  'more that was fine': fact('notAffectedCount', (one) => {
    one.value = Number(one.value) + 1;
  }),
  'fewer that were affected': fact('affectedCount', (one) => {
    one.value = Number(one.value) - 1;
  }),
  'a milder severity': fact('severity', (one) => {
    one.value = 'trivial';
  }),
  'an earlier incident moved nearer': fact('earlierDays', (one) => {
    one.value = 1;
  }),
  'an earlier incident of another number': fact('earlierNumber', (one) => {
    one.value = 77;
  }),
  'more of the same before': fact('earlierSameCount', (one) => {
    one.value = Number(one.value) + 1;
  }),
  'a likeness that is none': fact('earlierAgrees', (one) => {
    one.value = `${String(one.value)}, everything`;
  }),
  'a cause that nobody reported then': fact('earlierCause', (one) => {
    one.value = 'Disk full';
  }),
  'a postmortem called published': fact('earlierPostmortem', (one) => {
    one.value = 'published';
  }),
  'another signature': fact('signatureFailure', (one) => {
    one.value = 'HTTP 599';
  }),
  'a distance in days reworded': reword(/\b\d+ days before\b/, (found) => plusOne(found)),
  'a later due time': fact('dueAt', (one) => {
    one.value = '2026-04-01T00:00:00.000Z';
  }),
  'bounds taken away': fact('downSeconds', (one) => {
    delete one.min;
    delete one.max;
  }),
  'bounds that do not hold it': fact('spanSeconds', (one) => {
    one.max = 1;
  }),
  'unobserved time denied': fact('unobservedSeconds', (one) => {
    one.value = Number(one.value) + 30;
  }),
  'no start': removeBlock('timeline.started'),
  'no detection': removeBlock('timeline.detected'),
  'no alert moment': removeBlock('timeline.alerted'),
  'no diagnostic moment': removeBlock('timeline.diagnostic'),
  'no cause moment': removeBlock('timeline.cause'),
  'no fix moment': removeBlock('timeline.fix'),
  'no restoration': removeBlock('timeline.restored'),
  ...Object.fromEntries(
    [
      'start',
      'end',
      'downSeconds',
      'detectSeconds',
      'alertChannel',
      'entryText',
      'windowFailed',
      'symptomLabel',
      'changeAt',
      'monitorName',
      'unobservedSeconds',
    ].map((name): [string, Lie] => [
      `the fact ${name} dropped`,
      (draft) => {
        const before = draft.ledger.length;
        draft.ledger = draft.ledger.filter((one) => one.name !== name);
        return draft.ledger.length < before;
      },
    ]),
  ),
};

it('catches every lie told in a true draft', { timeout: 60_000 }, () => {
  let told = 0;
  const believed: string[] = [];
  const neverTold = new Set(Object.keys(LIES));
  for (const [sceneName, make] of Object.entries(SCENES)) {
    using scene = make();
    for (const truth of draftsOf(scene)) {
      for (const [name, lie] of Object.entries(LIES)) {
        const draft = structuredClone(truth);
        if (!lie(draft)) continue;
        told++;
        neverTold.delete(name);
        if (verifyPostmortem(scene.store.reader, draft).failed.length === 0) believed.push(`${sceneName}: ${name}`);
      }
    }
  }
  process.stdout.write(`lies: ${told - believed.length} of ${told} caught, of ${Object.keys(LIES).length} kinds\n`);
  expect(believed).toEqual([]);
  expect([...neverTold]).toEqual([]);
  expect(Object.keys(LIES).length).toBeGreaterThanOrEqual(60);
});
