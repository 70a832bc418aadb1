import { CALLS, type Case, windowEnd } from './case.ts';
import type { Expectation } from './expected.ts';

const LATE_MS = 600_000;

/** Alerts and their attempts, and what people and integrations said. */
export function expectTold(of: Case, facts: Expectation): void {
  expectAlerts(of, facts);
  expectEntries(of, facts);
}

interface AlertRow {
  id: string;
  key: string;
  human: number;
  event: string;
  state: string;
  created_at: number;
  delivered_at: number | null;
  undeliverable_reason: string | null;
}

function expectAlerts(of: Case, facts: Expectation): void {
  const alerts = of.reader
    .sql<AlertRow>(
      `SELECT a.*, c.key, c.human FROM alerts a JOIN channels c ON c.no = a.channel_no
       WHERE a.incident_id = ? AND a.state <> 'silenced' AND a.${CALLS}`,
    )
    .all(of.row.id);
  for (const alert of alerts) {
    facts.text('alertChannel', alert.key, alert.id);
    facts.text('alertEvent', alert.event, alert.id);
    facts.time('alertQueuedAt', alert.created_at, alert.id);
    facts.time('alertDeliveredAt', alert.delivered_at, alert.id);
    expectAttempts(of, alert.id, facts);
    if (alert.state === 'undeliverable')
      facts.words('alertGivenUp', alert.undeliverable_reason ?? 'undeliverable', alert.id);
  }
  const toPeople = alerts.filter((alert) => alert.human === 1);
  facts.number('alertCount', toPeople.length);
  facts.number('deliveredCount', toPeople.filter((alert) => alert.delivered_at !== null).length);
}

function expectAttempts(of: Case, id: string, facts: Expectation): void {
  const attempts = of.reader
    .sql<{ outcome: string; ended_at: number; status_code: number | null; detail: string | null }>(
      'SELECT outcome, ended_at, status_code, detail FROM alert_attempts WHERE alert_id = ? AND outcome IS NOT NULL ORDER BY attempt',
    )
    .all(id);
  const failed = attempts.filter((attempt) => attempt.outcome !== 'sent');
  facts.number('alertAttempts', attempts.length, id);
  facts.number('alertFailedAttempts', failed.length, id);
  const last = failed.at(-1);
  if (!last) return;
  const ends = failed.map((attempt) => attempt.ended_at);
  facts.time('alertFirstFailedAt', Math.min(...ends), id);
  facts.time('alertLastFailedAt', Math.max(...ends), id);
  if (last.status_code !== null) facts.text('alertFailure', `HTTP ${last.status_code}`, id);
  else facts.words('alertFailure', last.detail ?? 'no answer', id);
}

function expectEntries(of: Case, facts: Expectation): void {
  for (const entry of of.entries) {
    facts.time('entryAt', entry.at, entry.id);
    facts.time('entryRecordedAt', entry.recorded_at, entry.id);
    facts.words('entryText', entry.text, entry.id);
    if (entry.recorded_at - entry.at > LATE_MS)
      facts.number('entryLateSeconds', (entry.recorded_at - entry.at) / 1000, entry.id);
    if (entry.kind !== 'status_update') continue;
    if (entry.at >= of.start.value) facts.number('entryDelaySeconds', (entry.at - of.start.value) / 1000, entry.id);
    const down = of.monitors.filter(({ windows }) =>
      windows.some((window) => {
        const isOpen = of.open && !window.firstGood && window.abandonedAt === null;
        return window.firstBad.startedAt <= entry.at && (isOpen || entry.at < windowEnd(of, window).value);
      }),
    );
    facts.number('downAtUpdate', down.length, entry.id);
  }
}
