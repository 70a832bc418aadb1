import type { Ledger } from './ledger.ts';
import type { DraftRows } from './rows.ts';

/** Where a team has set no target: detected within 2 min, delivered within 1, acknowledged within 5, said within 15. */
const DEFAULTS = { detect: 120, alert: 60, acknowledge: 300, statusUpdate: 900 } as const;
const TARGETS = {
  detect: 'targetDetectSeconds',
  acknowledge: 'targetAcknowledgeSeconds',
  statusUpdate: 'targetStatusUpdateSeconds',
} as const;
const MEASURED = {
  cause: 'causeSeconds',
  fix: 'fixSeconds',
  restore: 'restoreSeconds',
  recover: 'recoverSeconds',
} as const;
const MIN_INTERVAL_SECONDS = 5;

/** The numbers that actions propose: what a gap is to be brought down to. */
export function measureProposals(ledger: Ledger, { record, monitors }: DraftRows): void {
  for (const gap of ['detect', 'alert', 'acknowledge', 'statusUpdate'] as const) {
    const target = gap === 'alert' ? null : ledger.known(TARGETS[gap]);
    ledger.add('proposedSeconds', target ? Number(target.value) : DEFAULTS[gap], {
      about: gap,
      rows: target?.rows ?? [record.id],
    });
  }
  for (const gap of ['cause', 'fix', 'restore', 'recover'] as const) {
    const measured = ledger.known(MEASURED[gap]);
    if (!measured) continue;
    const usual = ledger.known('serviceMedianSeconds', gap);
    const value = Number(measured.value);
    const aim = usual && Number(usual.value) < value ? Number(usual.value) : value / 2;
    const rounded = aim >= 120 ? Math.ceil(aim / 60) * 60 : Math.ceil(aim);
    ledger.add('proposedSeconds', rounded, { about: gap, rows: measured.rows });
  }
  const room = ledger.number('proposedSeconds', 'detect') - ledger.number('detectConfirmSeconds');
  for (const { id, config } of monitors) {
    const seconds = Math.floor(Math.max(MIN_INTERVAL_SECONDS, Math.min(room, config.intervalSeconds / 2)));
    ledger.add('proposedIntervalSeconds', seconds, { about: id, rows: [id] });
  }
}
