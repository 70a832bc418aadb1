import { type Case, downtime } from './case.ts';
import type { Expectation } from './expected.ts';

/** The incident itself: what it is, when it was, how long. */
export function expectIncident(of: Case, facts: Expectation): void {
  const { row, windows, monitors, start, end } = of;
  facts.number('incidentNumber', row.number);
  facts.text('severity', row.severity);
  facts.text('status', row.resolved_at !== null ? 'resolved' : row.acknowledged_at !== null ? 'acknowledged' : 'open');
  const services = distinct(monitors.map((m) => m.config.service));
  facts.words('services', windows.length === 0 ? row.service : joined(services));
  facts.words('owners', joined(distinct(monitors.map((m) => m.config.owner))));
  if (of.asOf !== null && of.open) facts.time('asOf', of.asOf);
  facts.time('recordedAt', row.recorded_at);
  if (row.resolved_reason !== null) facts.words('resolvedReason', row.resolved_reason);

  facts.times('start', start);
  facts.times('end', end);
  const abandoned = windows.filter((w) => !w.firstGood && w.abandonedAt !== null).map((w) => w.abandonedAt as number);
  if (!of.open && abandoned.length > 0) facts.time('stoppedFollowingAt', Math.max(...abandoned));
  facts.bounded('downSeconds', windows.length > 0 ? downtime(of, windows) : { value: 0, min: 0, max: 0 });
  const to = end ?? { value: of.until, min: of.until, max: of.until };
  facts.bounded('spanSeconds', {
    value: Math.max(0, to.value - start.value) / 1000,
    min: Math.max(0, to.min - start.max) / 1000,
    max: Math.max(0, to.max - start.min) / 1000,
  });
  facts.number('windowCount', windows.length);
  facts.number('flapCount', windows.length - monitors.length);
  const dueSeconds = of.policy.dueHours * 60 * 60;
  facts.number('dueSeconds', dueSeconds);
  facts.time('dueAt', of.open ? null : (end?.value ?? (row.resolved_at as number)) + dueSeconds * 1000);
  facts.number('affectedCount', monitors.length);
  expectWindows(of, facts);
}

function expectWindows(of: Case, facts: Expectation): void {
  for (const window of of.windows) {
    const { about, firstBad, firstGood, lastBad, lastGood, confirmed, resolved } = window;
    facts.times(
      'windowStart',
      { value: firstBad.startedAt, min: (lastGood ?? firstBad).startedAt, max: firstBad.endedAt },
      about,
    );
    facts.times(
      'windowEnd',
      firstGood && { value: firstGood.startedAt, min: lastBad.startedAt, max: firstGood.endedAt },
      about,
    );
    facts.bounded('windowDownSeconds', downtime(of, [window]), about);
    facts.time('windowConfirmedAt', confirmed.endedAt, about);
    facts.time('windowResolvedAt', resolved?.endedAt ?? null, about);
    facts.time('lastGoodAt', lastGood?.startedAt ?? null, about);
  }
}

function distinct(values: (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}

function joined(values: string[]): string | null {
  return values.length === 0 ? null : values.join(', ');
}
