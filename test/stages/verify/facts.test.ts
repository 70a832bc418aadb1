import { describe, expect, it } from 'vitest';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { checkFacts } from '#src/verify/facts.ts';
import { SCENES, type Scene } from '../draft/scenes.ts';

function ledgerOf(scene: Scene): { id: string; ledger: Fact[] } {
  const id =
    scene.store.reader.sql<{ id: string }>('SELECT id FROM incidents ORDER BY number DESC LIMIT 1').get()?.id ?? '';
  const rows = readDraftRows(scene.store.reader, id, scene.clock.now());
  if (!rows) throw new Error('no rows');
  return { id, ledger: drawPostmortem(rows).ledger };
}

describe.each(Object.entries(SCENES))('the ledger of %s', (_, make) => {
  it('recomputes, every fact of it, and leaves none out', () => {
    using scene = make();
    const { id, ledger } = ledgerOf(scene);
    expect(checkFacts(scene.store.reader, id, ledger).findings).toEqual([]);
  });

  it('is refused for any value, bound, unit or row that was changed', { timeout: 90_000 }, () => {
    using scene = make();
    const { id, ledger } = ledgerOf(scene);
    const lies: [string, Fact, Partial<Fact>][] = ledger.flatMap((fact) => {
      const shifted = (value: number | string) =>
        typeof value === 'number'
          ? value + 1
          : fact.unit === 'time'
            ? new Date(Date.parse(value) + 60_000).toISOString()
            : `${value} really`;
      const list: [string, Fact, Partial<Fact>][] = [
        ['unit', fact, { unit: fact.unit === 's' ? 'ms' : 's' }],
        ['rows', fact, { rows: [] }],
      ];
      if (fact.value !== null) list.push(['value', fact, { value: shifted(fact.value) }]);
      if (fact.min !== undefined) list.push(['min', fact, { min: shifted(fact.min) }]);
      if (fact.max !== undefined) list.push(['max', fact, { max: shifted(fact.max) }]);
      return list;
    });
    const believed = lies.filter(([, fact, lie]) => {
      const { findings } = checkFacts(
        scene.store.reader,
        id,
        ledger.map((one) => (one === fact ? { ...one, ...lie } : one)),
      );
      return findings.length === 0;
    });
    expect(believed.map(([what, fact]) => `${what} of ${fact.name}`)).toEqual([]);
  });

  it('is refused when a fact that must stand in it is left out', { timeout: 90_000 }, () => {
    using scene = make();
    const { id, ledger } = ledgerOf(scene);
    const optional = ['proposedSeconds', 'proposedIntervalSeconds', 'asOf'];
    const missed = ledger
      .filter(({ name }) => !optional.includes(name))
      .filter(
        (fact) =>
          checkFacts(
            scene.store.reader,
            id,
            ledger.filter((one) => one !== fact),
          ).findings.length === 0,
      );
    expect(missed.map(({ name }) => name)).toEqual([]);
  });
});
