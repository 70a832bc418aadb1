import { z } from 'zod';
import type { CheckResult, CheckRow, Phases } from '#src/domain/check.ts';
import { type EpochMs, toRfc3339 } from '#src/domain/clock.ts';
import { checkId } from '#src/domain/ids.ts';
import { readEvidence } from '#src/store/checks.ts';
import type { Reader } from '#src/store/database.ts';
import { time } from './schemas/common.ts';

const ms = z.number().nullable();
const failureAnswer = z.object({ failure: z.string(), detail: z.string() });

export const checkAnswer = z
  .object({
    id: z.string().optional(),
    at: time,
    startedAt: time,
    endedAt: time,
    location: z.string(),
    verdict: z.enum(['up', 'degraded', 'down', 'unknown']),
    status: z.number().nullable(),
    failure: z.string().nullable(),
    detail: z.string().nullable(),
    failures: z.array(failureAnswer),
    latencyMs: ms,
    phases: z.object({ dns: ms, connect: ms, tls: ms, firstByte: ms, download: ms }),
    peer: z.string().nullable(),
    resolved: z.array(z.string()).nullable(),
    httpVersion: z.string().nullable(),
    bytes: z.object({ wire: z.number(), decoded: z.number() }).nullable(),
    certificate: z
      .object({
        subject: z.string(),
        issuer: z.string(),
        validFrom: time,
        validTo: time,
        problem: z.string().nullable(),
      })
      .nullable(),
    redirects: z.array(
      z.object({ url: z.string(), status: z.number(), location: z.string().nullable(), latencyMs: z.number() }),
    ),
    evidence: z
      .object({
        statusLine: z.string().nullable(),
        headers: z.record(z.string(), z.string()),
        body: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Check' });

export type CheckAnswer = z.input<typeof checkAnswer>;

/** Milliseconds to the microsecond: what the row holds. */
const rounded = (value: number | null) => (value === null ? null : Math.round(value * 1000) / 1000);
const phasesView = ({ dns, connect, tls, firstByte, download }: Phases): Phases => ({
  dns: rounded(dns),
  connect: rounded(connect),
  tls: rounded(tls),
  firstByte: rounded(firstByte),
  download: rounded(download),
});

/** A whole result. `id` only for one that is stored. */
export function resultView(result: CheckResult, place: { id?: string; at: EpochMs; location: string }): CheckAnswer {
  const { certificate } = result;
  return {
    ...(place.id !== undefined && { id: place.id }),
    at: toRfc3339(place.at),
    startedAt: toRfc3339(result.startedAt),
    endedAt: toRfc3339(result.endedAt),
    location: place.location,
    verdict: result.verdict,
    status: result.status,
    failure: result.failure,
    detail: result.detail,
    failures: result.failures,
    latencyMs: rounded(result.latencyMs),
    phases: phasesView(result.phases),
    peer: result.peer,
    resolved: result.resolved ?? null,
    httpVersion: result.httpVersion,
    bytes: result.bytes,
    certificate: certificate && {
      ...certificate,
      validFrom: toRfc3339(certificate.validFrom),
      validTo: toRfc3339(certificate.validTo),
    },
    redirects: result.redirects,
    evidence: result.evidence,
  };
}

/** A stored check: its row, and what was kept beside it when it was not plainly up. */
export function rowView(reader: Reader, row: CheckRow, location: string): CheckAnswer {
  const place = { id: checkId(row), at: row.at, location };
  const kept = row.verdict === 'up' ? null : readEvidence(reader, row);
  const { startedAt, endedAt, verdict, status, failure, latencyMs, phases } = row;
  const known = { startedAt, endedAt, verdict, status, failure, latencyMs, phases };
  if (kept) return resultView({ ...kept, ...known }, place);
  const unkept = {
    detail: null,
    failures: [],
    peer: null,
    resolved: null,
    httpVersion: null,
    bytes: null,
    certificate: null,
  };
  return resultView({ ...known, ...unkept, redirects: [], evidence: null }, place);
}
