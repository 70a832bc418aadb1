import { describe, expect, it } from 'vitest';
import { T0 } from '../../support/fixtures.ts';
import { policyRig } from './policy-rig.ts';

const LADDER = {
  steps: [
    { afterSeconds: 300, channels: ['boss'] },
    { afterSeconds: 900, channels: ['boss', 'cto'] },
  ],
};
const watched = { channels: ['on-call'], escalation: 'ladder' };

describe('an escalation', () => {
  it('tells the next step after its delay, until somebody acknowledges', async () => {
    using t = policyRig(watched);
    t.escalation(LADDER);
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(600);
    expect(t.lines()).toEqual(['10 on-call opened', '310 boss escalated']);
    expect(t.told()[1]).toMatchObject({
      reason: 'step 1 of 2: not acknowledged for 5 min',
      payload: { type: 'incident.escalated', data: { escalation: { key: 'ladder', step: 1, round: 1 } } },
    });
    t.acknowledge();
    await t.until(2000);
    expect(t.lines().slice(2)).toEqual(['600 on-call acknowledged', '600 boss acknowledged']);
  });

  it('goes round again as often as it says, and then is over', async () => {
    using t = policyRig(watched);
    t.escalation({ steps: [{ afterSeconds: 300, channels: ['boss'] }], repeat: { times: 2, everySeconds: 600 } });
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(20_000);
    expect(t.lines().slice(1)).toEqual(['310 boss escalated', '910 boss escalated', '1510 boss escalated']);
  });

  it('tells once of steps that fell due while no server ran, each person once', async () => {
    using t = policyRig(watched);
    t.escalation(LADDER);
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(20);
    t.restart();
    t.clock.set(T0 + 7_200_000);
    await t.until(7200);
    expect(t.lines()).toEqual(['10 on-call opened', '7200 boss escalated', '7200 cto escalated']);
    expect(t.told()[1]?.reason).toBe('step 2 of 2: not acknowledged for 1 h 59 min 50 s');
  });

  it('tells at once what is due at 0 s, together with the channels of the monitor, each once', async () => {
    using t = policyRig(watched);
    t.escalation({
      steps: [
        { afterSeconds: 0, channels: ['on-call', 'boss'] },
        { afterSeconds: 60, channels: ['cto'] },
      ],
    });
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(100);
    expect(t.lines()).toEqual(['10 on-call opened', '10 boss opened', '70 cto escalated']);
  });

  it('begins though nobody is told at once', async () => {
    using t = policyRig({ escalation: 'ladder' });
    t.escalation(LADDER);
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(400);
    expect(t.lines()).toEqual(['310 boss escalated']);
  });

  it('ends with the incident, and whoever was told hears of the end', async () => {
    using t = policyRig(watched);
    t.escalation(LADDER);
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(400);
    t.recover(410, 1);
    await t.until(5000);
    expect(t.lines().slice(2)).toEqual(['410 on-call resolved', '410 boss resolved']);
  });

  it('is the same for an incident of many monitors: one step, one alert for each person', async () => {
    using t = policyRig(...Array.from({ length: 5 }, () => ({ ...watched, service: 's' })));
    t.escalation(LADDER);
    t.check(0, 'up', 1, 2, 3, 4, 5);
    t.fail(10, 1, 2, 3, 4, 5);
    await t.until(1000);
    expect(t.lines()).toEqual(['10 on-call opened', '310 boss escalated', '910 boss escalated', '910 cto escalated']);
  });
});

describe('reminders', () => {
  it('come to all who were told until somebody acknowledges, one after a dead time, not a burst', async () => {
    using t = policyRig(watched);
    t.escalation({ steps: [{ afterSeconds: 0, channels: ['boss'] }], reminders: { everySeconds: 600 } });
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(700);
    expect(t.lines().slice(2)).toEqual(['610 on-call reminder', '610 boss reminder']);
    t.restart();
    t.clock.set(T0 + 7_200_000);
    await t.until(7300);
    expect(t.lines().slice(4)).toEqual(['7200 on-call reminder', '7200 boss reminder']);
    t.acknowledge();
    await t.until(20_000);
    expect(t.lines().slice(6)).toEqual(['7300 on-call acknowledged', '7300 boss acknowledged']);
  });
});

describe('quiet hours', () => {
  // T0 is 03:00 UTC on a Sunday.
  const quietHours = {
    timeZone: 'UTC',
    from: '22:00',
    to: '07:00',
    weekdays: [],
    severities: ['minor' as const],
  };
  const MORNING = 4 * 3600;

  it('keep what is minor until their end, and its escalation counts from then', async () => {
    using t = policyRig({ ...watched, severity: 'minor' });
    t.escalation({ ...LADDER, quietHours });
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(MORNING - 1);
    expect(t.lines()).toEqual([`${MORNING} on-call opened (pending)`]);
    await t.until(MORNING + 400);
    expect(t.lines()).toEqual([`${MORNING} on-call opened`, `${MORNING + 300} boss escalated`]);
  });

  it('never keep what is critical', async () => {
    using t = policyRig({ ...watched, severity: 'critical' });
    t.escalation({ ...LADDER, quietHours });
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(20);
    expect(t.lines()).toEqual(['10 on-call opened']);
  });

  it('end at once for an incident that becomes worse', async () => {
    using t = policyRig(
      { ...watched, severity: 'minor', service: 's' },
      { ...watched, severity: 'critical', service: 's' },
    );
    t.escalation({ ...LADDER, quietHours });
    t.check(0, 'up', 1, 2);
    t.fail(10, 1);
    await t.until(40);
    t.fail(60, 2);
    await t.until(70);
    expect(t.lines()).toEqual(['60 on-call opened']);
  });

  it('leave one message of what began and ended in them', async () => {
    using t = policyRig({ ...watched, severity: 'minor' });
    t.escalation({ ...LADDER, quietHours });
    t.check(0, 'up', 1);
    t.fail(10, 1);
    t.recover(60, 1);
    await t.until(MORNING + 10);
    expect(t.lines()).toEqual([`${MORNING} on-call resolved`]);
  });
});

