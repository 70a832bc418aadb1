import type { Claims, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import type { Reader } from '#src/store/database.ts';
import { readCase } from './case.ts';
import { checkChart } from './chart.ts';
import { checkFacts } from './facts.ts';
import { checkRendered, type Rendered } from './rendered.ts';
import { checkStructure } from './structure.ts';
import { checkTemplate } from './template.ts';
import { checkText, figuresOfPeople } from './text.ts';

export interface ToVerify {
  incidentId: string;
  ledger: readonly Fact[];
  document: PostmortemDocument;
  /** As it is handed out: each is read and held against the document. */
  rendered?: readonly Rendered[];
}

/**
 * Checks a postmortem without trusting it: every fact is computed again from the rows, every figure in its words must
 * be a fact that the sentence cites, and the whole must hang together. Shares no code with what drew it.
 * `unresolved` are figures in people's own words that no fact states.
 */
export function verifyPostmortem(reader: Reader, { incidentId, ledger, document, rendered = [] }: ToVerify): Claims {
  const keys = namesAround(reader, incidentId);
  const facts = checkFacts(reader, incidentId, ledger);
  const text = checkText(document, ledger, keys);
  const structure = checkStructure(reader, incidentId, document, ledger);
  const of = readCase(reader, incidentId, ledger);
  const template = of ? checkTemplate(of.policy, document) : { total: 0, findings: [] };
  const chart = of ? checkChart(of, document, ledger) : { total: 0, findings: [] };
  const failed = [
    ...facts.findings.map(({ factId, name, reason }) => ({
      blockId: 'ledger',
      text: factId ? `${factId} ${name}` : name,
      reason,
    })),
    ...text.findings,
    ...structure.findings,
    ...template.findings,
    ...chart.findings,
  ];
  let total = facts.total + text.total + structure.total + template.total + chart.total;
  for (const one of rendered) {
    const findings = checkRendered(one, { document, ledger });
    total += Math.max(1, findings.length);
    failed.push(...findings);
  }
  const unresolved = figuresOfPeople(document, ledger);
  return { total, verified: total - failed.length, failed, ...(unresolved.length > 0 && { unresolved }) };
}

/** Keys and hosts of the affected monitors, and keys of the channels that were told: names that hold no figures. */
function namesAround(reader: Reader, incidentId: string): string[] {
  const monitors = reader
    .sql<{ key: string; config: string }>(
      'SELECT DISTINCT m.key, r.config FROM windows w JOIN monitors m ON m.no = w.monitor_no JOIN monitor_revisions r ON r.monitor_no = m.no WHERE w.incident_id = ?',
    )
    .all(incidentId);
  const hosts = monitors.flatMap(
    ({ config }) => URL.parse((JSON.parse(config) as { url: string }).url)?.hostname ?? [],
  );
  const channels = reader
    .sql<{ key: string }>(
      'SELECT DISTINCT c.key FROM channels c JOIN alerts a ON a.channel_no = c.no WHERE a.incident_id = ?',
    )
    .all(incidentId);
  return [...new Set([...monitors, ...channels].map((row) => row.key)), ...new Set(hosts)];
}
