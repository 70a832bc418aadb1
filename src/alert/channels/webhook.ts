import { createHmac } from 'node:crypto';
import { type Dispatcher, request } from 'undici';
import type { SendOutcome } from '#src/domain/channel.ts';
import { parseRetryAfter } from '../retry-after.ts';

export interface SendContext {
  url: string;
  /** `whsec_` + base64. */
  secret: string;
  /** The webhook-id: one per alert, the same over all attempts. */
  alertId: string;
  /** The frozen payload, byte for byte. */
  payload: string;
  /** Wall time of this attempt, ms. */
  now: number;
  agent: Dispatcher;
  signal: AbortSignal;
}

const USER_AGENT = 'Hindcast/0.1 (alerts; +webhook)';
const MOST_BODY_BYTES = 64 * 1024;
const BODY_TIME_MS = 1_000;
const RETRIED = new Set([408, 425, 429]);

/** Standard Webhooks 1.0: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function sign(secret: string, id: string, timestampSeconds: number, payload: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${payload}`).digest('base64')}`;
}

/** One POST. Only a 2xx is a success; redirects are not followed. Never throws for what the receiver does. */
export async function sendWebhook(context: SendContext): Promise<SendOutcome> {
  const { url, secret, alertId, payload, now, agent, signal } = context;
  const timestamp = Math.floor(now / 1000);
  try {
    const { statusCode, headers, body } = await request(url, {
      method: 'POST',
      dispatcher: agent,
      signal,
      // A connection of its own: one kept open may have been closed at the other end, and then an attempt fails for nothing.
      reset: true,
      headers: {
        'content-type': 'application/json',
        'user-agent': USER_AGENT,
        'webhook-id': alertId,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': sign(secret, alertId, timestamp, payload),
      },
      body: payload,
    });
    // The head decides. The body is let in for the receiver's sake, not for long, and not waited for.
    body.dump({ limit: MOST_BODY_BYTES, signal: AbortSignal.timeout(BODY_TIME_MS) }).catch(() => {});
    return judge(statusCode, headers['retry-after'], now);
  } catch (error) {
    return failure(error, signal, url);
  }
}

function judge(statusCode: number, retryAfter: string | string[] | undefined, now: number): SendOutcome {
  if (statusCode >= 200 && statusCode < 300) {
    return { outcome: 'sent', statusCode, detail: null, retryAfterMs: null };
  }
  const detail = `the receiver answered ${statusCode}`;
  if (statusCode === 410) return { outcome: 'gone', statusCode, detail: `${detail} Gone`, retryAfterMs: null };
  if (RETRIED.has(statusCode) || statusCode >= 500) {
    return { outcome: 'retry', statusCode, detail, retryAfterMs: parseRetryAfter(retryAfter, now) };
  }
  const redirect = statusCode >= 300 && statusCode < 400 ? ' (redirects are not followed)' : '';
  return { outcome: 'rejected', statusCode, detail: detail + redirect, retryAfterMs: null };
}

function failure(error: unknown, signal: AbortSignal, url: string): SendOutcome {
  const fault = signal.aborted ? signal.reason : error;
  const { code, message } = (fault ?? {}) as { code?: unknown; message?: string };
  const refused = code === 'HINDCAST_TARGET_REFUSED';
  const detail = harmless(message || (typeof code === 'string' ? code : 'the request failed'), url);
  return { outcome: refused ? 'rejected' : 'retry', statusCode: null, detail, retryAfterMs: null };
}

/** Without what is secret in the address (many services put a token into the path), one line, at most 300 characters. */
function harmless(text: string, url: string): string {
  const { pathname, search } = URL.parse(url) ?? { pathname: '', search: '' };
  const hidden = [url, pathname + search, search, pathname].filter((part) => part.length > 1);
  return hidden
    .reduce((shown, part) => shown.replaceAll(part, '…'), text)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .slice(0, 300);
}
