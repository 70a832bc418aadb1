import type { FactName } from '#src/domain/postmortem/facts.ts';
import { type Bounded, CALLS, type Case, median } from './case.ts';
import type { Expectation } from './expected.ts';

interface Moments {
  detected: number;
  alerted: number | null;
  acknowledged: number | null;
  cause: number | null;
  fix: number | null;
  statusUpdate: number | null;
}

const secondsOf = (ms: number) => ms / 1000;

/** The moments of an incident, the gaps between them, and what they are held against. */
export function expectMoments(of: Case, facts: Expectation): void {
  const moments = momentsOf(of);
  facts.time('detectedAt', moments.detected);
  facts.time('alertedAt', moments.alerted);
  facts.time('acknowledgedAt', moments.acknowledged);
  facts.time('diagnosticAt', first(of, 'diagnostic'));
  facts.time('causeIdentifiedAt', moments.cause);
  facts.time('fixAppliedAt', moments.fix);
  facts.time('statusUpdateAt', moments.statusUpdate);
  facts.time('resolvedAt', of.row.resolved_at);
  expectDetection(of, moments, facts);
  expectGaps(of, moments, facts);
  expectTargets(of, facts);
}

function first(of: Case, kind: string): number | null {
  const times = of.entries.filter((entry) => entry.kind === kind && entry.at >= of.start.min).map((entry) => entry.at);
  return times.length > 0 ? Math.min(...times) : null;
}

function momentsOf(of: Case): Moments {
  const acknowledged = [of.row.acknowledged_at, first(of, 'acknowledged')].filter((at) => at !== null);
  const fixes = of.entries.filter((e) => e.kind === 'fix_applied' && e.at >= of.start.min).map((e) => e.at);
  const before = fixes.filter((at) => of.end === null || at <= of.end.max);
  const fix = before.length > 0 ? Math.max(...before) : fixes.length > 0 ? Math.min(...fixes) : null;
  return {
    detected: of.detectedAt,
    alerted: of.alertedAt,
    acknowledged: acknowledged.length > 0 ? Math.min(...acknowledged) : null,
    cause: first(of, 'cause_identified'),
    fix,
    statusUpdate: first(of, 'status_update'),
  };
}

function expectDetection(of: Case, { detected }: Moments, facts: Expectation): void {
  const { start, row, windows } = of;
  facts.bounded('detectSeconds', {
    value: secondsOf(detected - start.value),
    min: secondsOf(detected - start.max),
    max: secondsOf(detected - start.min),
  });
  facts.bounded('detectWaitSeconds', { value: 0, min: 0, max: secondsOf(start.value - start.min) });
  facts.number('detectConfirmSeconds', secondsOf(detected - start.value));
  const confirming = windows.find((w) => w.confirmed.endedAt === detected);
  const check =
    confirming &&
    of.reader
      .sql<{ origin: number }>('SELECT origin FROM checks WHERE monitor_no = ? AND at = ? AND location_no = ?')
      .get(confirming.monitorNo, confirming.confirmed.at, confirming.confirmed.locationNo);
  const evaluated = row.recorded_at - detected;
  facts.number('detectEvaluateSeconds', check && check.origin !== 2 && evaluated >= 0 ? secondsOf(evaluated) : null);
}

/** Its first confirming check was imported, or is no longer there. */
function isImported({ reader, windows, detectedAt }: Case): boolean {
  const confirming = windows.find((w) => w.confirmed.endedAt === detectedAt);
  if (!confirming) return false;
  const { at, locationNo } = confirming.confirmed;
  const row = reader
    .sql<{ origin: number }>('SELECT origin FROM checks WHERE monitor_no = ? AND at = ? AND location_no = ?')
    .get(confirming.monitorNo, at, locationNo);
  return row?.origin === 2 || row === undefined;
}

function gap(from: number | null, to: number | null): number | null {
  return from === null || to === null || to < from ? null : secondsOf(to - from);
}

function toEnd(of: Case, from: number | null): Bounded {
  const { end } = of;
  const value = gap(from, end?.value ?? null);
  if (value === null || from === null || end === null) return { value: null };
  return { value, min: Math.max(0, secondsOf(end.min - from)), max: Math.max(0, secondsOf(end.max - from)) };
}

function expectGaps(of: Case, m: Moments, facts: Expectation): void {
  const gaps: [FactName, number | null, number | null][] = [
    ['alertSeconds', m.detected, m.alerted],
    ['acknowledgeSeconds', m.alerted, m.acknowledged],
    ['causeSeconds', m.acknowledged, m.cause],
    ['fixSeconds', m.cause, m.fix],
  ];
  for (const [name, from, to] of gaps) facts.number(name, gap(from, to));
  facts.bounded('restoreSeconds', toEnd(of, m.fix));
  facts.bounded('recoverSeconds', toEnd(of, m.detected));
  const told = gap(of.start.value, m.statusUpdate);
  facts.bounded(
    'statusUpdateSeconds',
    told === null || m.statusUpdate === null
      ? { value: null }
      : {
          value: told,
          min: Math.max(0, secondsOf(m.statusUpdate - of.start.max)),
          max: secondsOf(m.statusUpdate - of.start.min),
        },
  );
  const over = of.end?.value ?? of.until;
  if (m.alerted === null) {
    if (of.row.kind !== 'pattern' && !isImported(of))
      facts.number('unalertedSeconds', Math.max(0, secondsOf(over - m.detected)));
  } else if (m.acknowledged === null) facts.number('unacknowledgedSeconds', Math.max(0, secondsOf(over - m.alerted)));
}