describe('a silence', () => {
  it('keeps alerts back as rows, and what is still down when it ends is told then', async () => {
    using t = policyRig(watched);
    t.escalation(LADDER);
    t.check(0, 'up', 1);
    t.silence({ monitors: ['m1'], endsAt: T0 + 600_000 });
    t.fail(10, 1);
    await t.until(599);
    expect(t.lines()).toEqual(['10 on-call opened (silenced)']);
    await t.until(1000);
    expect(t.lines().slice(1)).toEqual(['600 on-call opened', '900 boss escalated']);
    expect(t.told()[1]?.reason).toBe('silence-ended');
  });

  it('lets the end of an incident through to whoever was told of its beginning, and nothing else', async () => {
    using t = policyRig(watched);
    t.escalation({ ...LADDER, reminders: { everySeconds: 60 } });
    t.check(0, 'up', 1);
    t.fail(10, 1);
    await t.until(11);
    t.silence({ incidents: [t.told()[0]?.payload?.data.incident?.id ?? ''], endsAt: T0 + 6_000_000 });
    await t.until(2000);
    t.recover(2010, 1);
    await t.until(2020);
    expect(t.lines()).toEqual(['10 on-call opened', '2010 on-call resolved']);
  });

  it('of one monitor keeps nothing back of another in the same incident', async () => {
    using t = policyRig({ channels: ['on-call'], service: 's' }, { channels: ['boss'], service: 's' });
    t.check(0, 'up', 1, 2);
    t.silence({ monitors: ['m1'], endsAt: T0 + 600_000 });
    t.fail(10, 1, 2);
    await t.until(100);
    expect(t.lines()).toEqual(['10 on-call opened (silenced)', '10 boss opened']);
  });
});

describe('grouping', () => {
  it('tells of monitors that join, and of some that are back, in one update each', async () => {
    using t = policyRig(...Array.from({ length: 3 }, () => ({ channels: ['on-call'], service: 's' })));
    t.check(0, 'up', 1, 2, 3);
    t.fail(10, 1);
    await t.until(10);
    t.fail(16, 2);
    t.fail(18, 3);
    await t.until(60);
    t.recover(70, 1);
    t.recover(72, 2);
    await t.until(100);
    t.recover(110, 3);
    await t.until(120);
    expect(t.lines()).toEqual([
      '10 on-call opened',
      '26 on-call updated',
      '80 on-call updated',
      '110 on-call resolved',
    ]);
    expect(t.told()[1]?.payload?.data.incident?.affected).toHaveLength(3);
  });

  it('waits on with an update while monitors go on joining, for a minute and a quarter at most', async () => {
    using t = policyRig(...Array.from({ length: 60 }, () => ({ channels: ['on-call'] })));
    const all = Array.from({ length: 60 }, (_, i) => i + 1);
    t.check(0, 'up', ...all);
    t.check(5, 'down', ...all);
    for (const no of all) {
      t.check(9 + no, 'down', no);
      await t.until(9 + no);
    }
    await t.until(400);
    expect(t.lines()).toEqual(['10 on-call opened', '74 on-call updated']);
    expect(t.told()[1]?.payload?.data.incident?.affected).toHaveLength(60);
  });

  it('leaves a monitor to the one that it depends on, as long as that one is down', async () => {
    using t = policyRig({ channels: ['on-call'] }, { channels: ['boss'], dependsOn: ['m1'], url: 'http://127.0.0.2/' });
    t.check(0, 'up', 1, 2);
    t.fail(10, 1);
    await t.until(20);
    t.fail(30, 2);
    await t.until(60);
    expect(t.lines()).toEqual(['10 on-call opened', '40 on-call updated']);
    t.recover(70, 1);
    await t.until(100);
    expect(t.lines().slice(2)).toEqual(['70 boss opened', '80 on-call updated']);
    t.recover(110, 2);
    await t.until(120);
    expect(t.lines().slice(4)).toEqual(['110 on-call resolved', '110 boss resolved']);
  });

  it('tells the channels of a dependent monitor when nobody else would be told', async () => {
    using t = policyRig({}, { channels: ['boss'], dependsOn: ['m1'] });
    t.check(0, 'up', 1, 2);
    t.fail(10, 1, 2);
    await t.until(60);
    expect(t.lines()).toEqual(['10 boss opened']);
  });
});

describe('flapping', () => {
  it('is told less and less often, and its end only when it has held', async () => {
    using t = policyRig({ channels: ['on-call'] });
    t.check(0, 'up', 1);
    for (let round = 0; round < 20; round++) {
      t.fail(60 + round * 60, 1);
      await t.until(80 + round * 60);
      t.recover(90 + round * 60, 1);
      await t.until(100 + round * 60);
    }
    await t.until(3000);
    const lines = t.lines();
    expect(lines.length).toBeLessThan(12);
    expect(lines.slice(0, 4)).toEqual([
      '60 on-call opened',
      '90 on-call resolved',
      '120 on-call updated',
      '150 on-call resolved',
    ]);
    expect(lines.filter((line) => line.endsWith('resolved')).length).toBe(3);
    expect(lines.at(-1)).toBe(`${90 + 19 * 60 + 300} on-call resolved`);
    expect(t.told().at(-1)?.payload?.data.incident?.flaps).toBe(19);
  });
});
