import { request } from 'undici';
import type { TrackerAnswer } from '#src/domain/tracker.ts';
import type { TrackContext } from './kind.ts';

export interface Call {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body?: string;
}

const MOST_BYTES = 2 * 1024 * 1024;
const AGENT = 'Hindcast/0.1 (action items)';

/** One request. 2xx is read as JSON (null when empty); redirects are refused; what may pass by itself is `later`. */
export async function callJson<T>(
  { agent, signal, now }: Pick<TrackContext, 'agent' | 'signal' | 'now'>,
  { method, url, headers, body }: Call,
): Promise<TrackerAnswer<T>> {
  try {
    const answer = await request(url, {
      method,
      dispatcher: agent,
      signal,
      reset: true,
      headers: { 'user-agent': AGENT, accept: 'application/json', ...headers },
      ...(body !== undefined && { body }),
    });
    const { statusCode } = answer;
    const text = await readAtMost(answer.body, MOST_BYTES);
    if (statusCode >= 200 && statusCode < 300) {
      return { kind: 'ok', value: (text === '' ? null : JSON.parse(text)) as T };
    }
    return judge(statusCode, answer.headers, text, now);
  } catch (error) {
    return failure(error, signal);
  }
}

async function readAtMost(body: AsyncIterable<Buffer>, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > most) throw new Error(`the answer is longer than ${most} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function judge(
  statusCode: number,
  headers: Record<string, string | string[] | undefined>,
  text: string,
  now: number,
): TrackerAnswer<never> {
  const detail = `it answered ${statusCode}${reasonIn(text)}`;
  // GitHub's secondary limits may come with no header, only words; it asks for a minute then.
  const said = statusCode === 403 && /rate limit/i.test(text);
  const limited =
    said ||
    statusCode === 429 ||
    (statusCode === 403 && (headers['retry-after'] || headers['x-ratelimit-remaining'] === '0'));
  if (limited || statusCode >= 500 || statusCode === 408 || statusCode === 425)
    return { kind: 'later', detail, retryAfterMs: waitOf(headers, now) ?? (said ? 60_000 : null) };
  return { kind: 'refused', detail };
}

/** `Retry-After` in seconds or as a date; else the second at which the limit is lifted (GitHub: `x-ratelimit-reset`). */
function waitOf(headers: Record<string, string | string[] | undefined>, now: number): number | null {
  const after = String(headers['retry-after'] ?? '');
  if (/^\d{1,9}$/.test(after)) return Number(after) * 1000;
  const date = Date.parse(after);
  if (Number.isFinite(date)) return Math.max(0, date - now);
  const reset = Number(headers['x-ratelimit-reset']);
  return headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset) ? Math.max(0, reset * 1000 - now) : null;
}

/** What services say is wrong: GitHub in `message`, Jira in `errorMessages` and `errors`. At most 200 characters. */
function reasonIn(text: string): string {
  try {
    const parsed = JSON.parse(text) as { message?: unknown; errorMessages?: unknown; errors?: unknown };
    const parts = [
      parsed.message,
      ...(Array.isArray(parsed.errorMessages) ? parsed.errorMessages : []),
      ...(parsed.errors && typeof parsed.errors === 'object' && !Array.isArray(parsed.errors)
        ? Object.values(parsed.errors)
        : []),
    ].filter((part) => typeof part === 'string' && part !== '');
    return parts.length === 0
      ? ''
      : `: ${parts
          .join('; ')
          .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
          .slice(0, 200)}`;
  } catch {
    return '';
  }
}

function failure(error: unknown, signal: AbortSignal): TrackerAnswer<never> {
  const fault = (signal.aborted ? signal.reason : error) as { code?: unknown; message?: string } | null;
  const detail = (fault?.message || String(fault?.code ?? 'the request failed')).slice(0, 200);
  if (fault?.code === 'HINDCAST_TARGET_REFUSED') return { kind: 'refused', detail };
  return { kind: 'later', detail, retryAfterMs: null };
}
