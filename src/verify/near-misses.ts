import { describeFailure, type Failure } from '#src/domain/check.ts';
import type { Claims, PostmortemDocument, Span } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import type { Reader } from '#src/store/database.ts';
import { configAt } from './case.ts';
import { disagreement, Expectation } from './expected.ts';
import { checkText } from './text.ts';

const DAY_MS = 86_400_000;
const PHASES = ['dns', 'connect', 'tls', 'firstByte', 'download'];

/** A paragraph with what it is about. */
interface MissClaim {
  monitorNo: number;
  failure: Failure;
  status: number | null;
  phase: string | null;
  ledger: readonly Fact[];
  spans: Span[];
}

/** Checks the paragraph on a group of near-misses as postmortems are checked: facts from the rows, words from the facts. */
export function verifyNearMisses(reader: Reader, claim: MissClaim): Claims {
  const { ledger, spans } = claim;
  const expected = expect(reader, claim);
  const failed: Claims['failed'] = [];
  for (const fact of ledger) {
    const reason =
      disagreement(fact, expected.get(fact.name, fact.about)) ?? (fact.rows.length > 0 ? null : 'it names no row');
    if (reason) failed.push({ blockId: 'ledger', text: `${fact.id} ${fact.name}`, reason });
  }
  const missing = expected.missing(ledger);
  for (const text of missing)
    failed.push({ blockId: 'ledger', text, reason: 'the rows give this fact, and it is not stated' });
  const text = checkText(asDocument(spans), ledger, []);
  const total = ledger.length + missing.length + text.total;
  const all = [...failed, ...text.findings];
  return { total, verified: total - all.length, failed: all };
}

function asDocument(spans: Span[]): PostmortemDocument {
  const layout = { as: 'paragraph' } as const;
  return {
    header: { incidentId: '', number: 0, title: '', rows: [] },
    sections: [
      { id: 'summary', title: '', blocks: [{ id: 'near-misses', origin: 'machine', stale: false, layout, spans }] },
    ],
    actions: [],
  };
}

interface Miss {
  started: number;
  ended: number;
  failed: number;
  status: number | null;
  phase: number;
}

function expect(reader: Reader, { monitorNo, failure, status, phase }: MissClaim): Expectation {
  const facts = new Expectation();
  const alike = reader
    .sql<Miss>(
      `SELECT refs ->> '$.firstBad.startedAt' AS started, refs ->> '$.firstGood.startedAt' AS ended, refs ->> '$.failed' AS failed,
         (SELECT status FROM checks c WHERE c.monitor_no = n.monitor_no AND c.at = first_bad_at AND c.location_no = first_bad_location_no) AS status,
         coalesce((SELECT max((dns_us IS NOT NULL) * 1, (connect_us IS NOT NULL) * 2, (tls_us IS NOT NULL) * 3,
             (first_byte_us IS NOT NULL) * 4, (download_us IS NOT NULL) * 5)
           FROM checks c WHERE c.monitor_no = n.monitor_no AND c.at = first_bad_at AND c.location_no = first_bad_location_no), 0) AS phase
       FROM near_misses n WHERE monitor_no = ? AND failure = ?`,
    )
    .all(monitorNo, failure)
    .filter((miss) => (PHASES[miss.phase - 1] ?? null) === phase && (failure !== 'status' || miss.status === status))
    .sort((a, b) => a.started - b.started);
  const newest = alike.at(-1)?.started ?? 0;
  const misses = alike.filter((miss) => miss.started > newest - 30 * DAY_MS);
  facts.words('missMonitor', configAt(reader, monitorNo, newest).name);
  facts.text('missFailure', describeFailure(failure, status));
  facts.text('missPhase', phase);
  facts.number('missCount', misses.length);
  facts.number(
    'missFailed',
    misses.reduce((sum, miss) => sum + miss.failed, 0),
  );
  facts.time('missFirstAt', misses[0]?.started ?? null);
  facts.time('missLastAt', misses.length > 0 ? newest : null);
  facts.number(
    'missLongestSeconds',
    misses.reduce((most, miss) => Math.max(most, miss.ended - miss.started), 0) / 1000,
  );
  for (const [i, miss] of misses.slice(-4).entries()) facts.time('missAt', miss.started, `p${i + 1}`);
  const incident = reader
    .sql<{ number: number }>(
      `SELECT min(i.number) AS number FROM patterns p JOIN incidents i ON i.id = p.incident_id WHERE p.monitor_no = ? AND p.failure = ?
       AND i.started_at <= ? AND i.ended_at >= ? AND i.resolved_reason IS NULL`,
    )
    .get(monitorNo, failure, newest, newest);
  if (typeof incident?.number === 'number') facts.number('missIncident', incident.number);
  return facts;
}