function smallest(values: (number | null | undefined)[]): number | null {
  const given = values.filter((value) => value !== null && value !== undefined);
  return given.length > 0 ? Math.min(...given) : null;
}

function expectTargets(of: Case, facts: Expectation): void {
  const target = (name: FactName, pick: 'detectSeconds' | 'acknowledgeSeconds' | 'statusUpdateSeconds') => {
    const value = smallest(of.monitors.map((m) => m.config.targets?.[pick] ?? of.policy.targets[pick]));
    if (value !== null) facts.number(name, value);
    return value;
  };
  const detect = target('targetDetectSeconds', 'detectSeconds');
  const acknowledge = target('targetAcknowledgeSeconds', 'acknowledgeSeconds');
  const update = target('targetStatusUpdateSeconds', 'statusUpdateSeconds');
  expectMedians(of, facts);
  const proposed = (about: string, value: number) => facts.set('proposedSeconds', { value, optional: true }, about);
  proposed('detect', detect ?? 120);
  proposed('alert', 60);
  proposed('acknowledge', acknowledge ?? 300);
  proposed('statusUpdate', update ?? 900);
  for (const about of ['cause', 'fix', 'restore', 'recover'] as const) {
    const measured = facts.get(`${about}Seconds`)?.value;
    if (typeof measured !== 'number') continue;
    const usual = facts.get('serviceMedianSeconds', about)?.value;
    const wanted = typeof usual === 'number' && usual < measured ? usual : measured / 2;
    proposed(about, wanted >= 120 ? Math.ceil(wanted / 60) * 60 : Math.ceil(wanted));
  }
  const confirm = secondsOf(of.detectedAt - of.start.value);
  for (const monitor of of.monitors) {
    const wanted = Math.min((detect ?? 120) - confirm, monitor.config.intervalSeconds / 2);
    const value = Math.floor(Math.max(5, wanted));
    facts.set('proposedIntervalSeconds', { value, optional: true }, monitor.id);
  }
}

interface Peer {
  id: string;
  started_at: number;
  ended_at: number | null;
  detected_at: number;
  acknowledged_at: number | null;
}

function expectMedians(of: Case, facts: Expectation): void {
  const { reader, row, start, monitors } = of;
  const same =
    row.service !== null
      ? 'service = ?'
      : 'id IN (SELECT incident_id FROM windows WHERE monitor_no IN (SELECT value FROM json_each(?)))';
  const peers = reader
    .sql<Peer>(
      `SELECT * FROM incidents WHERE kind = 'outage' AND resolved_at IS NOT NULL AND started_at < ? AND id <> ? AND ${same}
       ORDER BY started_at DESC LIMIT 20`,
    )
    .all(start.value, row.id, row.service ?? JSON.stringify(monitors.map((m) => m.no)));
  const gaps = new Map<string, number[]>();
  const add = (about: string, from: number | null, to: number | null) => {
    const value = gap(from, to);
    if (value !== null) gaps.set(about, [...(gaps.get(about) ?? []), value]);
  };
  for (const peer of peers) {
    const alerted = reader
      .sql<{ at: number | null }>(
        `SELECT min(delivered_at) AS at FROM alerts JOIN channels ON channels.no = channel_no WHERE incident_id = ? AND human = 1 AND ${CALLS}`,
      )
      .get(peer.id)?.at;
    const entry = (kind: string) =>
      reader
        .sql<{ at: number | null }>(
          'SELECT min(at) AS at FROM timeline_entries WHERE incident_id = ? AND kind = ? AND at >= ?',
        )
        .get(peer.id, kind, peer.started_at)?.at ?? null;
    const cause = entry('cause_identified');
    const fix = entry('fix_applied');
    add('detect', peer.started_at, peer.detected_at);
    add('alert', peer.detected_at, alerted ?? null);
    add('acknowledge', alerted ?? null, peer.acknowledged_at);
    add('cause', peer.acknowledged_at, cause);
    add('fix', cause, fix);
    add('restore', fix, peer.ended_at);
    add('statusUpdate', peer.started_at, entry('status_update'));
    add('span', peer.started_at, peer.ended_at);
  }
  for (const [about, values] of gaps) {
    facts.number('serviceMedianSeconds', Math.round((median(values) ?? 0) * 1000) / 1000, about);
    facts.number('serviceMedianCount', values.length, about);
  }
}
