import { createDetector } from '#src/detect/detector.ts';
import { onIncidentEvent } from '#src/detect/people.ts';
import { createPolicy } from '#src/detect/policy.ts';
import type { AlertPayload } from '#src/domain/alert.ts';
import type { CheckRow } from '#src/domain/check.ts';
import type { Escalation } from '#src/domain/escalation.ts';
import type { MonitorConfig } from '#src/domain/monitor.ts';
import type { Silence } from '#src/domain/silence.ts';
import { insertCheck } from '#src/store/checks.ts';
import { putEscalation } from '#src/store/escalations.ts';
import { putIncident, readIncidentRecord } from '#src/store/incidents.ts';
import { insertMonitor } from '#src/store/monitors.ts';
import { insertSilence } from '#src/store/silences.ts';
import { checkResult, checkRow, monitorConfig, T0 } from '../../support/fixtures.ts';
import { handClock, tempStore } from '../../support/temp-store.ts';

const URL = 'http://hindcast.test';
export const CHANNELS = ['on-call', 'boss', 'cto'];

interface Told {
  /** Seconds after T0 at which it may be sent. */
  at: number;
  channel: string;
  event: string;
  reason: string | null;
  state: string;
  payload: AlertPayload | null;
}

/** Detection and policy on a real database, with a clock that is set by hand. Everything queued counts as delivered. */
export function policyRig(...configs: Partial<MonitorConfig>[]) {
  const clock = handClock(T0);
  const store = tempStore(clock);
  store.transact((tx) => {
    tx.sql("INSERT INTO locations (name) VALUES ('default')").run();
    for (const key of CHANNELS)
      tx.sql(
        "INSERT INTO channels (id, key, type, config, human, created_at, updated_at) VALUES (?, ?, 'webhook', '{}', 1, 0, 0)",
      ).run(`chn_${key}`, key);
    configs.forEach((config, i) => {
      insertMonitor(tx, `mon_${i + 1}`, monitorConfig({ key: `m${i + 1}`, name: `Monitor ${i + 1}`, ...config }));
    });
  });
  let detector = createDetector({ store, publicUrl: () => URL });
  let policy = createPolicy({ store, clock, publicUrl: () => URL });

  /** One check of each, `seconds` after T0, at which the clock then stands. */
  function check(seconds: number, verdict: 'up' | 'down', ...monitorNos: number[]): void {
    clock.set(T0 + seconds * 1000);
    store.transact((tx) => {
      const rows: CheckRow[] = [];
      for (const monitorNo of monitorNos) {
        const sketch = { at: T0 + seconds * 1000, verdict, monitorNo };
        const row = checkRow(sketch);
        if (insertCheck(tx, row, checkResult(sketch), 'scheduled')) rows.push(row);
      }
      detector.apply(tx, rows, { alerts: true });
    });
  }

  /** Lets time pass to `seconds` after T0 with a look at each moment that the policy asks for, and delivers at once. */
  async function until(seconds: number): Promise<void> {
    const end = T0 + seconds * 1000;
    for (let looks = 0; ; looks++) {
      if (looks > 10_000) throw new Error('the policy asks to be woken for ever');
      const { wakeAt } = await policy.pass();
      deliver();
      if (wakeAt === null || wakeAt > end) break;
      clock.set(Math.max(clock.now() + 1, wakeAt));
    }
    clock.set(end);
    await policy.pass();
    deliver();
  }

  function deliver(): void {
    store.transact((tx) =>
      tx
        .sql(
          "UPDATE alerts SET state = 'delivered', delivered_at = ? WHERE state = 'pending' AND payload IS NOT NULL AND next_at <= ?",
        )
        .run(tx.now, tx.now),
    );
  }

  return {
    store,
    clock,
    check,
    until,
    /** Confirmed down from the second of two checks 5 s apart. */
    fail(seconds: number, ...monitorNos: number[]) {
      check(seconds - 5, 'down', ...monitorNos);
      check(seconds, 'down', ...monitorNos);
    },
    recover(seconds: number, ...monitorNos: number[]) {
      check(seconds - 5, 'up', ...monitorNos);
      check(seconds, 'up', ...monitorNos);
    },
    /** As after a restart: nothing is remembered but rows. */
    restart() {
      detector = createDetector({ store, publicUrl: () => URL });
      policy = createPolicy({ store, clock, publicUrl: () => URL });
    },
    escalation(fields: Partial<Escalation> & Pick<Escalation, 'steps'>) {
      const blank = { id: 'esc_1', key: 'ladder', name: 'Ladder', repeat: null, reminders: null, quietHours: null };
      store.transact((tx) => putEscalation(tx, { ...blank, ...fields }));
    },
    silence(fields: Partial<Silence> & Pick<Silence, 'endsAt'>) {
      const matchers = { monitors: [], services: [], tags: [], incidents: [] };
      const words = { reason: 'a known fault', by: 'on-call', id: 'sil_1' };
      const times = { startsAt: clock.now(), createdAt: clock.now() };
      store.transact((tx) => insertSilence(tx, { ...matchers, ...words, ...times, ...fields }));
    },
    acknowledge(number = 1) {
      store.transact((tx) => {
        const record = readIncidentRecord(tx, String(number));
        if (!record) throw new Error('there is no such incident');
        putIncident(tx, { ...record, acknowledgedAt: tx.now, acknowledgedBy: 'on-call' });
        onIncidentEvent(tx, record.id, 'incident.acknowledged', URL);
      });
    },
    /** The outbox in the order in which it leaves. */
    told(): Told[] {
      return store.reader
        .sql<Omit<Told, 'payload'> & { payload: string | null }>(
          `SELECT (coalesce(delivered_at, next_at) - ${T0}) / 1000.0 AS at, channels.key AS channel, event, reason, state, payload
           FROM alerts JOIN channels ON channels.no = channel_no ORDER BY 1, alerts.rowid`,
        )
        .all()
        .map((row) => ({ ...row, payload: row.payload ? (JSON.parse(row.payload) as AlertPayload) : null }));
    },
    /** As `told`, each a short line. */
    lines(): string[] {
      return this.told().map(
        ({ at, channel, event, state }) =>
          `${at} ${channel} ${event.replace('incident.', '')}${state === 'delivered' ? '' : ` (${state})`}`,
      );
    },
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}
