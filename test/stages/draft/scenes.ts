import { createDetector } from '#src/detect/detector.ts';
import { type CheckResult, type CheckRow, type Failure, NO_PHASES, type Verdict } from '#src/domain/check.ts';
import type { MonitorConfig } from '#src/domain/monitor.ts';
import { insertCheck } from '#src/store/checks.ts';
import type { Tx } from '#src/store/database.ts';
import { readIncidents, touchIncident } from '#src/store/incidents.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { derivedId } from '#src/store/new-id.ts';
import { checkResult, checkRow, monitorConfig } from '../../support/fixtures.ts';
import { handClock, type TempStore, tempStore } from '../../support/temp-store.ts';

/** 2026-03-03T14:26:40Z, a Tuesday: when the first bad check of a scene starts. */
export const START = Date.UTC(2026, 2, 3, 14, 26, 40);

export interface Scene extends Disposable {
  store: TempStore;
  clock: ReturnType<typeof handClock>;
  /** Checks of a monitor each `everySeconds` from `from` up to before `to`, in seconds from START. */
  run(monitorNo: number, from: number, to: number, everySeconds: number, what?: Symptom): void;
  /** Folds what was run, in the order of time. */
  flush(): void;
  deliver(options?: { failures?: number }): void;
  entry(kind: string, at: number, text: string, options?: { recordedAt?: number; source?: string }): void;
  change(at: number, title: string, options?: { kind?: string; service?: string | null }): void;
  incidentId(): string;
}

export interface Symptom {
  verdict?: Verdict;
  failure?: Failure;
  status?: number;
  durationMs?: number;
}

const PHASES: Record<string, CheckResult['phases']> = {
  'connect-refused': { ...NO_PHASES, dns: 2 },
  'dns-error': NO_PHASES,
};

