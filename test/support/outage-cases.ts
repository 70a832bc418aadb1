import type { Case } from './outage-store.ts';
import { STORIES, type Story } from './outage-stories.ts';
import { OUTAGES, type Outage, type OutageRow, rowsOf } from './outages.ts';

/** The real outages with their people. */
export const REAL: { outage: Outage; story: Story }[] = OUTAGES.map((outage) => {
  const story = STORIES[outage.name];
  if (!story) throw new Error(`no story of ${outage.name}`);
  return { outage, story };
});

export function caseOf(outage: Outage, story: Story): Case {
  const rows = rowsOf(outage, story.monitor.intervalSeconds ?? 30);
  return {
    start: Date.parse(outage.start),
    monitors: [
      { config: story.monitor, rows },
      ...(story.beside ? [{ config: story.beside, rows: rows.map(passing) }] : []),
    ],
    alertAt: story.alertAt,
    told: story.told,
    changes: story.changes,
  };
}

function passing({ at, location }: OutageRow): OutageRow {
  const phases = { dns: 4, connect: 20, tls: 25, firstByte: 60, download: 6 };
  return { at, location, verdict: 'up', status: 200, latencyMs: 115, phases };
}
