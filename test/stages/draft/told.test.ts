import { describe, expect, it } from 'vitest';
import { claimsRecovery } from '#src/domain/postmortem/timeline-conflicts.ts';
import { drawn } from '../../support/drawn.ts';
import { type Scene, scene } from './scenes.ts';

/** Ten minutes of 503, alerted at once; the notes are the test's. */
function outage(): Scene {
  const s = scene({ key: 'shop', name: 'Shop', service: 'shop', channels: ['on-call'], intervalSeconds: 60 });
  s.run(1, -1800, 0, 60);
  s.run(1, 0, 600, 5, { verdict: 'down', status: 503 });
  s.run(1, 600, 1200, 60);
  s.flush();
  s.deliver();
  return s;
}

describe('where sources disagree, both are shown', () => {
  it('two times for the fix, and which of them the table uses', () => {
    using s = outage();
    s.entry('fix_applied', 200, 'Restarted the workers');
    s.entry('fix_applied', 560, 'Rolled back');
    const { block, claims } = drawn(s);
    expect(block('timeline.conflict.fix_applied')).toContain(
      'Notes differ on the fix: 14:30:00 and 14:36:00; the table of gaps uses 14:36:00.',
    );
    expect(claims.failed).toEqual([]);
  });

  it('two times for the cause, but not two notes within a minute', () => {
    using s = outage();
    s.entry('cause_identified', 200, 'Pool empty');
    s.entry('cause_identified', 230, 'Pool is empty, yes');
    expect(drawn(s).block('timeline.conflict.cause_identified')).toBeNull();
    s.entry('cause_identified', 500, 'The pool of the database');
    const { block, claims } = drawn(s);
    expect(block('timeline.conflict.cause_identified')).toContain(
      '14:30:00 and 14:35:00; the table of gaps uses 14:30:00',
    );
    expect(claims.failed).toEqual([]);
  });

  it('a public update that claims recovery while checks fail', () => {
    using s = outage();
    s.entry('status_update', 300, 'This incident has been resolved.');
    s.entry('status_update', 700, 'All systems operational.');
    const { under, claims } = drawn(s);
    expect(under('timeline.conflict.update')).toHaveLength(1);
    expect(under('timeline.conflict.update')[0]).toContain(
      'the public update of 14:31:40 says “This incident has been resolved.” while 1 of 1 affected monitor still failed its checks',
    );
    expect(claims.failed).toEqual([]);
  });

  it('a public update from before the first failed check', () => {
    using s = outage();
    s.entry('status_update', -240, 'We see errors at checkout');
    const { text, claims } = drawn(s);
    expect(text).toContain(
      'Sources disagree: a public update is on record for 14:22:40, the first failed check is from 14:26:40.',
    );
    expect(claims.failed).toEqual([]);
  });

  it('an acknowledgment from before the alert', () => {
    using s = outage();
    s.entry('acknowledged', -120, 'On it');
    const { text, claims } = drawn(s);
    expect(text).toContain('Sources disagree: acknowledged at 14:24:40, before the first alert was delivered at');
    expect(claims.failed).toEqual([]);
  });

  it.each<[string, boolean]>([
    ['This incident has been resolved.', true],
    ['Service is back to normal', true],
    ['Everything is operational again', true],
    ['We are working on it; the site is not yet restored', false],
    ['We expect it to be fixed within the hour', false],
    ['Investigating errors at checkout', false],
    ['The cause was found, a fix is being rolled out', false],
  ])('“%s” claims recovery: %s', (text, claims) => {
    expect(claimsRecovery(text)).toBe(claims);
  });
});

describe('a note that was told late', () => {
  it('shows both times, with the day when it is another one', () => {
    using s = outage();
    s.entry('diagnostic', 120, 'Heap full', { recordedAt: 40_000 });
    expect(drawn(s).block('timeline.diagnostic')).toContain(
      'Recorded on 2026-03-04 at 01:33:20, 11 h 4 min 40 s later.',
    );
  });

  it('says no distance when it is history by then', () => {
    using s = outage();
    s.entry('diagnostic', 120, 'Heap full', { recordedAt: 400_000_000 });
    const { block, claims } = drawn(s);
    expect(block('timeline.diagnostic')).toMatch(/Recorded on 2038-\d\d-\d\d at \d\d:\d\d:\d\d\./);
    expect(block('timeline.diagnostic')).not.toContain('later');
    expect(claims.failed).toEqual([]);
  });
});

it('asks about a change on the way to the recovery by its name, when nobody noted a fix', () => {
  using s = outage();
  s.change(540, 'Release 77');
  const { block, claims } = drawn(s);
  expect(block('timeline.fix')).toContain('the deploy “Release 77” is on record 1 min before the recovery at 14:36:40');
  expect(claims.failed).toEqual([]);
});

it('expects no alert of history that was imported', () => {
  using s = outage();
  s.store.transact((tx) => {
    tx.sql('UPDATE checks SET origin = 2').run();
    tx.sql('DELETE FROM alert_attempts').run();
    tx.sql('DELETE FROM alerts').run();
  });
  const { text, block, claims } = drawn(s);
  expect(block('timeline.imported')).toContain('made elsewhere and imported');
  expect(text).toContain('First human alerted: no alert was sent, the checks are imported.');
  expect(text).not.toContain('No alert reached a person');
  expect(text).not.toContain('second channel');
  expect(claims.failed).toEqual([]);
});

it('says how long no check was made and how many could not be, beside what the policy is', () => {
  using s = scene({ key: 'shop', name: 'Shop', intervalSeconds: 60 });
  s.run(1, -1800, 0, 60);
  s.run(1, 0, 120, 5, { verdict: 'down', status: 503 });
  s.run(1, 120, 150, 5, { verdict: 'unknown' });
  s.run(1, 420, 600, 5, { verdict: 'down', status: 503 });
  s.run(1, 600, 1200, 60);
  s.flush();
  const { text, claims } = drawn(s);
  expect(text).toContain('5 min 5 s passed without a check that counts; policy: each check is made in its turn.');
  expect(text).toContain('6 checks of Shop could not be made and count neither way');
  expect(text).not.toContain('0 s of the span');
  expect(claims.failed).toEqual([]);
});