export function scene(...configs: Partial<MonitorConfig>[]): Scene {
  const clock = handClock(START - 70 * 86_400_000);
  const store = tempStore(clock);
  store.transact((tx) => {
    tx.sql("INSERT INTO locations (name) VALUES ('default'), ('far')").run();
    tx.sql(
      "INSERT INTO channels (id, key, type, config, human, created_at, updated_at) VALUES ('chn_1', 'on-call', 'webhook', '{}', 1, 0, 0)",
    ).run();
    configs.forEach((config, i) => {
      insertMonitor(tx, `mon_0000000000000000000000000${i + 1}`, monitorConfig(config));
    });
  });
  const detector = createDetector({ store, publicUrl: () => 'http://hindcast.test' });
  let pending: { row: CheckRow; result: CheckResult }[] = [];
  let counter = 0;
  const nextId = (prefix: string) => `${prefix}_${String(++counter).padStart(26, '0')}`;
  const incidentId = () =>
    readIncidents(store.reader, { status: null, service: null, before: null, limit: 1 }, clock.now())[0]?.id ?? '';

  return {
    store,
    clock,
    run(monitorNo, from, to, everySeconds, what = {}) {
      for (let second = from; second < to; second += everySeconds) {
        const at = START + second * 1000;
        const { durationMs, ...rest } = what;
        const sketch = { at, monitorNo, durationMs: durationMs ?? 118 + (second % 7), ...rest };
        const phases = rest.failure ? PHASES[rest.failure] : undefined;
        const result = checkResult(sketch);
        const row = checkRow(sketch);
        const full = phases ?? { dns: 2, connect: 9, tls: 21, firstByte: 60, download: 1 };
        const known = rest.failure === 'first-byte-timeout' ? { ...full, firstByte: null, download: null } : full;
        pending.push({ row: { ...row, phases: known }, result: { ...result, phases: known } });
      }
    },
    flush() {
      pending.sort((a, b) => a.row.at - b.row.at || a.row.monitorNo - b.row.monitorNo);
      for (const { row, result } of pending) {
        clock.set(Math.max(clock.now(), row.endedAt + 20));
        store.transact((tx) => {
          if (insertCheck(tx, row, result, 'scheduled')) detector.apply(tx, [row], { alerts: true });
        });
      }
      pending = [];
      store.transact(nameAlerts);
    },
    deliver({ failures = 0 } = {}) {
      store.transact((tx) => {
        const waiting = tx
          .sql<{ id: string; created_at: number; incident_id: string }>(
            "SELECT id, created_at, incident_id FROM alerts WHERE state = 'pending' ORDER BY created_at",
          )
          .all();
        for (const [index, alert] of waiting.entries()) {
          const failed = index === 0 ? failures : 0;
          for (let attempt = 1; attempt <= failed + 1; attempt++) {
            const at = alert.created_at + attempt * 1100;
            tx.sql(
              'INSERT INTO alert_attempts (alert_id, attempt, started_at, ended_at, outcome, status_code, detail) VALUES (?,?,?,?,?,?,?)',
            ).run(
              alert.id,
              attempt,
              at - 200,
              at,
              attempt > failed ? 'sent' : 'retry',
              attempt > failed ? 200 : 503,
              null,
            );
          }
          const done = alert.created_at + (failed + 1) * 1100;
          tx.sql("UPDATE alerts SET state = 'delivered', attempts = ?, delivered_at = ? WHERE id = ?").run(
            failed + 1,
            done,
            alert.id,
          );
          touchIncident(tx, alert.incident_id);
        }
      });
    },
    entry(kind, at, text, { recordedAt, source = 'person' } = {}) {
      store.transact((tx) => {
        tx.sql(
          'INSERT INTO timeline_entries (id, incident_id, at, recorded_at, kind, source, by, text) VALUES (?,?,?,?,?,?,?,?)',
        ).run(
          nextId('evt'),
          incidentId(),
          START + at * 1000,
          START + (recordedAt ?? at + 5) * 1000,
          kind,
          source,
          'Ada Example',
          text,
        );
        if (kind === 'acknowledged') {
          tx.sql('UPDATE incidents SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ?').run(
            START + at * 1000,
            'Ada Example',
            incidentId(),
          );
        }
        touchIncident(tx, incidentId());
      });
    },
    change(at, title, { kind = 'deploy', service = null } = {}) {
      store.transact((tx) => {
        tx.sql('INSERT INTO changes (id, at, recorded_at, kind, service, title) VALUES (?,?,?,?,?,?)').run(
          nextId('chg'),
          START + at * 1000,
          START + at * 1000,
          kind,
          service,
          title,
        );
      });
    },
    incidentId,
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

/** Ids that are the same in each run, so that drafts are. */
function nameAlerts(tx: Tx): void {
  const alerts = tx
    .sql<{ id: string; incident: string; at: number; channel: number; sequence: number }>(
      "SELECT id, incident_id AS incident, created_at AS at, channel_no AS channel, sequence FROM alerts WHERE state = 'pending'",
    )
    .all();
  for (const { id, incident, at, channel, sequence } of alerts)
    tx.sql('UPDATE alerts SET id = ? WHERE id = ?').run(derivedId('msg', at, incident, channel, sequence), id);
}

const TARGETS = { detectSeconds: 120, acknowledgeSeconds: 300, statusUpdateSeconds: 900, uptimePercent: 99.9 };

const CHECKOUT: Partial<MonitorConfig> = {
  key: 'checkout-api',
  name: 'Checkout API',
  url: 'https://shop.example/health',
  service: 'checkout',
  owner: 'payments on-call',
  severity: 'critical',
  intervalSeconds: 60,
  channels: ['on-call'],
  impact: { summary: 'Customers cannot pay.', usersPerMinute: 50 },
  targets: TARGETS,
};

/** (a) Refused, then 503, then slow, then fine; alerted, acknowledged, explained, and a deploy 6 min before. */
export function shortOutage(): Scene {
  const s = scene(
    CHECKOUT,
    { key: 'docs', name: 'Docs', url: 'https://docs.example/', service: 'docs' },
    { key: 'status-page', name: 'Status page', url: 'https://status.example/', service: 'status' },
  );
  s.change(-388, 'Release 4812: new cart totals', { service: 'checkout' });
  s.change(-40_000, 'Raise connection pool to 40 https://ci.example/run/9?token=abc123', {
    kind: 'config',
    service: 'checkout',
  });
  s.run(1, -3600, 0, 60);
  s.run(1, 0, 390, 5, { verdict: 'down', failure: 'connect-refused' });
  s.run(1, 390, 875, 5, { verdict: 'down', status: 503 });
  s.run(1, 875, 890, 5, { verdict: 'degraded', durationMs: 2400 });
  s.run(1, 890, 1500, 60);
  s.run(2, -3600, 1500, 60);
  s.run(3, -3600, 1500, 60);
  s.flush();
  s.deliver();
  s.entry('acknowledged', 140, '');
  s.entry('diagnostic', 260, 'Pods restart in a loop; ask bob@shop.example');
  s.entry('note', 300, '<b>Rolling back</b> [now](http://evil.example/?x=1) see @ops');
  s.entry('cause_identified', 560, 'The release was the root cause: cart totals divide by zero', { recordedAt: 2400 });
  s.entry('fix_applied', 770, 'Rolled back to 4811');
  s.entry('status_update', 1020, 'Payments are failing, we are working on it');
  return s;
}

/** (b) Thirteen of thirty-two minutes down, in nine windows. */
export function flapping(): Scene {
  const s = scene({ ...CHECKOUT, key: 'web', name: 'Web app', service: 'web', intervalSeconds: 30, impact: null });
  s.run(1, -1800, 0, 30);
  s.run(1, 0, 120, 30, { verdict: 'down', status: 503 });
  s.run(1, 120, 420, 30);
  for (let from = 420; from < 1920; from += 180) {
    s.run(1, from, from + 90, 30, { verdict: 'down', status: 503 });
    s.run(1, from + 90, from + 180, 30);
  }
  s.run(1, 1920, 3600, 30);
  s.flush();
  s.deliver({ failures: 2 });
  s.entry('note', 120, 'Processes restarted by hand, back up');
  s.entry('note', 1200, 'Began purging message queues');
  s.entry('note', 1980, 'Team regrouped and moved to mitigations');
  return s;
}

/** (c) Failing from its very first check, with nobody to tell. */
export function fromTheFirst(): Scene {
  const s = scene({ key: 'new-site', name: 'New site', url: 'https://new.example/', intervalSeconds: 60 });
  s.run(1, 0, 600, 5, { verdict: 'down', failure: 'dns-error' });
  s.run(1, 600, 900, 60);
  s.flush();
  return s;
}

/** (d) Two monitors of one service, the second joins 40 s later; a third one is fine; part of it unobserved. */
export function joined(): Scene {
  const s = scene(
    { ...CHECKOUT, impact: { summary: null, usersPerMinute: null } },
    { ...CHECKOUT, key: 'payments-api', name: 'Payments API', url: 'https://pay.example/health', impact: null },
    { key: 'docs', name: 'Docs', url: 'https://docs.example/', service: 'docs' },
  );
  for (const [no, from, to] of [
    [1, 0, 900],
    [2, 40, 640],
  ] as const) {
    s.run(no, -3600 + (no - 1) * 10, from, 60, from > 0 ? {} : {});
    s.run(no, from, to, 5, { verdict: 'down', failure: 'first-byte-timeout', durationMs: 5000 });
    s.run(no, to, 1500, 60);
  }
  s.run(3, -3600, 1500, 60);
  s.flush();
  s.store.transact((tx) =>
    tx
      .sql("INSERT INTO unobserved (monitor_no, from_at, to_at, reason) VALUES (NULL, ?, ?, 'process-down')")
      .run(START + 300_000, START + 390_000),
  );
  s.deliver();
  s.entry('acknowledged', 600, 'Looking');
  s.entry('fix_applied', 1200, 'Restarted the database proxy');
  s.entry('resolved', 500, 'All good again');
  return s;
}

/** (e) Still failing. */
export function stillOpen(): Scene {
  const s = scene(CHECKOUT, { key: 'docs', name: 'Docs', url: 'https://docs.example/', service: 'docs' });
  s.run(1, -3600, -240, 60);
  s.run(1, -240, 0, 60, { durationMs: 900 });
  s.run(1, 0, 500, 5, { verdict: 'down', status: 500 });
  s.run(2, -3600, 500, 60);
  s.flush();
  s.deliver();
  return s;
}

/** (f) Three failures in an hour and a half, each over before it was confirmed. */
export function brieflyFailing(): Scene {
  const s = scene(CHECKOUT, { key: 'docs', name: 'Docs', url: 'https://docs.example/', service: 'docs' });
  const at = [0, 2400, 5400];
  s.change(-900, 'Move the cache to another node', { kind: 'infrastructure', service: 'checkout' });
  s.run(1, -3600, 0, 60);
  for (const [i, from] of at.entries()) {
    s.run(1, from, from + 5, 5, { verdict: 'down', failure: 'connect-refused' });
    s.run(1, from + 5, from + 15, 5);
    s.run(1, from + 60, at[i + 1] ?? from + 1200, 60);
  }
  s.run(2, -3600, 6600, 60);
  s.flush();
  return s;
}

const DAY = 86_400;

/** (g) The same thing a third time: 34 days and 9 days before it answered 503 as well, and once it was refused. */
export function recurring(): Scene {
  const s = scene(CHECKOUT);
  const outage = (from: number, seconds: number, what: Symptom) => {
    s.run(1, from - 1200, from, 60);
    s.run(1, from, from + seconds, 5, { verdict: 'down', ...what });
    s.run(1, from + seconds, from + seconds + 600, 60);
    s.flush();
  };
  outage(-34 * DAY, 300, { status: 503 });
  s.entry('cause_identified', -34 * DAY + 200, 'Connection pool of the database exhausted, asked ops@shop.example');
  outage(-20 * DAY, 120, { failure: 'connect-refused' });
  outage(-9 * DAY - 7200, 240, { status: 503 });
  outage(0, 300, { status: 503 });
  return s;
}

export const SCENES = { shortOutage, flapping, fromTheFirst, joined, stillOpen, brieflyFailing, recurring };
