import { type Failure, PHASES, type Phase } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { MissGroup } from '#src/domain/postmortem/near-misses.ts';
import type { NearMiss } from '#src/domain/window.ts';
import type { Reader } from './database.ts';
import { readConfigAt, readMonitorByNo } from './monitors.ts';

/** A group reaches so far back from its newest near-miss. */
const REACH_MS = 30 * 86_400_000;

/** What near-misses have in common that are one group: monitor, failure with its status, and how far the requests came. */
export interface MissShape {
  monitorNo: number;
  failure: Failure;
  status: number | null;
  phase: Phase | null;
}

interface Row {
  refs: string;
  failure: Failure;
  status: number | null;
  reached: number | null;
}

const SHAPED = `SELECT refs, n.failure, CASE WHEN n.failure = 'status' THEN status END AS status,
    CASE WHEN download_us IS NOT NULL THEN 4 WHEN first_byte_us IS NOT NULL THEN 3 WHEN tls_us IS NOT NULL THEN 2
      WHEN connect_us IS NOT NULL THEN 1 WHEN dns_us IS NOT NULL THEN 0 END AS reached
  FROM near_misses AS n LEFT JOIN checks AS c
    ON c.monitor_no = n.monitor_no AND c.at = n.first_bad_at AND c.location_no = n.first_bad_location_no`;

const shapeOf = (monitorNo: number, { failure, status, reached }: Row): MissShape => ({
  monitorNo,
  failure,
  status,
  phase: PHASES[reached ?? -1] ?? null,
});

const keyOf = ({ monitorNo, failure, status, phase }: MissShape) => `${monitorNo}/${failure}/${status}/${phase}`;

export function readMissShape(reader: Reader, { monitorNo, firstBad }: NearMiss): MissShape | null {
  const row = reader
    .sql<Row>(`${SHAPED} WHERE n.monitor_no = ? AND n.first_bad_at = ? AND n.first_bad_location_no = ?`)
    .get(monitorNo, firstBad.at, firstBad.locationNo);
  return row ? shapeOf(monitorNo, row) : null;
}

/** The near-misses of a shape in the 30 days up to the newest of them, in order. */
export function readMissGroup(reader: Reader, shape: MissShape): MissGroup | null {
  const monitor = readMonitorByNo(reader, shape.monitorNo);
  const all = reader
    .sql<Row>(`${SHAPED} WHERE n.monitor_no = ? AND n.failure = ? ORDER BY n.first_bad_at, n.first_bad_location_no`)
    .all(shape.monitorNo, shape.failure)
    .filter((row) => keyOf(shapeOf(shape.monitorNo, row)) === keyOf(shape))
    .map(({ refs }) => JSON.parse(refs) as NearMiss);
  const newest = all.at(-1)?.firstBad.startedAt;
  if (!monitor || newest === undefined) return null;
  const misses = all.filter(({ firstBad }) => firstBad.startedAt > newest - REACH_MS);
  return {
    ...shape,
    monitorId: monitor.id,
    name: readConfigAt(reader, shape.monitorNo, newest)?.name ?? monitor.config.name,
    misses,
    incident: readPatternAt(reader, shape, newest),
  };
}

/** The pattern incident that the newest one is of. */
function readPatternAt(reader: Reader, { monitorNo, failure }: MissShape, at: EpochMs): MissGroup['incident'] {
  return (
    reader
      .sql<{ id: string; number: number }>(
        `SELECT id, number FROM incidents JOIN patterns ON incident_id = id
         WHERE monitor_no = ? AND failure = ? AND resolved_reason IS NULL AND ? BETWEEN started_at AND ended_at
         ORDER BY number LIMIT 1`,
      )
      .get(monitorNo, failure, at) ?? null
  );
}
