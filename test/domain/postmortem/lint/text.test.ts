import { describe, expect, it } from 'vitest';
import { lintText } from '#src/domain/postmortem/lint/text.ts';

const rules = (text: string, section?: 'action-items') => lintText(text, { section }).map(({ rule }) => rule);

it.each<[string, string]>([
  ['This was human error.', 'blame-person'],
  ['A typo by the release manager', 'blame-person'],
  ['The on-call engineer accidentally deleted the table.', 'blame-person'],
  ['The vendor’s culprit', 'fault'],
  ['It was their fault.', 'fault'],
  ['a careless rollout', 'fault'],
  ['The platform team forgot the renewal.', 'team-shaming'],
  ['Nobody bothered to look.', 'team-shaming'],
  ['We shouldn’t have deployed.', 'hindsight'],
  ["We shouldn't have deployed.", 'hindsight'],
  ['They failed to notice the alert.', 'hindsight'],
  ['OBVIOUSLY the cache was cold.', 'obvious'],
  ['The response was too slow.', 'normative'],
  ['Everything was on fire!', 'animated'],
  ['a catastrophic failure', 'animated'],
  ['There was no customer impact.', 'minimising'],
  ['It was just a few minutes.', 'minimising'],
  ['Cause: TBD', 'unknown'],
  ['Some users saw errors.', 'unknown'],
  ['Orders may have been lost.', 'unknown'],
  ['Thousands of customers could not pay.', 'user-count'],
  ['Authorization: Bearer abcdefghijklmn', 'leak'],
  ['password=hunter2hunter2', 'leak'],
  ['write to ann@shop.example', 'leak'],
  ['<a href="x">here</a>', 'markup'],
])('%s → %s, with a better phrasing where one can be offered', (text, rule) => {
  const found = lintText(text).find((finding) => finding.rule === rule);
  expect(found, JSON.stringify(lintText(text))).toBeDefined();
  if (!found) return;
  expect(text.slice(found.start, found.end)).toBe(found.excerpt);
  if (!['user-count', 'leak', 'markup'].includes(rule)) expect(found.suggestion).toBeTruthy();
});

it.each([
  'The check failed and the build failed.',
  'The primary failed over to the replica in 12 s.',
  'The volume went read-only at 14:30:00.',
  'The cause is now clear; the cache was cleared.',
  'Requests to /simply-easy were refused.',
  '`human error` is what the old page said.',
  'See https://status.example/obviously for the update.',
  'According to the billing database 1,200 customers were charged twice.',
  'a != b was evaluated',
  'The team on call took it on after 2 min.',
  'The deploy team added a limit.',
  'An etcd node was restarted.',
  'The fault domain was one rack.',
])('%s → nothing', (text) => {
  expect(lintText(text)).toEqual([]);
});

it('takes names of monitors for names', () => {
  expect(lintText('Clearly Simple Shop was down.', { names: ['Clearly Simple Shop'] })).toEqual([]);
  expect(lintText('Clearly, the shop was down.', { names: ['Clearly Simple Shop'] })).toHaveLength(1);
});

describe('action items', () => {
  it.each([
    'Improve monitoring',
    'Harden the deploy pipeline.',
    'Add more alerts',
    'Be more careful with flags',
    'Ensure backups work',
    'Train the team',
    'Make the service more robust',
    'Investigate the slow query',
    'Continuously watch the queue',
  ])('%s is vague', (text) => expect(rules(text, 'action-items')).toContain('action-vague'));

  it.each([
    'Raise the pool of api from 20 to 50 connections',
    'Write the first diagnostic steps for HTTP 503 into a runbook',
    'Alert when the queue is above 1,000 for 2 min',
    'Investigate the slow query and write down its plan by 2026-05-01',
    'Shorten the check interval of Checkout from 1 min to 30 s',
  ])('%s is not', (text) => expect(rules(text, 'action-items')).not.toContain('action-vague'));
});

it('judges 64 KiB of anything in linear time', () => {
  const hostile = [
    'the the the ',
    'a@a.a@a.',
    'https://a?',
    'engineer ',
    '“'.repeat(9),
    'only a only a ',
    '1 of ',
    '<a <a ',
    'should have been able ',
  ];
  const timeOf = (length: number) => {
    const begun = performance.now();
    for (const part of hostile) lintText(part.repeat(Math.ceil(length / part.length)).slice(0, length));
    return performance.now() - begun;
  };
  timeOf(8_192);
  // The machine does other things too: the best of five says what the patterns cost.
  const best = (length: number) => Math.min(...Array.from({ length: 5 }, () => timeOf(length)));
  const [small, large] = [best(16_384), best(65_536)];
  // Four times the text: a quadratic pattern would take sixteen times as long.
  expect(large / Math.max(small, 5)).toBeLessThan(10);
});
