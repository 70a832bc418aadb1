import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A sample receiver of webhook alerts in one file, to run and to copy: it takes nothing that is not signed with the
 * secret of the channel, nothing old, and nothing twice. Standard Webhooks 1.0:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/** A message that is older or newer than this by its own time is a replay, or one of the clocks is wrong. */
const TOLERANCE_SECONDS = 5 * 60;
const MOST_BODY_BYTES = 1024 * 1024;
/** Of so many messages the ids are remembered: a repeated delivery carries the same id. */
const REMEMBERED = 10_000;

type Headers = Readonly<Record<string, string | string[] | undefined>>;
type Verdict = { ok: true; id: string } | { ok: false; reason: string };

/**
 * Is this message from who has the secret, and of now? `body` must be the bytes as they came: JSON that was parsed and
 * written again is not what was signed. `secret` is `whsec_` and base64.
 */
export function verifyWebhook(secret: string, headers: Headers, body: Buffer | string, nowMs: number): Verdict {
  const id = String(headers['webhook-id'] ?? '');
  const timestamp = String(headers['webhook-timestamp'] ?? '');
  const signatures = String(headers['webhook-signature'] ?? '');
  if (!id || !/^\d{1,12}$/.test(timestamp) || !signatures) {
    return { ok: false, reason: 'webhook-id, webhook-timestamp or webhook-signature is missing' };
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  // There may be several, with a space in between, while a secret is changed.
  const matches = signatures.split(' ').some((signature) => {
    const given = signature.startsWith('v1,') ? Buffer.from(signature.slice(3), 'base64') : Buffer.alloc(0);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!matches) return { ok: false, reason: 'the signature does not match' };
  const age = nowMs / 1000 - Number(timestamp);
  if (Math.abs(age) > TOLERANCE_SECONDS) return { ok: false, reason: `the message is ${Math.round(age)} s old` };
  return { ok: true, id };
}

export interface ReceiveOptions {
  /** `whsec_…`: what the channel was made with. */
  secret: string;
  host: string;
  /** 0 takes any free one. */
  port: number;
  print(line: string): void;
  now?: () => number;
}

/** Listens until it is closed, and prints each alert once. Answers 204 only when the alert was taken. */
export async function receive({ secret, host, port, print, now = Date.now }: ReceiveOptions) {
  const seen = new Set<string>();
  const server = createServer(async (request, response) => {
    const answer = (status: number, text = '') => response.writeHead(status, { connection: 'close' }).end(text);
    if (request.method !== 'POST') return answer(405, 'send a POST\n');
    const body = await readBody(request);
    if (!body) return answer(413, 'the body is too large\n');
    const verdict = verifyWebhook(secret, request.headers, body, now());
    if (!verdict.ok) {
      print(`refused: ${verdict.reason}`);
      return answer(401, `${verdict.reason}\n`);
    }
    // It was taken before: the answer was lost on its way, so it is given again, and nothing else is done.
    if (seen.has(verdict.id)) return answer(204);
    try {
      print(describe(body.toString('utf8')));
    } catch {
      return answer(400, 'the body is not an alert\n');
    }
    seen.add(verdict.id);
    for (const oldest of seen) if (seen.size > REMEMBERED) seen.delete(oldest);
    return answer(204);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MOST_BODY_BYTES) chunks.push(chunk);
  }
  return size <= MOST_BODY_BYTES ? Buffer.concat(chunks) : null;
}

function describe(text: string): string {
  const { type, timestamp, data } = JSON.parse(text) as {
    type: string;
    timestamp: string;
    data: { summary: string; links: { incident: string | null } };
  };
  const line = [timestamp, type, data.summary, data.links.incident].filter(Boolean).join('  ');
  // A terminal obeys control characters.
  return line.replace(/\p{Cc}/gu, ' ');
}
