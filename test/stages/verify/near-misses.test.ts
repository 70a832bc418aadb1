import { expect, it } from 'vitest';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { drawNearMisses } from '#src/domain/postmortem/near-misses.ts';
import { readMissGroup, readMissShape } from '#src/store/near-miss-groups.ts';
import { readNearMisses } from '#src/store/windows.ts';
import { verifyNearMisses } from '#src/verify/near-misses.ts';
import { brieflyFailing, type Scene } from '../draft/scenes.ts';

function claimOf({ store: { reader } }: Scene) {
  const [miss] = readNearMisses(reader, Number.MAX_SAFE_INTEGER, 1);
  const shape = miss && readMissShape(reader, miss);
  const group = shape && readMissGroup(reader, shape);
  if (!shape || !group) throw new Error('no near-miss');
  return { ...shape, ...drawNearMisses(group) };
}

it('verifies all of a true paragraph', () => {
  using s = brieflyFailing();
  const claims = verifyNearMisses(s.store.reader, claimOf(s));
  expect(claims.failed).toEqual([]);
  expect(claims.total).toBeGreaterThan(15);
});

it('catches each fact that is changed or left out, and each figure that is reworded', () => {
  using s = brieflyFailing();
  const truth = claimOf(s);
  const shifted = ({ unit, value }: Fact) =>
    typeof value === 'number'
      ? value + 1
      : unit === 'time'
        ? new Date(Date.parse(String(value)) + 60_000).toISOString()
        : `${value} or so`;
  const lies = [
    ...truth.ledger.map((fact) => truth.ledger.map((one) => (one === fact ? { ...one, value: shifted(one) } : one))),
    ...truth.ledger.map((fact) => truth.ledger.filter((one) => one !== fact)),
  ].map((ledger) => ({ ...truth, ledger }));
  const reworded = truth.spans.flatMap((span, i) =>
    [...span.text.matchAll(/\d+/g)].map(({ index, 0: digits }) => ({
      ...truth,
      spans: truth.spans.with(i, {
        ...span,
        text: `${span.text.slice(0, index)}${String(Number(digits) + 1).padStart(digits.length, '0')}${span.text.slice(index + digits.length)}`,
      }),
    })),
  );
  expect(reworded.length).toBeGreaterThan(10);
  for (const lie of [...lies, ...reworded])
    expect(verifyNearMisses(s.store.reader, lie).failed, JSON.stringify(lie.spans[0])).not.toEqual([]);
});
