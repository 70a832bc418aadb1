import { describe, expect, it } from 'vitest';
import { CLAIMS } from '#src/domain/postmortem/lint/claims.ts';
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
  ['Bob broke production.', 'blame-person'],
  ['Ada Lovelace took the cluster down.', 'blame-person'],
  ['The infra team brought down checkout.', 'blame-person'],
  ['We messed up the migration.', 'blame-person'],
  ['Bob’s change reached production.', 'blame-person'],
  ['The DBA dropped the wrong table by mistake.', 'blame-person'],
  ['The cause was “human error”.', 'blame-person'],
  ['It was the fault of the vendor.', 'fault'],
  ['Someone violated the release policy.', 'fault'],
  ['No-one bothered.', 'team-shaming'],
  ['We should’ve tested it.', 'hindsight'],
  ['If only we had known.', 'hindsight'],
  ['This could easily have been avoided.', 'hindsight'],
  ['It only affected checkout.', 'minimising'],
  ['It was only 3 minutes.', 'minimising'],
  ['just a blip', 'minimising'],
  ['What a night 🔥', 'animated'],
  ['Impact: unknown', 'unknown'],
  ['unknown', 'unknown'],
  ['A small number of customers saw it.', 'unknown'],
  ['Fail rate was 80%.', 'percent-denominator'],
  ['It failed globally.', 'all-only-if-all'],
  ['At 3pm PST it began.', 'timeline-utc'],
  ['It began at 14:00 CET.', 'timeline-utc'],
  ['The alert was sent at 14:02.', 'delivered-not-sent'],
  ['Call +49 170 1234567', 'leak'],
  ['[the fix](http://evil.example/)', 'markup'],
  ['password=hunter2hunter2', 'leak'],
  ['write to ann@shop.example', 'leak'],
  ['<a href="x">here</a>', 'markup'],
])('%s → %s, with a better phrasing where one can be offered', (text, rule) => {
  const found = lintText(text).find((finding) => finding.rule === rule);
  expect(found, JSON.stringify(lintText(text))).toBeDefined();
  if (!found) return;
  expect(text.slice(found.start, found.end)).toBe(found.excerpt);
  if (!['user-count', 'leak', 'markup'].includes(rule) && !(rule in CLAIMS)) expect(found.suggestion).toBeTruthy();
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
  'If only one replica is left, it stops.',
  'The insert was refused: unique constraint violated.',
  'Disaster recovery was tested in 2 min.',
  'The process ended with a segmentation fault of its worker.',
  'In May have a look at the plan.',
  'A user error page was shown.',
  'The file /etc/hosts was changed.',
  'Redis took down the queue.',
  'Checkout broke at 14:02:00 UTC.',
  'He deleted the pod at 14:03:00 UTC and it came back.',
  'HTTP 429, too many requests.',
  'The responder failed over to the second region.',
  'CPU stood at 100 % for 4 min.',
  '34 of 40 checks failed (85 %).',
  'The flag !important was set; x != y.',
  'The global lock was held.',
  'At 14:02:00 UTC the alert was delivered.',
  'Only after the fix did it pass.',
  'The Kubernetes operator crashed at 14:02:00 UTC.',
  'Alert Manager crashed.',
  'The team failed the primary over at 14:03:00 UTC.',
  'Everyone on the rota was told at 14:05:00 UTC.',
  'All requests go through one proxy.',
  'A 5 % canary was deployed.',
  'It began at 14:00:00 UTC (16:00 CEST).',
  'Between 09:00-10:00 UTC nothing was deployed.',
  'Which step may have been skipped?',
  'The log said “error: unknown host”.',
  'The token: expired.',
  'It returned a List<a> of hosts.',
  'Two customers wrote at 14:10:00 UTC.',
])('%s → nothing', (text) => {
  expect(lintText(text)).toEqual([]);
});

it('takes names of monitors for names', () => {
  expect(lintText('Clearly Simple Shop was down.', { names: ['Clearly Simple Shop'] })).toEqual([]);
  expect(lintText('Clearly, the shop was down.', { names: ['Clearly Simple Shop'] })).toHaveLength(1);
});

it('offers a hint where somebody is quoted, and no more', () => {
  const [found] = lintText(
    'The status page said “a fix is on its way, it was human error on our side, sorry for that”.',
  );
  expect(found).toMatchObject({ rule: 'blame-person', level: 'warning', excerpt: 'human error' });
});

it('lets “all” stand where every monitor and location failed', () => {
  expect(lintText('All regions failed.', { everything: true })).toEqual([]);
});

describe('action items', () => {
  it.each([
    'Improve monitoring',
    'Harden the deploy pipeline.',
    'Add more alerts',
    'Add monitoring',
    'Add tests',
    'Set up alerting for the queue',
    'Be more careful with flags',
    'Ensure backups work',
    'Train the team',
    'Make the service more robust',
    'Investigate the slow query',
    'Continuously watch the queue',
  ])('%s is vague', (text) => expect(rules(text, 'action-items')).toContain('action-vague'));

  it.each([
    'Raise the pool of api from 20 to 50 connections',
    'Add alerts for a queue above 1,000',
    'Train the ranking model on 3 weeks of data',
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
  // CPU time of this process, which waits for no other one; the machine does other things too.
  const costOf = (length: number) => {
    const { user } = process.cpuUsage();
    for (const part of hostile) lintText(part.repeat(Math.ceil(length / part.length)).slice(0, length));
    return (process.cpuUsage().user - user) / 1000;
  };
  costOf(8_192);
  // Taken in turns, so that what disturbs one disturbs the other; the least of five is what the patterns cost.
  const pairs = Array.from({ length: 5 }, () => [costOf(16_384), costOf(65_536)] as const);
  const [small, large] = [Math.min(...pairs.map(([cost]) => cost)), Math.min(...pairs.map(([, cost]) => cost))];
  // Four times the text: a quadratic pattern would take sixteen times as long.
  expect(large / Math.max(small, 5)).toBeLessThan(10);
});
