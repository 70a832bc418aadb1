import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { CheckRow } from '#src/domain/check.ts';
import { type EpochMs, toRfc3339 } from '#src/domain/clock.ts';
import type { Monitor } from '#src/domain/monitor.ts';
import { type Replayed, type ReplayPolicy, ReplayRun } from '#src/domain/replay.ts';
import type { Bounds } from '#src/domain/window.ts';
import { countChecks, readChecksForwards } from '#src/store/checks.ts';
import type { Reader } from '#src/store/database.ts';
import { readLocations } from '#src/store/locations.ts';
import type { App, RouteDeps } from './deps.ts';
import { monitorOf } from './monitors.ts';
import { notValid } from './problem.ts';
import { bounds, idParam, seconds, time, timeInput } from './schemas/common.ts';
import { replayPolicy } from './schemas/monitor.ts';

const MOST_CHECKS = 2_000_000;
/** Checks folded before probes and other requests have their turn. */
const AT_ONCE = 10_000;

const body = z.strictObject({
  from: timeInput.optional().describe('30 days before `to` when absent'),
  to: timeInput.optional().describe('now when absent'),
  policy: replayPolicy,
});
const side = z.object({
  checks: z.int32(),
  alerts: z.int32(),
  nearMisses: z.int32(),
  downSeconds: z.number(),
  medianDetectSeconds: z.number().nullable(),
  incidents: z.array(
    z.object({
      start: bounds,
      end: bounds.nullable(),
      detectedAt: time,
      detectSeconds: z.number(),
      downSeconds: seconds,
      flaps: z.int32(),
    }),
  ),
});
const answer = z
  .object({
    from: time,
    to: time,
    current: side,
    replayed: side,
    alertsMore: z.int32(),
    alertsFewer: z.int32(),
  })
  .meta({ id: 'Replay' });

const DAYS_30_MS = 30 * 86_400_000;

export function replayRoutes(app: App, { store, clock }: RouteDeps): void {
  app.post('/monitors/:id/replay', {
    config: { scope: 'read' },
    schema: {
      summary: 'What another policy would have made of the stored checks; writes nothing',
      description:
        '`current` is the policy the monitor has now, `replayed` the one given; what `policy` leaves out is as the monitor ' +
        'has it. `intervalSeconds` thins the rows. An incident is one alert: `alertsMore` are incidents of `replayed` that ' +
        'overlap none of `current`, `alertsFewer` the other way round.',
      tags: ['measurements'],
      params: idParam,
      body,
      response: { 200: answer },
    },
    handler: async ({ params, body: { from: fromText, to: toText, policy } }) => {
      const monitor = monitorOf(store.reader, params.id);
      const to = Math.min(clock.now(), toText === undefined ? Number.POSITIVE_INFINITY : Date.parse(toText));
      const from = fromText === undefined ? to - DAYS_30_MS : Date.parse(fromText);
      if (from >= to) throw notValid('from', 'must be before `to` (and before now)');
      const { reader } = store;
      const count = countChecks(reader, monitor.no, from, to);
      if (count > MOST_CHECKS)
        throw notValid('from', `the range holds ${count} checks; at most ${MOST_CHECKS} are replayed at once`);
      const runs = [new ReplayRun(policyOf(reader, monitor, {})), new ReplayRun(policyOf(reader, monitor, policy))];
      for (let after: CheckRow | null = null; ; await nextTurn()) {
        const rows = readChecksForwards(reader, monitor.no, { from, to, after, limit: AT_ONCE });
        for (const run of runs) for (const row of rows) run.add(row);
        if (rows.length < AT_ONCE) break;
        after = rows.at(-1) ?? null;
      }
      const [current, replayed] = runs.map((run) => run.finish(to)) as [Replayed, Replayed];
      const alone = (a: Replayed, b: Replayed) =>
        a.incidents.filter((one) => !b.incidents.some((other) => overlap(one, other, to))).length;
      return {
        from: toRfc3339(from),
        to: toRfc3339(to),
        current: view(current),
        replayed: view(replayed),
        alertsMore: alone(replayed, current),
        alertsFewer: alone(current, replayed),
      };
    },
  });
}

function policyOf(reader: Reader, { config }: Monitor, asked: z.output<typeof replayPolicy>): ReplayPolicy {
  const given = Object.entries(asked.confirm ?? {}).filter(([, value]) => value !== undefined);
  const confirm: ReplayPolicy['confirm'] = { ...config.confirm, ...Object.fromEntries(given) };
  const names = readLocations(reader);
  const known = new Map([...names].map(([no, name]) => [name, no]));
  const locations = asked.locations?.map((name, index) => {
    const no = known.get(name);
    if (no === undefined)
      throw notValid(
        `policy.locations.${index}`,
        `must be a location that was recorded: ${[...known.keys()].join(', ')}`,
      );
    return no;
  });
  if (locations && confirm.locations > locations.length)
    throw notValid('policy.confirm.locations', `must be at most the number of locations (${locations.length})`);
  const limits = asked.latencyMs;
  return {
    confirm,
    locations: locations ?? null,
    intervalMs: asked.intervalSeconds === undefined ? null : asked.intervalSeconds * 1000,
    latencyMs: limits ? ({ ...config.expect.latencyMs, ...limits } as ReplayPolicy['latencyMs']) : null,
  };
}

function overlap(a: { start: Bounds; end: Bounds | null }, b: { start: Bounds; end: Bounds | null }, until: EpochMs) {
  return a.start.best <= (b.end?.best ?? until) && b.start.best <= (a.end?.best ?? until);
}

function view({ checks, incidents, nearMisses }: Replayed): z.input<typeof side> {
  const times = ({ earliest, best, latest }: Bounds) => ({
    earliest: toRfc3339(earliest),
    best: toRfc3339(best),
    latest: toRfc3339(latest),
  });
  const detect = incidents.map(({ detectSeconds }) => detectSeconds).sort((a, b) => a - b);
  return {
    checks,
    alerts: incidents.length,
    nearMisses,
    downSeconds: incidents.reduce((sum, { downSeconds }) => sum + downSeconds.best, 0),
    medianDetectSeconds: detect[Math.floor((detect.length - 1) / 2)] ?? null,
    incidents: incidents.map(({ start, end, detectedAt, ...rest }) => ({
      start: times(start),
      end: end && times(end),
      detectedAt: toRfc3339(detectedAt),
      ...rest,
    })),
  };
}
