import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { createAuthority } from '../certificates.ts';

export interface Mail {
  from: string;
  to: string[];
  user: string | null;
  secure: boolean;
  /** Header fields, unfolded, names in lower case. */
  headers: Map<string, string>;
  raw: string;
}

/** Signs the certificate of the servers; nobody trusts it unless told to. */
export const MAIL_AUTHORITY = createAuthority();
const leaf = MAIL_AUTHORITY.issue({ names: ['localhost', '127.0.0.1'] });

/** A real SMTP server with TLS. */
export class MailServer implements AsyncDisposable {
  readonly mails: Mail[] = [];
  readonly server: SMTPServer;
  port = 0;

  constructor(options: SMTPServerOptions) {
    this.server = new SMTPServer({
      authOptional: true,
      key: leaf.key,
      cert: leaf.cert,
      onAuth: ({ username, password }, _session, done) =>
        password === 'right' ? done(null, { user: username }) : done(new Error('wrong password')),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const raw = Buffer.concat(chunks).toString('utf8');
          const head = raw.split('\r\n\r\n', 1)[0] ?? '';
          const fields = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            user: (session.user as string | undefined) ?? null,
            secure: session.secure,
            headers: new Map(
              fields.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
            ),
            raw,
          });
          done();
        });
      },
      ...options,
    });
    this.server.on('error', () => {});
  }

  static async start(options: SMTPServerOptions = {}): Promise<MailServer> {
    const server = new MailServer(options);
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
    server.port = (server.server.server.address() as AddressInfo).port;
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}
