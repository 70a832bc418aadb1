import { describe, expect, it } from 'vitest';
import { type Recurrence, recurrenceClause } from '#src/domain/recurrence.ts';
import { compareSignatures, type Signature, type SignatureRow, signatureOf } from '#src/domain/signature.ts';

const NONE = { dns: 0, connect: 0, tls: 0, firstByte: 0, download: 0 };
const row = (changes: Partial<SignatureRow> = {}): SignatureRow => ({
  failure: 'status',
  status: 503,
  location: 'eu',
  count: 3,
  firstAt: 0,
  reached: 'download',
  phases: { dns: 2, connect: 9, tls: 21, firstByte: 60, download: 1 },
  ...changes,
});
const of = (...rows: SignatureRow[]): Signature => signatureOf(rows, Date.UTC(2026, 2, 3, 14)) as Signature;

describe('the signature of an incident', () => {
  it('is what failed most, how far it came, which phase was long, where and when', () => {
    const early = row({
      failure: 'connect-refused',
      status: null,
      count: 2,
      reached: 'dns',
      phases: { ...NONE, dns: 4 },
    });
    expect(of(row({ firstAt: 10 }), early, row({ location: 'us', firstAt: 20, count: 1 }))).toEqual({
      began: 'connect-refused',
      mostly: 'status:503',
      symptoms: ['connect-refused', 'status:503'],
      layer: 'http',
      reached: 'download',
      long: 'firstByte',
      locations: ['eu', 'us'],
      hour: 14,
    });
  });

  it('names the symptom that came first when two are as frequent', () => {
    expect(of(row({ status: 502, firstAt: 5 }), row({ status: 503, firstAt: 1 })).mostly).toBe('status:503');
  });

  it('is none where no check failed', () => {
    expect(signatureOf([], 0)).toBeNull();
  });

  it('has no phase where none was measured', () => {
    expect(of(row({ reached: null, phases: NONE }))).toMatchObject({ reached: null, long: null });
  });
});

describe('two incidents are of the same signature', () => {
  const refused = of(row({ failure: 'connect-refused', status: null, reached: 'dns' }));
  const mixed = of(row({ failure: 'connect-refused', status: null, reached: 'dns' }), row({ firstAt: 9, count: 50 }));
  it.each<[string, Signature, Signature, boolean]>([
    ['when all is the same', of(row()), of(row()), true],
    ['not when the status differs', of(row()), of(row({ status: 502 })), false],
    ['not when another layer failed', of(row()), refused, false],
    ['when one began like the other and has shown nothing else yet', refused, mixed, true],
    [
      'not when both began alike and went on differently',
      mixed,
      of(row({ failure: 'connect-refused', status: null }), row({ status: 500, count: 50, firstAt: 9 })),
      false,
    ],
    ['not when the requests stopped elsewhere', of(row({ reached: 'tls' })), of(row()), false],
    ['when one was imported without phases', of(row({ reached: null, phases: NONE })), of(row()), true],
    ['not when no location saw both', of(row()), of(row({ location: 'us' })), false],
    ['when one location saw both', of(row()), of(row({ location: 'us' }), row()), true],
    [
      'not when another phase was slow',
      of(row({ failure: 'latency', status: 200 })),
      of(row({ failure: 'latency', status: 200, phases: { ...NONE, dns: 9 } })),
      false,
    ],
  ])('%s', (_, a, b, same) => {
    expect(compareSignatures(a, b).same).toBe(same);
    expect(compareSignatures(b, a)).toEqual(compareSignatures(a, b));
  });

  it('tells the hour, around midnight too, and lets it decide nothing', () => {
    const at = (hour: number) => ({ ...of(row()), hour });
    expect(compareSignatures(at(23), at(0)).agrees).toContain('hour');
    expect(compareSignatures(at(3), at(15))).toEqual({
      same: true,
      agrees: ['failure', 'beginning', 'phase', 'locations'],
      differs: ['hour'],
    });
  });
});

describe('the clause in an alert', () => {
  const startedAt = Date.UTC(2026, 2, 3, 14);
  const earlier = (number: number, days: number, open = 0): Recurrence['same'][number] => ({
    id: `inc_${number}`,
    number,
    startedAt: startedAt - days * 86_400_000,
    likeness: compareSignatures(of(row()), of(row())),
    postmortem: 'published',
    cause: null,
    actionCount: open,
    openActions: Array.from({ length: open }, (_, i) => ({ id: `act_${i}`, title: 'x', createdAt: 0, dueOn: null })),
  });
  const clause = (...same: Recurrence['same']) =>
    recurrenceClause({ signature: of(row()), startedAt, earlierIds: [], same });

  it('names the latest one, its distance and what is still open', () => {
    expect(clause(earlier(12, 34, 2))).toBe(
      'same signature as incident 12, 34 days ago; 2 of its action items are still open',
    );
    expect(clause(earlier(12, 1, 1))).toBe(
      'same signature as incident 12, 1 day ago; 1 of its action items is still open',
    );
    expect(clause(earlier(12, 0.5), earlier(9, 40))).toBe(
      'same signature as incident 12, less than a day ago (and 1 before it)',
    );
  });

  it('is silent when nothing like it happened', () => {
    expect(clause()).toBeNull();
    expect(recurrenceClause(null)).toBeNull();
  });
});
