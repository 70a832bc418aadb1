import nodemailer from 'nodemailer';
import { z } from 'zod';
import type { SendOutcome } from '#src/domain/channel.ts';
import { mailHtml, mailText } from './email-text.ts';
import { defineChannel, type SendContext } from './kind.ts';
import { failure, oneLine, sent } from './request.ts';

const PORTS = { tls: 465, starttls: 587, opportunistic: 25 } as const;
const ADDRESS = /^[^\s@<>(),;:\\"[\]\p{Cc}]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/u;
const address = z.string().regex(ADDRESS, 'must be an address such as on-call@shop.example');

interface EmailSettings {
  host: string;
  port: number | null;
  security: keyof typeof PORTS;
  username: string | null;
  password: string | null;
  from: string;
  to: string[];
}

/** Which mail this is: the first of an incident begins a thread that the others answer, with one subject over all. */
function headOf({ alertId, message, thread, settings }: SendContext<EmailSettings>) {
  const domain = settings.from.slice(settings.from.indexOf('@') + 1);
  const messageId = `<${alertId}@${domain}>`;
  const number = message.incident ? `#${message.incident.number} ` : '';
  const root = thread?.root ?? messageId;
  const subject = thread?.subject ?? `${number}${message.line}`;
  const isFirst = root === messageId;
  return {
    head: {
      messageId,
      subject: isFirst ? subject : `Re: ${subject}`,
      ...(!isFirst && { inReplyTo: root, references: [root] }),
    },
    thread: { root, subject },
  };
}

function transportOf({ settings, dial }: SendContext<EmailSettings>) {
  const { host, security, username, password } = settings;
  const port = settings.port ?? PORTS[security];
  const secure = security === 'tls';
  return nodemailer.createTransport({
    host,
    port,
    secure,
    requireTLS: security === 'starttls',
    // Encrypted without knowing to whom is better than in clear; who wants to know it takes one of the other two.
    tls: { host, rejectUnauthorized: security !== 'opportunistic' },
    ...(username && { auth: { user: username, pass: password ?? '' } }),
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket(_options, callback) {
      dial(host, port, { secure }).then(
        (connection) => callback(null, { connection, secured: secure }),
        (error: Error) => callback(error, false),
      );
    },
  });
}

async function send(context: SendContext<EmailSettings>): Promise<SendOutcome> {
  const { settings, message, signal } = context;
  const { head, thread } = headOf(context);
  const isUrgent = message.tone === 'critical';
  try {
    const info = await transportOf(context).sendMail({
      ...head,
      from: { name: 'Hindcast', address: settings.from },
      to: settings.to,
      text: mailText(message),
      html: mailHtml(message),
      ...(isUrgent && { priority: 'high' as const }),
      // RFC 3834: no out-of-office answers.
      headers: {
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        ...(message.incident && { 'X-Hindcast-Incident': message.incident.id }),
      },
      signal,
    });
    const refused = info.rejected;
    const detail = refused.length > 0 ? oneLine(`not taken for ${refused.join(', ')}`, []) : null;
    return { ...sent(250, thread), detail };
  } catch (error) {
    return judge(error, context);
  }
}

/** A reply of 4yz may change by itself (greylisting, a full queue), one of 5yz does not (RFC 5321 4.2.1). */
function judge(error: unknown, { signal, settings }: SendContext<EmailSettings>): SendOutcome {
  const { responseCode, response, code } = error as { responseCode?: number; response?: string; code?: string };
  if (signal.aborted || responseCode === undefined) {
    const outcome = failure(error, signal, [settings.password]);
    // Without TLS the server would be sent nothing; that does not change by itself.
    return !signal.aborted && code === 'ETLS' ? { ...outcome, outcome: 'rejected' } : outcome;
  }
  const detail = oneLine(`the mail server answered ${response ?? responseCode}`, [settings.password]);
  return { outcome: responseCode >= 500 ? 'rejected' : 'retry', statusCode: responseCode, detail, retryAfterMs: null };
}

/** Mail over SMTP, through a connection that the address guard judged. */
export const email = defineChannel({
  fields: {
    host: z
      .string()
      .max(253)
      .regex(
        /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)$/,
        'must be the name or address of a mail server',
      ),
    port: z.int().min(1).max(65_535).nullable().default(null).describe('465, 587 or 25 by security when null'),
    security: z
      .enum(['tls', 'starttls', 'opportunistic'], { error: 'must be "tls", "starttls" or "opportunistic"' })
      .default('starttls')
      .describe('TLS from the start; STARTTLS or nothing is sent; STARTTLS where it is offered'),
    username: z.string().min(1).max(320).nullable().default(null),
    from: address,
    to: z.array(address).min(1, 'must name at least one address').max(50, 'must name at most 50 addresses'),
  },
  secrets: { password: { schema: z.string().min(1).max(1000), when: 'optional' } },
  problem({ username, password, security }) {
    if (password && security === 'opportunistic') {
      return { path: 'security', message: 'must be "tls" or "starttls" with a password, which is never sent in clear' };
    }
    if (Boolean(username) !== Boolean(password)) {
      return { path: username ? 'password' : 'username', message: 'must be given: username and password go together' };
    }
    return null;
  },
  hosts: ({ host }) => [{ path: 'host', host }],
  send,
});
