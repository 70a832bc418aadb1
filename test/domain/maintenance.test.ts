import { describe, expect, it } from 'vitest';
import { isMaintained, type Maintenance, occurrences, type Repeat } from '#src/domain/maintenance.ts';
import { monitorConfig } from '../support/fixtures.ts';

const weekly = (repeat: Partial<Repeat>, fields: Partial<Maintenance> = {}): Maintenance => ({
  id: 'mnt_1',
  title: 'Backups',
  monitors: [],
  services: [],
  tags: [],
  startsAt: Date.UTC(2026, 0, 1),
  endsAt: null,
  uptime: 'excluded',
  createdAt: 0,
  ...fields,
  repeat: {
    timeZone: 'Europe/Berlin',
    at: '02:30',
    durationMinutes: 60,
    weekdays: ['sun'],
    daysOfMonth: [],
    ...repeat,
  },
});
const between = (maintenance: Maintenance, from: string, to: string) =>
  occurrences(maintenance, Date.parse(from), Date.parse(to)).map((span) =>
    span.map((at) => new Date(at).toISOString().slice(0, 16)),
  );

describe('windows that repeat', () => {
  it('are on the wall clock of their zone, winter and summer', () => {
    expect(between(weekly({}), '2026-02-01T00:00Z', '2026-02-09T00:00Z')).toEqual([
      ['2026-02-01T01:30', '2026-02-01T02:30'],
      ['2026-02-08T01:30', '2026-02-08T02:30'],
    ]);
    expect(between(weekly({}), '2026-07-05T00:00Z', '2026-07-06T00:00Z')).toEqual([
      ['2026-07-05T00:30', '2026-07-05T01:30'],
    ]);
  });

  it('come an hour later on the wall when the clock skips their start', () => {
    // 2026-03-29 in Berlin: 02:00 becomes 03:00, so 02:30 is read as 03:30, 01:30 UTC.
    expect(between(weekly({}), '2026-03-29T00:00Z', '2026-03-30T00:00Z')).toEqual([
      ['2026-03-29T01:30', '2026-03-29T02:30'],
    ]);
  });

  it('come once, at the first of two, when the clock shows their start twice', () => {
    // 2026-10-25 in Berlin: 02:30 comes at 00:30 UTC and at 01:30 UTC.
    expect(between(weekly({}), '2026-10-24T12:00Z', '2026-10-26T00:00Z')).toEqual([
      ['2026-10-25T00:30', '2026-10-25T01:30'],
    ]);
  });

  it('last as many real minutes over a change of the clock', () => {
    const long = weekly({ at: '00:00', durationMinutes: 360 });
    expect(between(long, '2026-03-28T23:00Z', '2026-03-30T00:00Z')).toEqual([['2026-03-28T23:00', '2026-03-29T05:00']]);
  });

  it('hold their day on the other side of the world', () => {
    const pacific = weekly({ timeZone: 'Pacific/Auckland', at: '01:00', weekdays: ['mon'] });
    expect(between(pacific, '2026-06-06T00:00Z', '2026-06-09T00:00Z')).toEqual([
      ['2026-06-07T13:00', '2026-06-07T14:00'],
    ]);
    const half = weekly({ timeZone: 'Asia/Kolkata', at: '05:00', weekdays: ['mon'] });
    expect(between(half, '2026-06-07T00:00Z', '2026-06-09T00:00Z')).toEqual([['2026-06-07T23:30', '2026-06-08T00:30']]);
  });

  it('by day of the month leave out a month without that day', () => {
    const monthly = weekly({ timeZone: 'UTC', at: '10:00', weekdays: [], daysOfMonth: [31] });
    expect(between(monthly, '2026-01-01T00:00Z', '2026-06-01T00:00Z').map(([from]) => from)).toEqual([
      '2026-01-31T10:00',
      '2026-03-31T10:00',
      '2026-05-31T10:00',
    ]);
  });

  it('begin not before the first and end with the last', () => {
    const bounded = weekly({ timeZone: 'UTC' }, { startsAt: Date.UTC(2026, 1, 3), endsAt: Date.UTC(2026, 1, 15, 3) });
    expect(between(bounded, '2026-01-01T00:00Z', '2027-01-01T00:00Z')).toEqual([
      ['2026-02-08T02:30', '2026-02-08T03:30'],
      ['2026-02-15T02:30', '2026-02-15T03:00'],
    ]);
  });

  it('that overlap are one', () => {
    const daily = weekly({ timeZone: 'UTC', at: '12:00', durationMinutes: 1500, weekdays: ['mon', 'tue'] });
    expect(between(daily, '2026-06-08T00:00Z', '2026-06-11T00:00Z')).toEqual([
      ['2026-06-08T12:00', '2026-06-10T13:00'],
    ]);
  });

  it('that run already are found from within', () => {
    expect(between(weekly({ timeZone: 'UTC' }), '2026-02-01T03:00Z', '2026-02-01T03:01Z')).toHaveLength(1);
  });
});

it('is of the monitors it names, of a service, of a tag, or of all', () => {
  const config = monitorConfig({ key: 'a', service: 's', tags: { team: 'x' } });
  const of = (fields: Partial<Maintenance>) => isMaintained(weekly({}, fields), config);
  expect(of({})).toBe(true);
  expect(of({ monitors: ['a'] })).toBe(true);
  expect(of({ monitors: ['b'] })).toBe(false);
  expect(of({ services: ['s'] })).toBe(true);
  expect(of({ tags: ['team'] })).toBe(true);
  expect(of({ tags: ['team:x'] })).toBe(true);
  expect(of({ tags: ['team:y'], services: ['t'] })).toBe(false);
});
