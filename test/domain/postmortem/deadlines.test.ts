import { expect, it } from 'vitest';
import { type Reminder, remind, type Waiting, weekLate } from '#src/domain/postmortem/deadlines.ts';

const HOUR = 3_600_000;
const RECOVERED = Date.UTC(2026, 2, 3, 14);
const waiting = (fields: Partial<Waiting> = {}): Waiting => ({
  status: 'draft',
  recoveredAt: RECOVERED,
  dueAt: RECOVERED + 48 * HOUR,
  draftedAt: RECOVERED + 1000,
  done: new Set(),
  ...fields,
});
const POLICY = { remindHours: [24, 44] };

const TABLE: [string, number, Partial<Waiting>, Reminder][] = [
  ['a draft an hour old', 1, {}, { reason: 'not-yet', wakeAt: RECOVERED + 24 * HOUR }],
  ['a day later', 24, {}, { reason: 'remind', what: 'due-24h', settles: ['due-24h'] }],
  ['told a day later', 25, { done: new Set(['due-24h']) }, { reason: 'not-yet', wakeAt: RECOVERED + 44 * HOUR }],
  [
    'four hours before it is due',
    44,
    { done: new Set(['due-24h']) },
    { reason: 'remind', what: 'due-44h', settles: ['due-44h'] },
  ],
  [
    'two moments slept through: only the last is told',
    45,
    {},
    { reason: 'remind', what: 'due-44h', settles: ['due-24h', 'due-44h'] },
  ],
  [
    'due now',
    48,
    { done: new Set(['due-24h', 'due-44h']) },
    { reason: 'overdue', what: 'overdue', settles: ['overdue'] },
  ],
  ['all slept through', 90, {}, { reason: 'overdue', what: 'overdue', settles: ['due-24h', 'due-44h', 'overdue'] }],
  [
    'in review: people still wait for it',
    24,
    { status: 'in_review' },
    { reason: 'remind', what: 'due-24h', settles: ['due-24h'] },
  ],
  ['published in time', 49, { status: 'published' }, { reason: 'published' }],
  ['open again', 49, { status: 'live' }, { reason: 'live' }],
  ['told that it is overdue', 400, { done: new Set(['overdue']) }, { reason: 'all-told' }],
  [
    'imported a day after the recovery',
    25,
    { draftedAt: RECOVERED + 25 * HOUR },
    { reason: 'remind', what: 'due-24h', settles: ['due-24h'] },
  ],
  [
    'imported years later',
    20_000,
    { draftedAt: RECOVERED + 20_000 * HOUR },
    { reason: 'history', settles: ['due-24h', 'due-44h', 'overdue'] },
  ],
];

it.for(TABLE)('%s, at %d h', ([, hours, fields, decision]) => {
  expect(remind(waiting(fields), POLICY, RECOVERED + hours * HOUR)).toEqual(decision);
});

it('leaves out reminders that a shorter deadline overtakes', () => {
  const short = waiting({ dueAt: RECOVERED + 24 * HOUR });
  expect(remind(short, POLICY, RECOVERED + 23 * HOUR)).toEqual({ reason: 'not-yet', wakeAt: RECOVERED + 24 * HOUR });
  expect(remind(short, POLICY, RECOVERED + 24 * HOUR)).toMatchObject({ reason: 'overdue' });
});

it('counts the weeks by which an action is late from the end of its day', () => {
  const action = { id: 'act_1', dueOn: '2026-03-03', state: 'open' };
  const at = (day: number, hour = 0) => Date.UTC(2026, 2, day, hour);
  expect(weekLate(action, at(3, 23))).toBeNull();
  expect(weekLate(action, at(4))).toBe(0);
  expect(weekLate(action, at(10, 23))).toBe(0);
  expect(weekLate(action, at(11))).toBe(1);
  for (const state of ['done', 'dropped']) expect(weekLate({ ...action, state }, at(30))).toBeNull();
  expect(weekLate({ ...action, dueOn: null }, at(30))).toBeNull();
});
