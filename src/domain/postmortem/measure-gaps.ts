import type { FactName } from './facts.ts';
import type { Ledger } from './ledger.ts';
import { type Frame, policyRows } from './measure-incident.ts';
import type { DraftRows, Peer } from './rows.ts';
import { median } from './statistics.ts';

const GAP_NAMES = ['detect', 'alert', 'acknowledge', 'cause', 'fix', 'restore', 'statusUpdate', 'span'] as const;
export type GapName = (typeof GAP_NAMES)[number];

/** The gaps between the moments, and what they are held against. */
export function measureGaps(ledger: Ledger, rows: DraftRows, frame: Frame): void {
  const at = (name: FactName): number | null => {
    const fact = ledger.known(name);
    return fact ? Date.parse(String(fact.value)) : null;
  };
  const from = (...names: FactName[]) => names.flatMap((name) => ledger.get(name).rows);
  const seconds = (ms: number) => ms / 1000;
  const clamped = (ms: number) => Math.max(0, ms) / 1000;
  const gap = (name: FactName, later: FactName, earlier: FactName, bounds: { min?: number; max?: number } = {}) => {
    const value = gapSeconds(at(later), at(earlier));
    ledger.add(name, value, { ...bounds, rows: from(later, earlier) });
  };
  const { start, end } = frame;
  const detected = at('detectedAt') ?? start.best;

  const startRows = from('detectedAt', 'start');
  ledger.add('detectSeconds', seconds(detected - start.best), {
    min: seconds(detected - start.latest),
    max: seconds(detected - start.earliest),
    rows: startRows,
  });
  ledger.add('detectWaitSeconds', 0, { min: 0, max: seconds(start.best - start.earliest), rows: from('start') });
  ledger.add('detectConfirmSeconds', seconds(detected - start.best), { rows: startRows });
  const evaluated = rows.confirmedByImport ? null : gapSeconds(rows.record.recordedAt, detected);
  ledger.add('detectEvaluateSeconds', evaluated, { rows: [rows.record.id, ...from('detectedAt')] });
  gap('alertSeconds', 'alertedAt', 'detectedAt');
  gap('acknowledgeSeconds', 'acknowledgedAt', 'alertedAt');
  gap('causeSeconds', 'causeIdentifiedAt', 'acknowledgedAt');
  gap('fixSeconds', 'fixAppliedAt', 'causeIdentifiedAt');
  const toEnd = (since: number | null) =>
    end && since !== null ? { min: clamped(end.earliest - since), max: clamped(end.latest - since) } : {};
  gap('restoreSeconds', 'end', 'fixAppliedAt', toEnd(at('fixAppliedAt')));
  const told = at('statusUpdateAt');
  gap(
    'statusUpdateSeconds',
    'statusUpdateAt',
    'start',
    told === null ? {} : { min: clamped(told - start.latest), max: clamped(told - start.earliest) },
  );
  gap('recoverSeconds', 'end', 'detectedAt', toEnd(detected));
  measureUntold(ledger, rows, frame);
  measureTargets(ledger, rows);
  measureMedians(ledger, rows.peers);
}

/** How long nobody was told, or nobody took it on. */
function measureUntold(ledger: Ledger, rows: DraftRows, { start, end, until }: Frame): void {
  const at = (name: FactName): number | null => {
    const fact = ledger.known(name);
    return fact ? Date.parse(String(fact.value)) : null;
  };
  const last = end?.best ?? until;
  const since = (moment: number) => Math.max(0, last - moment) / 1000;
  const from = (...names: FactName[]) => names.flatMap((name) => ledger.get(name).rows);
  const alerted = at('alertedAt');
  if (alerted === null) {
    // Of history and of patterns nobody is told.
    if (rows.record.kind === 'pattern' || isImported(rows)) return;
    ledger.add('unalertedSeconds', since(at('detectedAt') ?? start.best), { rows: from('end', 'detectedAt') });
  } else if (at('acknowledgedAt') === null) {
    ledger.add('unacknowledgedSeconds', since(alerted), { rows: from('end', 'alertedAt') });
  }
}

/** History that was brought in: it was over before this system could tell anybody. */
export function isImported({
  confirmedByImport,
  monitors,
}: Pick<DraftRows, 'confirmedByImport' | 'monitors'>): boolean {
  return monitors.length > 0 && confirmedByImport;
}

/** Null when a moment is missing, or when they are the other way round. */
function gapSeconds(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null || later < earlier ? null : (later - earlier) / 1000;
}

/** The strictest target of the affected monitors; the policy's stands for a monitor that has none. */
function measureTargets(ledger: Ledger, rows: DraftRows): void {
  const { targets } = rows.policy.policy;
  const names = [
    ['targetDetectSeconds', 'detectSeconds'],
    ['targetAcknowledgeSeconds', 'acknowledgeSeconds'],
    ['targetStatusUpdateSeconds', 'statusUpdateSeconds'],
  ] as const;
  for (const [name, key] of names) {
    const set = rows.monitors.flatMap(({ id, config }) => {
      const own = config.targets[key];
      const seconds = own ?? targets[key];
      return seconds === null ? [] : { rows: own === null ? policyRows(rows) : [id], seconds };
    });
    if (set.length === 0) continue;
    const least = Math.min(...set.map(({ seconds }) => seconds));
    ledger.add(name, least, { rows: set.filter(({ seconds }) => seconds === least).flatMap((each) => each.rows) });
  }
}

const PEER_GAPS: Record<GapName, (peer: Peer) => number | null> = {
  detect: (p) => gapSeconds(p.detectedAt, p.startedAt),
  alert: (p) => gapSeconds(p.alertedAt, p.detectedAt),
  acknowledge: (p) => gapSeconds(p.acknowledgedAt, p.alertedAt),
  cause: (p) => gapSeconds(p.causeAt, p.acknowledgedAt),
  fix: (p) => gapSeconds(p.fixAt, p.causeAt),
  restore: (p) => gapSeconds(p.endedAt, p.fixAt),
  statusUpdate: (p) => gapSeconds(p.statusUpdateAt, p.startedAt),
  span: (p) => gapSeconds(p.endedAt, p.startedAt),
};

function measureMedians(ledger: Ledger, peers: Peer[]): void {
  for (const gap of GAP_NAMES) {
    const measured = peers.flatMap((peer) => {
      const seconds = PEER_GAPS[gap](peer);
      return seconds === null ? [] : { id: peer.id, seconds };
    });
    if (measured.length === 0) continue;
    const rows = measured.map(({ id }) => id);
    const middle = median(measured.map(({ seconds }) => seconds));
    ledger.add('serviceMedianSeconds', Math.round(middle * 1000) / 1000, { about: gap, rows });
    ledger.add('serviceMedianCount', measured.length, { about: gap, rows });
  }
}
