import type { Errand, ErrandDone, ProbeBatch, ResultBatch } from './messages.ts';

type Checked<T> = { message: T } | { problem: string };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Messages come from other processes, perhaps of another version: what they lack is said by name. */
export function validateProbeBatch(data: unknown): Checked<ProbeBatch> {
  const problem = envelope(data, 'jobs', (job) => {
    if (!isTime(job.monitorNo) || !isTime(job.at) || !isTime(job.startBefore)) return 'monitorNo, at and startBefore';
    if (!isObject(job.target) || typeof job.target.url !== 'string') return 'target.url';
    return typeof job.target.timeoutSeconds === 'number' ? null : 'target.timeoutSeconds';
  });
  return problem === null ? { message: data as ProbeBatch } : { problem };
}

const VERDICTS = ['up', 'degraded', 'down', 'unknown'];

export function validateResultBatch(data: unknown): Checked<ResultBatch> {
  const problem = envelope(data, 'outcomes', (outcome) => {
    if (!isTime(outcome.monitorNo) || !isTime(outcome.at)) return 'monitorNo and at';
    if (outcome.result === null) return null;
    if (!isObject(outcome.result)) return 'result';
    const { verdict, startedAt, endedAt, phases } = outcome.result;
    if (!VERDICTS.includes(verdict as string)) return 'result.verdict';
    return isTime(startedAt) && isTime(endedAt) && isObject(phases) ? null : 'result.startedAt, endedAt and phases';
  });
  return problem === null ? { message: data as ResultBatch } : { problem };
}

export function validateErrand(data: unknown): Checked<Errand> {
  const problem = versioned(data) ?? lacking(data as Record<string, unknown>);
  return problem === null ? { message: data as Errand } : { problem };
}

function lacking({ id, startBefore, channel, delivery }: Record<string, unknown>): string | null {
  if (typeof id !== 'string' || !isTime(startBefore)) return 'id or startBefore is missing';
  if (!isObject(channel) || typeof channel.type !== 'string' || !isObject(channel.settings))
    return 'channel is missing';
  const { alertId, payload } = isObject(delivery) ? delivery : {};
  return typeof alertId === 'string' && typeof payload === 'string' ? null : 'delivery.alertId and payload are missing';
}

const OUTCOMES = ['sent', 'retry', 'rejected', 'gone'];

export function validateErrandDone(data: unknown): Checked<ErrandDone> {
  const wrong = versioned(data);
  if (wrong !== null) return { problem: wrong };
  const { id, outcome } = data as Record<string, unknown>;
  const known = isObject(outcome) && OUTCOMES.includes(outcome.outcome as string);
  return typeof id === 'string' && known ? { message: data as ErrandDone } : { problem: 'id or outcome is missing' };
}

function versioned(data: unknown): string | null {
  if (!isObject(data)) return 'it is not an object';
  return data.v === 1 ? null : `version ${String(data.v)}; this process reads version 1`;
}

function envelope(data: unknown, list: string, item: (value: Record<string, unknown>) => string | null): string | null {
  const wrong = versioned(data);
  if (wrong !== null || !isObject(data)) return wrong;
  if (typeof data.location !== 'string' || data.location === '') return 'location is missing';
  const items = data[list];
  if (!Array.isArray(items)) return `${list} is not a list`;
  for (const [index, value] of items.entries()) {
    const wrong = isObject(value) ? item(value) : 'the object itself';
    if (wrong) return `${list}[${index}] lacks ${wrong}`;
  }
  return null;
}
