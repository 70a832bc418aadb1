import { z } from 'zod';
import type { FAILURES } from '#src/domain/check.ts';
import { toRfc3339 } from '#src/domain/clock.ts';
import type { CountedWindow } from '#src/domain/incident.ts';
import { type Bounds, endBounds, startBounds } from '#src/domain/window.ts';
import { bounds, seconds, time } from './schemas/common.ts';

export const windowAnswer = z.object({
  start: bounds,
  end: bounds.nullable(),
  checks: z.int32(),
  failed: z.int32(),
  failures: z.record(z.string(), z.int32()),
  /** Where it was seen, where checks passed meanwhile, and which locations had no worker for a part of it. */
  locations: z.object({ failed: z.array(z.string()), passed: z.array(z.string()), lost: z.array(z.string()) }),
});
const monitorName = z.object({ id: z.string(), key: z.string(), name: z.string() });

export const incidentAnswer = z
  .object({
    id: z.string(),
    number: z.int32(),
    title: z.string(),
    kind: z.enum(['outage', 'pattern', 'declared', 'blind']),
    status: z.enum(['open', 'acknowledged', 'resolved']),
    severity: z.enum(['critical', 'major', 'minor']),
    service: z.string().nullable(),
    start: bounds,
    end: bounds.nullable(),
    detectedAt: time,
    alertedAt: time.nullable(),
    acknowledgedAt: time.nullable(),
    acknowledgedBy: z.string().nullable(),
    resolvedAt: time.nullable(),
    downSeconds: seconds,
    spanSeconds: seconds,
    flaps: z.int32(),
    affected: z.array(monitorName.extend({ windows: z.array(windowAnswer) })),
    notAffected: z.array(monitorName),
  })
  .meta({ id: 'Incident' });

const boundsView = (b: Bounds) => ({
  earliest: toRfc3339(b.earliest),
  best: toRfc3339(b.best),
  latest: toRfc3339(b.latest),
});

export function windowView(window: CountedWindow): z.input<typeof windowAnswer> {
  const end = endBounds(window);
  const failures = window.failures as Record<(typeof FAILURES)[number], number>;
  return {
    start: boundsView(startBounds(window)),
    end: end && boundsView(end),
    checks: window.checks,
    failed: window.failed,
    failures,
    locations: window.seenFrom,
  };
}
