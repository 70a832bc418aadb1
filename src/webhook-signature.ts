import { createHmac } from 'node:crypto';

/**
 * Signs a payload by Standard Webhooks 1.0
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 * @param whsec `whsec_` and the key in base64.
 * @returns the three headers.
 */
export function signedHeaders(whsec: string, id: string, nowMs: number, payload: string): Record<string, string> {
  const key = Buffer.from(whsec.replace(/^whsec_/, ''), 'base64');
  const timestamp = Math.floor(nowMs / 1000);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${payload}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
