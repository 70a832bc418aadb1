import { parseCheckId } from '#src/domain/ids.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import type { Reader } from '#src/store/database.ts';
import { type Case, readCase } from './case.ts';
import { disagreement, Expectation } from './expected.ts';
import { expectAround } from './recompute-around.ts';
import { expectBefore } from './recompute-before.ts';
import { expectEarlier } from './recompute-earlier.ts';
import { expectIncident } from './recompute-incident.ts';
import { expectMoments } from './recompute-moments.ts';
import { expectMonitors } from './recompute-monitors.ts';
import { expectTold } from './recompute-told.ts';
import { expectTemplate } from './template.ts';

export interface FactFinding {
  factId: string | null;
  name: string;
  reason: string;
}

/**
 * Recomputes every fact of a ledger from the rows, by the words of its definition and by code of its own, and names
 * those that the rows give and the ledger leaves out.
 */
export function checkFacts(
  reader: Reader,
  incidentId: string,
  ledger: readonly Fact[],
): { total: number; findings: FactFinding[] } {
  const of = readCase(reader, incidentId, ledger);
  if (!of)
    return { total: 1, findings: [{ factId: null, name: 'incident', reason: `there are no rows of ${incidentId}` }] };
  const expectation = expect(of);
  const findings: FactFinding[] = [];
  const seen = new Set<string>();
  for (const [i, fact] of ledger.entries()) {
    const key = `${fact.name} ${fact.about ?? ''}`;
    const reason = seen.has(key)
      ? 'it is stated twice'
      : (outOfTurn(fact, i) ?? disagreement(fact, expectation.get(fact.name, fact.about)) ?? wrongRows(of, fact));
    seen.add(key);
    if (reason) findings.push({ factId: fact.id, name: fact.name, reason });
  }
  const missing = expectation.missing(ledger);
  for (const name of missing)
    findings.push({ factId: null, name, reason: 'the rows give this fact, and it is not stated' });
  return { total: ledger.length + missing.length, findings };
}

function expect(of: Case): Expectation {
  const expectation = new Expectation();
  for (const part of [
    expectIncident,
    expectMoments,
    expectMonitors,
    expectBefore,
    expectTold,
    expectAround,
    expectEarlier,
    expectTemplate,
  ])
    part(of, expectation);
  return expectation;
}

/** Ids go by the order of the ledger, and so none can be another's. */
const outOfTurn = ({ id }: Fact, i: number): string | null =>
  id === `f${i + 1}` ? null : `in its place stands f${i + 1}`;

const TABLES: Record<string, string> = {
  msg: 'SELECT 1 FROM alerts WHERE id = ? AND incident_id = ?',
  evt: 'SELECT 1 FROM timeline_entries WHERE id = ? AND incident_id = ?',
  chg: 'SELECT 1 FROM changes WHERE id = ? AND ? IS NOT NULL',
  mon: 'SELECT 1 FROM monitors WHERE id = ? AND ? IS NOT NULL',
  pol: 'SELECT 1 FROM postmortem_policies WHERE id = ? AND ? IS NOT NULL',
  inc: 'SELECT 1 FROM incidents WHERE id = ? AND ? IS NOT NULL',
};

/** The rows that a fact names must be there, and be rows of this incident. */
function wrongRows(of: Case, fact: Fact): string | null {
  if (fact.rows.length === 0) return 'it names no row';
  if (fact.rowCount !== undefined && fact.rowCount < fact.rows.length) return 'it names more rows than it counts';
  for (const id of fact.rows) {
    const prefix = id.slice(0, 3);
    const found =
      prefix === 'chk'
        ? checkIsThere(of, id, fact)
        : TABLES[prefix] && of.reader.sql(TABLES[prefix]).get(id, of.row.id);
    if (!found) return `its row ${id} is not one of this incident`;
    if (/^(?:msg|evt|chg|inc)_/.test(fact.about ?? '') && /^(?:msg|evt|chg)/.test(prefix) && id !== fact.about)
      return `its row ${id} is of another one`;
  }
  return null;
}

function checkIsThere(of: Case, id: string, fact: Fact): boolean {
  const key = parseCheckId(id);
  if (!key) return false;
  const owner = of.monitors.find((monitor) => fact.about?.startsWith(monitor.id));
  const about = of.reader
    .sql('SELECT 1 FROM patterns WHERE incident_id = ? AND monitor_no = ?')
    .get(of.row.id, key.monitorNo);
  const isOurs = about !== undefined || of.monitors.some((monitor) => monitor.no === key.monitorNo);
  if (owner ? owner.no !== key.monitorNo : !isOurs) return false;
  const sql = 'SELECT 1 FROM checks WHERE monitor_no = ? AND at = ? AND location_no = ?';
  return of.reader.sql(sql).get(key.monitorNo, key.at, key.locationNo) !== undefined;
}
