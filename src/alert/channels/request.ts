import { type Dispatcher, request } from 'undici';
import type { SendOutcome } from '#src/domain/channel.ts';
import { parseRetryAfter } from '../retry-after.ts';

export interface Answer {
  statusCode: number;
  retryAfterMs: number | null;
  /** At most 64 KiB. */
  text: string;
  /** The body as JSON; null when it is none. */
  json: Readonly<Record<string, unknown>> | null;
}

interface Call {
  method?: 'POST' | 'PATCH';
  url: string;
  headers?: Record<string, string>;
  body: string;
  /** Must not be said in details; the URL is hidden anyway. */
  hide?: readonly (string | null)[];
}

type Carrier = { agent: Dispatcher; signal: AbortSignal; now: number };

const USER_AGENT = 'Hindcast/0.1 (alerts; +webhook)';
const MOST_BODY_BYTES = 64 * 1024;
const BODY_TIME_MS = 1_000;
const RETRIED = new Set([408, 425, 429]);

/**
 * One request to a service that answers with a body that matters. Redirects are not followed.
 * @returns the answer, whatever its status; or the outcome when there was none.
 */
export async function call(carrier: Carrier, { method = 'POST', url, headers, body, hide = [] }: Call) {
  try {
    const response = await send(carrier, { method, url, body, headers: { ...headers } });
    const text = await readText(response.body, carrier.signal);
    return { answer: toAnswer(response, text, carrier.now), failed: null };
  } catch (error) {
    return { answer: null, failed: failure(error, carrier.signal, [url, ...hide]) };
  }
}

/** As `call`, where the status alone decides: the body is let in for the receiver's sake, and not waited for. */
export async function callBlind(carrier: Carrier, { url, headers, body }: Call): Promise<SendOutcome> {
  try {
    const response = await send(carrier, { method: 'POST', url, body, headers: { ...headers } });
    response.body.dump({ limit: MOST_BODY_BYTES, signal: AbortSignal.timeout(BODY_TIME_MS) }).catch(() => {});
    return judgeStatus(toAnswer(response, '', carrier.now));
  } catch (error) {
    return failure(error, carrier.signal, [url]);
  }
}

function send({ agent, signal }: Carrier, { method, url, headers, body }: Required<Omit<Call, 'hide'>>) {
  return request(url, {
    method,
    dispatcher: agent,
    signal,
    // A connection of its own: one kept open may have been closed at the other end, and then an attempt fails for nothing.
    reset: true,
    headers: { 'content-type': 'application/json', 'user-agent': USER_AGENT, ...headers },
    body,
  });
}

async function readText(body: Dispatcher.ResponseData['body'], signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BODY_BYTES || signal.aborted) break;
  }
  return Buffer.concat(chunks).subarray(0, MOST_BODY_BYTES).toString('utf8');
}

function toAnswer({ statusCode, headers }: Dispatcher.ResponseData, text: string, now: number): Answer {
  let json: Answer['json'] = null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) json = value as Record<string, unknown>;
  } catch {
    // Not every answer is JSON.
  }
  return { statusCode, retryAfterMs: parseRetryAfter(headers['retry-after'], now), text, json };
}

export const sent = (statusCode: number | null, thread?: SendOutcome['thread']): SendOutcome => ({
  outcome: 'sent',
  statusCode,
  detail: null,
  retryAfterMs: null,
  ...(thread && { thread }),
});

/** Not sent, and why; `said` is what the service answered, in its own words. */
export function unsent(
  outcome: 'retry' | 'rejected' | 'gone',
  { statusCode, retryAfterMs }: Pick<Answer, 'statusCode' | 'retryAfterMs'>,
  said = '',
): SendOutcome {
  const detail = oneLine(
    said ? `the receiver answered ${statusCode}: ${said}` : `the receiver answered ${statusCode}`,
    [],
  );
  return { outcome, statusCode, detail, retryAfterMs: outcome === 'retry' ? retryAfterMs : null };
}

/** What a status means where a service says nothing more of it. */
export function judgeStatus(answer: Answer, said = ''): SendOutcome {
  const { statusCode } = answer;
  if (statusCode >= 200 && statusCode < 300) return sent(statusCode);
  if (statusCode === 410) return unsent('gone', answer, said || 'Gone');
  if (RETRIED.has(statusCode) || statusCode >= 500) return unsent('retry', answer, said);
  const isRedirect = statusCode >= 300 && statusCode < 400;
  return unsent('rejected', answer, isRedirect ? 'redirects are not followed' : said);
}

/** What a request that got no answer comes to: refused by policy is final, everything else may work later. */
export function failure(error: unknown, signal: AbortSignal, hide: readonly (string | null)[]): SendOutcome {
  const fault = signal.aborted ? signal.reason : error;
  const { code, message } = (fault ?? {}) as { code?: unknown; message?: string };
  const refused = code === 'HINDCAST_TARGET_REFUSED';
  const detail = oneLine(message || (typeof code === 'string' ? code : 'the request failed'), hide);
  return { outcome: refused ? 'rejected' : 'retry', statusCode: null, detail, retryAfterMs: null };
}

/** Without what is secret (many services put a token into the path), one line, at most 300 characters. */
export function oneLine(text: string, hide: readonly (string | null)[]): string {
  const hidden = hide.flatMap((secret) => {
    const { pathname = '', search = '' } = (secret && URL.parse(secret)) || {};
    return [secret ?? '', pathname + search, search, pathname].filter((part) => part.length > 1);
  });
  return hidden
    .reduce((shown, part) => shown.replaceAll(part, '…'), text)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .slice(0, 300);
}
